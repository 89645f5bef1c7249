/**
 * The order in which a region's blocks become structured code (N. Ramsey, Beyond Relooper, 2022): reverse postorder, dominators, which blocks are
 * loop heads, and which have several ways in. An edge that makes the graph irreducible becomes an exit.
 */
import type { Block } from './plan-region.ts';

export interface Node {
  readonly block: Block;
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
}

interface Draft {
  block: Block;
  order: number;
  loops: boolean;
  merges: boolean;
  merged: Draft[];
  next: Draft | null;
  target: Draft | null;
  predecessors: Draft[];
  dominator: Draft | null;
}

export function shapeRegion(blocks: readonly Block[]): Node {
  const byOffset = new Map(blocks.map((block) => [block.offset, block]));
  const drafts = reversePostorder(blocks[0]!, byOffset);
  do findDominators(drafts);
  while (cutIrreducible(drafts));
  for (const draft of drafts) {
    for (const to of [draft.next, draft.target]) if (to && to.order <= draft.order) to.loops = true;
  }
  for (const draft of drafts) {
    draft.merges = draft.predecessors.filter(({ order }) => order < draft.order).length > 1;
    if (draft.merges) draft.dominator!.merged.unshift(draft);
  }
  return drafts[0]!;
}

function reversePostorder(head: Block, byOffset: ReadonlyMap<number, Block>): Draft[] {
  const drafts = new Map<number, Draft>();
  const done: Draft[] = [];
  const visit = (block: Block): Draft => {
    const known = drafts.get(block.offset);
    if (known) return known;
    const draft: Draft = {
      block,
      order: -1,
      loops: false,
      merges: false,
      merged: [],
      next: null,
      target: null,
      predecessors: [],
      dominator: null,
    };
    drafts.set(block.offset, draft);
    // The way on comes last, so that it is laid out first.
    for (const edge of ['target', 'next'] as const) {
      const to = block[edge];
      if (to === null) continue;
      draft[edge] = visit(byOffset.get(to)!);
      draft[edge].predecessors.push(draft);
    }
    done.push(draft);
    return draft;
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
    for (const edge of ['next', 'target'] as const) {
      const to = draft[edge];
      if (!to || to.order > draft.order || dominates(to, draft)) continue;
      draft[edge] = null;
      to.predecessors.splice(to.predecessors.indexOf(draft), 1);
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
