/** What XCR0 can have: x87 and SSE; and how much memory XSAVE takes for them. */
export const STATE_COMPONENTS = 3n;
export const XSTATE_BYTES = 576;
/** Bits of CR4 that change what programs can do (SDM vol. 3, 2.5). */
export const CR4: Readonly<Record<'timeStampDisable' | 'debuggingExtensions' | 'fsgsbase' | 'osxsave', number>> = {
  /** RDTSC and RDTSCP are privileged. */
  timeStampDisable: 0x4,
  /** DR4 and DR5 do not exist; breakpoints on ports do. */
  debuggingExtensions: 0x8,
  /** RDFSBASE and its like exist. */
  fsgsbase: 0x1_0000,
  /** XSAVE and its like exist. */
  osxsave: 0x4_0000,
};
