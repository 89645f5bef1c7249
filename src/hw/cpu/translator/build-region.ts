/** Writes a region's code: its blocks in structured order, edges inside as branches, the others as exits. */
import type { RegionEmitter } from './region-emitter.ts';
import { branchTarget, type PlannedInstruction } from './plan-region.ts';
import type { Node } from './shape-region.ts';

/** A micro-op that goes to an address of this page, for the ways out. */
export type ExitMicroOp = (va: number) => number;

export function buildRegion(t: RegionEmitter, head: Node, pageVa: number, exitMicroOp: ExitMicroOp): void {
  new RegionBuilder(t, pageVa, exitMicroOp).tree(head);
}

class RegionBuilder {
  readonly #t: RegionEmitter;
  readonly #pageVa: number;
  readonly #exitMicroOp: ExitMicroOp;
  /** Where to branch for a loop head or a merge node. */
  readonly #levels: Map<Node, number> = new Map();
  /** For the head of two loops: of the inner one. */
  readonly #innerLevels: Map<Node, number> = new Map();

  constructor(t: RegionEmitter, pageVa: number, exitMicroOp: ExitMicroOp) {
    this.#t = t;
    this.#pageVa = pageVa;
    this.#exitMicroOp = exitMicroOp;
  }

  /** A node and all that it dominates. */
  tree(node: Node): void {
    // Who branches here has stored the flags; what is pending belongs to whatever was written last.
    if (node.merges) this.#t.forgetFlags();
    else if (node.loops) this.#t.settleFlags();
    if (!node.loops) return this.#within(node, 0);
    this.#t.nested('loop', (level) => {
      this.#levels.set(node, level);
      if (node.inner.size === 0) return this.#within(node, 0);
      this.#t.nested('loop', (inner) => {
        this.#innerLevels.set(node, inner);
        this.#within(node, 0);
      });
    });
  }

  /** The node's own code inside a block for each merge node from `from` on; each merge node's code follows the end of its block. */
  #within(node: Node, from: number): void {
    const merge = node.merged[from];
    if (!merge) return node.block ? this.#code(node) : this.#dispatch(node);
    this.#t.nested('block', (level) => {
      this.#levels.set(merge, level);
      this.#within(node, from + 1);
    });
    this.tree(merge);
  }

  #code(node: Node): void {
    const { instructions, after, offset: start } = node.block!;
    const t = this.#t;
    const last = instructions.length - 1;
    t.charge(instructions.length, this.#pageVa + start);
    for (const [i, instruction] of instructions.entries()) {
      t.begin(instruction.decoded, this.#pageVa + instruction.offset, instructions.length - i);
      t.onJumpNear = t.onAgain = () => this.#jump(node, instruction);
      t.onJump = () => this.#indirect(node);
      const { form } = instruction.decoded;
      form.description.translate(t, ...form.operands.map((spec) => t.place(spec)));
      if (i < last || after !== null) t.checkCode();
      t.end();
    }
    if (after !== null) this.#edge(node, node.next, this.#pageVa + after);
  }

  /** By halves to the entry whose address is wanted, or out. */
  #dispatch(node: Node): void {
    const entries = node.entries.toSorted((a, b) => a.block!.offset - b.block!.offset);
    const choose = (from: number, to: number): void => {
      const middle = (from + to) >>> 1;
      const va = this.#pageVa + entries[middle]!.block!.offset;
      if (to - from > 1) {
        this.#t.ifBelow(
          va,
          () => choose(from, middle),
          () => choose(middle, to),
        );
      } else this.#t.ifWanted(va, () => this.#t.aside(() => this.#edge(node, entries[from]!, va)));
    };
    choose(0, entries.length);
    this.#t.exitWanted();
  }

  #jump(node: Node, instruction: PlannedInstruction): void {
    const va = this.#pageVa + branchTarget(instruction)!;
    if (node.target) this.#t.leaveIfStale(va);
    // The other way goes on with the flags as they are now.
    this.#t.aside(() => this.#edge(node, node.target, va));
  }

  #indirect(node: Node): void {
    if (node.dispatcher) this.#t.goTo(this.#levels.get(node.dispatcher)!);
    else this.#t.exitWanted();
  }

  #edge(from: Node, to: Node | null, va: number): void {
    const t = this.#t;
    if (!to) {
      if (Math.floor(va / 4096) === Math.floor(this.#pageVa / 4096)) t.chainTo(this.#exitMicroOp(va));
      else t.exitTo(va);
    } else if (!to.block) {
      t.want(va);
      t.goTo(this.#levels.get(to)!);
    } else if (to.order <= from.order || to.merges) t.goTo((to.inner.has(from) ? this.#innerLevels : this.#levels).get(to)!);
    else this.tree(to);
  }
}
