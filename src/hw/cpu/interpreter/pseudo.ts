/** Slots of the pseudo micro-ops, which are no instructions and retire nothing. */
export const PSEUDO = { stale: 0, goto: 1, guard: 2, undefined: 3, nextPage: 4 } as const;
