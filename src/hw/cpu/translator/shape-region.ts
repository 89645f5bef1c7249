/**
 * The order in which a region's blocks become structured code (N. Ramsey, Beyond Relooper, 2022): reverse postorder, dominators, which blocks are
 * loop heads, and which have several ways in. An edge that makes the graph irreducible becomes an exit. A region with several entries, or with
 * indirect jumps inside, begins with a dispatcher that goes to the entry that is wanted.
 */
import type { Block, Plan } from './plan-region.ts';

export interface Node {
  /** null: the dispatcher. */
  readonly block: Block | null;
  /** Place in reverse postorder. */
  readonly order: number;
  readonly loops: boolean;
  /** More than one edge comes from before it. */
  readonly merges: boolean;
  /** Merge nodes that it dominates at once, last in order first. */
  readonly merged: readonly Node[];
  /** Successors that stay in the region, by kind. */
  readonly next: Node | null;
  readonly target: Node | null;
  /** Where its indirect jump goes; null: out of the region. */
  readonly dispatcher: Node | null;
  /** The dispatcher's. */
  readonly entries: readonly Node[];
}

class Draft implements Node {
  readonly block: Block | null;
  order = -1;
  loops = false;
  merges = false;
  readonly merged: Draft[] = [];
  next: Draft | null = null;
  target: Draft | null = null;
  dispatcher: Draft | null = null;
  entries: Draft[] = [];
  readonly predecessors: Draft[] = [];
  dominator: Draft | null = null;

  constructor(block: Block | null) {
    this.block = block;
  }
  get successors(): readonly Draft[] {
    return [this.next, this.target, this.dispatcher, ...this.entries].filter((one) => one !== null);
  }
  cut(to: Draft): void {
    for (const edge of ['next', 'target', 'dispatcher'] as const) if (this[edge] === to) this[edge] = null;
    to.predecessors.splice(to.predecessors.indexOf(this), 1);
  }
}

export function shapeRegion({ blocks, entries }: Plan): Node {
  const drafts = new Map(blocks.map((block) => [block.offset, new Draft(block)]));
  const dispatcher = entries.length > 1 ? new Draft(null) : null;
  if (dispatcher) dispatcher.entries = entries.map((entry) => drafts.get(entry)!);
  for (const draft of drafts.values()) {
    const { next, target, indirect } = draft.block!;
    if (next !== null) draft.next = drafts.get(next)!;
    if (target !== null) draft.target = drafts.get(target)!;
    if (indirect) draft.dispatcher = dispatcher;
  }
  const ordered = reversePostorder(dispatcher ?? drafts.get(entries[0]!)!);
  do findDominators(ordered);
  while (cutIrreducible(ordered));
  for (const draft of ordered) for (const to of draft.successors) if (to.order <= draft.order) to.loops = true;
  for (const draft of ordered) {
    draft.merges = draft.predecessors.filter(({ order }) => order < draft.order).length > 1;
    if (draft.merges) draft.dominator!.merged.unshift(draft);
  }
  return ordered[0]!;
}

function reversePostorder(head: Draft): Draft[] {
  const seen = new Set<Draft>();
  const done: Draft[] = [];
  const visit = (draft: Draft): void => {
    seen.add(draft);
    // The way on comes last, so that it is laid out first.
    for (const to of draft.successors.toReversed()) {
      to.predecessors.push(draft);
      if (!seen.has(to)) visit(to);
    }
    done.push(draft);
  };
  visit(head);
  done.reverse();
  for (const [order, draft] of done.entries()) draft.order = order;
  return done;
}

/** K. Cooper, T. Harvey, K. Kennedy: A Simple, Fast Dominance Algorithm. */
function findDominators(drafts: readonly Draft[]): void {
  const [head, ...rest] = drafts;
  for (const draft of drafts) draft.dominator = null;
  head!.dominator = head!;
  for (let changed = true; changed;) {
    changed = false;
    for (const draft of rest) {
      const dominator = draft.predecessors.filter((one) => one.dominator).reduce((a, b) => common(a, b));
      if (dominator === draft.dominator) continue;
      draft.dominator = dominator;
      changed = true;
    }
  }
}

/** Edges into the middle of a loop become exits. */
function cutIrreducible(drafts: readonly Draft[]): boolean {
  let cut = false;
  for (const draft of drafts) {
    for (const to of draft.successors) {
      if (to.order > draft.order || dominates(to, draft)) continue;
      draft.cut(to);
      cut = true;
    }
  }
  return cut;
}

function common(a: Draft, b: Draft): Draft {
  while (a !== b) {
    while (a.order > b.order) a = a.dominator!;
    while (b.order > a.order) b = b.dominator!;
  }
  return a;
}

function dominates(a: Draft, b: Draft): boolean {
  while (b.order > a.order) b = b.dominator!;
  return a === b;
}
