/**
 * The order in which a region's blocks become structured code (N. Ramsey, Beyond Relooper, 2022): reverse postorder, dominators, which blocks are
 * loop heads, and which have several ways in. A region with several entries, or with indirect jumps inside, begins with a dispatcher that goes to
 * the entry that is wanted; so do edges that make the graph irreducible.
 */
import type { Block, Plan } from './plan-region.ts';

export interface Node {
  /** null: the dispatcher. */
  readonly block: Block | null;
  /** Place in reverse postorder. */
  readonly order: number;
  readonly loops: boolean;
  /** Where an inner loop with the same head turns back: the other ways back go round it. Empty: there is none. */
  readonly inner: ReadonlySet<Node>;
  /** More than one edge comes from before it. */
  readonly merges: boolean;
  /** Merge nodes that it dominates at once, last in order first. */
  readonly merged: readonly Node[];
  /** Successors that stay in the region, by kind; the dispatcher: by way of it. */
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
  inner: ReadonlySet<Draft> = new Set();
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
  /** What went to `to` goes by the dispatcher. */
  redirect(to: Draft, dispatcher: Draft): void {
    for (const edge of ['next', 'target'] as const) {
      if (this[edge] !== to) continue;
      this[edge] = dispatcher;
      to.predecessors.splice(to.predecessors.indexOf(this), 1);
      dispatcher.predecessors.push(this);
    }
    if (dispatcher.entries.includes(to)) return;
    dispatcher.entries.push(to);
    to.predecessors.push(dispatcher);
  }
}

export function shapeRegion(plan: Plan): Node {
  return shape(plan, plan.entries.length > 1) ?? shape(plan, true)!;
}

/** null: it takes a dispatcher. */
function shape({ blocks, entries }: Plan, dispatches: boolean): Node | null {
  const drafts = new Map(blocks.map((block) => [block.offset, new Draft(block)]));
  const dispatcher = dispatches ? new Draft(null) : null;
  if (dispatcher) dispatcher.entries = entries.map((entry) => drafts.get(entry)!);
  for (const draft of drafts.values()) {
    const { next, target, indirect } = draft.block!;
    if (next !== null) draft.next = drafts.get(next)!;
    if (target !== null) draft.target = drafts.get(target)!;
    if (indirect) draft.dispatcher = dispatcher;
  }
  const ordered = reversePostorder(dispatcher ?? drafts.get(entries[0]!)!);
  for (;;) {
    findDominators(ordered);
    const wrong = irreducible(ordered);
    if (wrong.length === 0) break;
    if (!dispatcher) return null;
    for (const [from, to] of wrong) from.redirect(to, dispatcher);
  }
  for (const draft of ordered) {
    const latches = draft.predecessors.filter(({ order }) => order >= draft.order);
    draft.loops = latches.length > 0;
    if (latches.length > 1 && draft.block) draft.inner = innerLatches(draft, latches);
  }
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

/** Edges into the middle of a loop. */
function irreducible(drafts: readonly Draft[]): readonly (readonly [from: Draft, to: Draft])[] {
  return drafts.flatMap((from) =>
    from.successors.filter((to) => to.order <= from.order && !dominates(to, from)).map((to) => [from, to] as const),
  );
}

/** Of a head's ways back those whose loops are inside another's: the compiler is to know which turns are the frequent ones. */
function innerLatches(head: Draft, latches: readonly Draft[]): ReadonlySet<Draft> {
  const around = new Set(latches.filter((latch) => latches.some((other) => other !== latch && loopOf(head, latch).has(other))));
  return around.size === 0 ? around : new Set(latches.filter((latch) => !around.has(latch)));
}

/** What gets to the latch without passing the head. */
function loopOf(head: Draft, latch: Draft): ReadonlySet<Draft> {
  const body = new Set([head]);
  const waiting = [latch];
  for (let draft = waiting.pop(); draft; draft = waiting.pop()) {
    if (body.has(draft)) continue;
    body.add(draft);
    waiting.push(...draft.predecessors);
  }
  return body;
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
