/**
 * Decoded code. Blocks are keyed by machine frame and virtual address, live in a bump arena of micro-ops, and are dropped a frame at a time when a
 * store hits decoded bytes: every micro-op of the frame then gets the STALE handler, so that even a running block stops at its next instruction.
 */
import type { MachineMemory } from '../memory.ts';
import { LONG, type CodeMode } from './code-mode.ts';
import { decode, NO_REGISTER, TRUNCATED, x87Opcode, type Decoded } from './decode/decoder.ts';
import { PSEUDO } from './interpreter/pseudo.ts';
import { shapeOf, type HandlerModule } from './interpreter/handlers.ts';
import { CONTEXT, UOP } from './layout.ts';
import type { Mmu } from './mmu.ts';

const ARENA_BYTES = 16 * 1024 * 1024;
const BLOCK_MOST = 64;
/** From here counting does not get to HOT. */
const NEVER_HOT = 0x8000_0000;
const SECOND_IMMEDIATE_BITS = 16n; // ENTER's
/** Room for a whole block with its pseudo micro-ops. */
const BLOCK_BYTES: number = (BLOCK_MOST + 3) * UOP.bytes;

interface CodeFrame {
  /** By keyOf. */
  readonly blocks: Map<number, number>;
  /** Ranges of the arena with this frame's micro-ops: start, end. */
  readonly ranges: number[];
  /** Which 64-byte pieces hold decoded bytes. */
  readonly pieces: Uint8Array;
  /** Micro-ops whose handler is a translated region, with its slot. */
  readonly regions: Map<number, number>;
  /** Offsets that indirect jumps lead to often. */
  readonly targets: Set<number>;
}

const FLAT_KEYS = 2 ** 48;
const SEGMENTED_KEYS = 2 ** 50;
/**
 * What tells blocks of a frame apart: the kind of code, and rip (signed, exact as a number). Long mode has the addresses below 2^47. With segments, the
 * same bytes may be reached at several offsets.
 */
function keyOf({ index, model }: CodeMode, rip: number, offset: number): number {
  if (model === 'long') return rip;
  return model === 'flat' ? FLAT_KEYS + rip : SEGMENTED_KEYS * index + rip * 4096 + offset;
}

export class CodeCache {
  readonly #memory: MachineMemory;
  readonly #mmu: Mmu;
  readonly #handlers: (model: CodeMode['model']) => HandlerModule;
  readonly #arena: number;
  #next: number;
  readonly #frames: Map<number, CodeFrame> = new Map();
  /** Opcodes met that are not implemented, with how often each was decoded. */
  readonly undefinedOpcodes: Map<string, number> = new Map();
  /** Called when micro-op addresses may be used again: forget every jump cache. */
  onReset: () => void = () => {};
  /** A translated region has gone: its slot in the table is free. */
  onRegionGone: (slot: number) => void = () => {};
  /** The interpreter's handlers of micro-ops that are heads of regions. */
  readonly #interpreted: Map<number, number> = new Map();
  /** A frame has got its first decoded code: stores to it must be seen from now on. */
  onFirstCode: (mfn: number) => void = () => {};

  constructor(memory: MachineMemory, mmu: Mmu, handlers: (model: CodeMode['model']) => HandlerModule) {
    this.#memory = memory;
    this.#mmu = mmu;
    this.#handlers = handlers;
    this.#arena = memory.allocateEngine(ARENA_BYTES, 64);
    this.#next = this.#arena;
  }

  /**
   * The micro-op for the instruction at `rip`, which is at `offset` in frame `mfn`. `second` gives the frame of the next page when the first
   * instruction needs it, or -1 if it cannot be fetched: then 0 is returned and the fault has been recorded.
   */
  find(mfn: number, rip: number, offset: number, mode: CodeMode, second: () => number): number {
    const known = this.#block(mfn, keyOf(mode, rip, offset));
    if (known !== null) return known;
    if (this.#next + BLOCK_BYTES > this.#arena + ARENA_BYTES) this.#reset();
    return this.#decodeBlock(mfn, rip, offset, mode, second);
  }

  /** A store to [offset, offset + bytes) of a frame with code. */
  written(mfn: number, offset: number, bytes: number): void {
    const frame = this.#frames.get(mfn);
    if (!frame) return;
    for (let piece = offset >>> 6; piece <= (offset + bytes - 1) >>> 6; piece++) {
      if (!frame.pieces[piece]) continue;
      this.drop(mfn);
      return;
    }
  }

  drop(mfn: number): void {
    const frame = this.#frames.get(mfn);
    if (!frame) return;
    this.#frames.delete(mfn);
    this.#mmu.hasCode[mfn] = 0;
    const { u32 } = this.#memory;
    this.#dropRegions(frame);
    for (let i = 0; i < frame.ranges.length; i += 2) {
      for (let uop = frame.ranges[i]!; uop < frame.ranges[i + 1]!; uop += UOP.bytes) u32[(uop + UOP.handler) >>> 2] = PSEUDO.stale;
    }
  }

  #dropRegions({ regions }: CodeFrame): void {
    for (const head of regions.keys()) this.#interpreted.delete(head);
    for (const slot of new Set(regions.values())) this.onRegionGone(slot);
  }

  #reset(): void {
    for (const [mfn, frame] of this.#frames) {
      this.#mmu.hasCode[mfn] = 0;
      this.#dropRegions(frame);
    }
    this.#frames.clear();
    this.#next = this.#arena;
    this.onReset();
  }

  // For the translator

  /** The micro-op where a block begins that has been decoded, or null. */
  known(mfn: number, va: number, mode: CodeMode): number | null {
    return this.#block(mfn, keyOf(mode, va, 0));
  }
  isTranslated(uop: number): boolean {
    return this.#interpreted.has(uop);
  }
  /** The region in `slot` takes the place of the handlers of the micro-ops where it can be entered, and of regions that began there. */
  install(mfn: number, va: number, mode: CodeMode, slot: number): void {
    const head = this.find(mfn, va, va - Math.floor(va / 4096) * 4096, mode, () => -1);
    if (head === 0) return;
    const { u32 } = this.#memory;
    const { regions } = this.#frame(mfn);
    const before = regions.get(head);
    if (before === undefined) this.#interpreted.set(head, u32[(head + UOP.handler) >>> 2]!);
    u32[(head + UOP.handler) >>> 2] = slot;
    regions.set(head, slot);
    if (before !== undefined && ![...regions.values()].includes(before)) this.onRegionGone(before);
  }
  /** Offsets of a frame's page that indirect jumps lead to often. */
  targets(mfn: number): Set<number> {
    return this.#frame(mfn).targets;
  }
  /** Slot of the interpreter's handler, also when a region has taken its place. */
  interpreted(uop: number): number {
    return this.#interpreted.get(uop) ?? this.#memory.u32[(uop + UOP.handler) >>> 2]!;
  }
  /** Everything is decoded anew when it is reached: what got hot gets hot again. */
  forget(): void {
    this.#reset();
  }
  /** Is there room for so many micro-ops without forgetting everything? */
  hasRoom(count: number): boolean {
    return this.#next + count * UOP.bytes <= this.#arena + ARENA_BYTES;
  }
  /** A micro-op that goes to `va`, in the same page as all of this frame's code. */
  exitMicroOp(mfn: number, va: number): number {
    const uop = this.#pseudo(PSEUDO.goto, va);
    this.#frame(mfn).ranges.push(uop, this.#next);
    return uop;
  }
  /** Code has been made of these bytes. */
  cover(mfn: number, offset: number, length: number): void {
    const { pieces } = this.#frame(mfn);
    for (let piece = offset >>> 6; piece <= (offset + length - 1) >>> 6; piece++) pieces[piece] = 1;
  }

  /** The micro-op where a block begins, unless there is none or it runs on into a page whose code has been dropped since. */
  #block(mfn: number, key: number): number | null {
    const start = this.#frames.get(mfn)?.blocks.get(key);
    return start === undefined || this.#memory.u32[(start + UOP.handler) >>> 2] === PSEUDO.stale ? null : start;
  }

  #frame(mfn: number): CodeFrame {
    let frame = this.#frames.get(mfn);
    if (!frame) {
      this.#frames.set(
        mfn,
        (frame = { blocks: new Map(), ranges: [], pieces: new Uint8Array(64), regions: new Map(), targets: new Set() }),
      );
      this.#mmu.hasCode[mfn] = 1;
      this.onFirstCode(mfn);
    }
    return frame;
  }

  #decodeBlock(mfn: number, rip: number, first: number, mode: CodeMode, second: () => number): number {
    const start = this.#next;
    const page = this.#memory.frame(mfn);
    const key = keyOf(mode, rip, first);
    let offset = first;
    let at = rip;
    for (let count = 0; count < BLOCK_MOST; count++) {
      const decoded = decode(page, offset, 4096, mode);
      if (decoded === TRUNCATED) {
        if (count > 0) break;
        return this.#decodeCrossing(mfn, rip, offset, mode, second);
      }
      const frame = this.#frame(mfn);
      if ('undefined' in decoded) {
        this.#countUndefined(decoded.opcode);
        frame.pieces[offset >>> 6] = 1;
        this.#pseudo(PSEUDO.undefined, at);
        return this.#finish(mfn, key, start);
      }
      for (let piece = offset >>> 6; piece <= (offset + decoded.length - 1) >>> 6; piece++) frame.pieces[piece] = 1;
      this.#emit(decoded, at);
      offset += decoded.length;
      at += decoded.length;
      if (decoded.form.description.ends) return this.#finish(mfn, key, start);
      if (offset >= 4096) break;
      const known = this.#block(mfn, keyOf(mode, at, offset));
      if (known !== null) {
        // Where an interrupt has returned to is not where code is entered often, and a region of its own would begin in the middle of a loop.
        this.#memory.u32[(this.#pseudo(PSEUDO.goto, at, known) + UOP.heat) >>> 2] = NEVER_HOT;
        return this.#finish(mfn, key, start);
      }
    }
    this.#pseudo(offset >= 4096 ? PSEUDO.nextPage : PSEUDO.goto, at);
    return this.#finish(mfn, key, start);
  }

  #decodeCrossing(mfn: number, va: number, offset: number, mode: CodeMode, second: () => number): number {
    const next = second();
    if (next < 0) return 0;
    const start = this.#next;
    const bytes = new Uint8Array(32);
    bytes.set(this.#memory.frame(mfn).subarray(offset), 0);
    bytes.set(this.#memory.frame(next).subarray(0, 16), 4096 - offset);
    const decoded = decode(bytes, 0, 4096 - offset + 16, mode);
    for (const [frame, first, last] of [
      [mfn, offset, 4095],
      [next, 0, 15],
    ] as const) {
      const { pieces } = this.#frame(frame);
      for (let piece = first >>> 6; piece <= last >>> 6; piece++) pieces[piece] = 1;
    }
    const guard = this.#pseudo(PSEUDO.guard, va);
    this.#memory.u32[(guard + UOP.link) >>> 2] = next;
    if (decoded !== TRUNCATED && 'undefined' in decoded) this.#countUndefined(decoded.opcode);
    if (decoded === TRUNCATED || 'undefined' in decoded) this.#pseudo(PSEUDO.undefined, va);
    else {
      this.#emit(decoded, va);
      if (!decoded.form.description.ends) this.#pseudo(PSEUDO.goto, va + decoded.length);
    }
    this.#frame(next).ranges.push(start, this.#next);
    return this.#finish(mfn, keyOf(mode, va, offset), start);
  }

  #countUndefined(opcode: string): void {
    this.undefinedOpcodes.set(opcode, (this.undefinedOpcodes.get(opcode) ?? 0) + 1);
  }

  #finish(mfn: number, key: number, start: number): number {
    const frame = this.#frame(mfn);
    frame.blocks.set(key, start);
    frame.ranges.push(start, this.#next);
    return start;
  }

  #pseudo(handler: number, va: number, link: number = 0): number {
    const uop = this.#next;
    this.#next += UOP.bytes;
    const { u32, view } = this.#memory;
    u32[(uop + UOP.handler) >>> 2] = handler;
    view.setBigInt64(uop + UOP.rip, BigInt(va), true);
    u32[(uop + UOP.link) >>> 2] = link;
    u32[(uop + UOP.heat) >>> 2] = 0;
    return uop;
  }

  #emit(decoded: Decoded, va: number): void {
    const uop = this.#pseudo(0, va);
    const { form, memory } = decoded;
    const { u32, view } = this.#memory;
    u32[(uop + UOP.handler) >>> 2] = this.#handlers(decoded.mode.model).slot(form, shapeOf(decoded));
    const byteSized = (source: string): boolean => form.operands.some((spec) => spec.source === source && spec.size === 1);
    const gpr = (index: number, byte: boolean): number =>
      CONTEXT.gpr + (byte && decoded.rex === 0 && index >= 4 && index < 8 ? (index - 4) * 8 + 1 : index * 8);
    const xmm = (index: number): number => CONTEXT.fxsave + 160 + index * 16;
    const mmx = (index: number): number => CONTEXT.fxsave + 32 + (index & 7) * 16;
    const put16 = (offset: number, value: number): void => view.setUint16(uop + offset, value, true);
    const has = (source: string): boolean => form.operands.some((spec) => spec.source === source);
    if (has('segment')) put16(UOP.reg, decoded.reg & 7);
    else if (has('xmm-reg')) put16(UOP.reg, xmm(decoded.reg));
    else put16(UOP.reg, has('mmx-reg') ? mmx(decoded.reg) : gpr(decoded.reg, byteSized('reg')));
    if (has('opcode')) put16(UOP.rm, gpr(decoded.opcodeRegister, byteSized('opcode')));
    else if (has('xmm-rm')) put16(UOP.rm, xmm(decoded.rm));
    else put16(UOP.rm, has('mmx-rm') ? mmx(decoded.rm) : gpr(decoded.rm, byteSized('rm')));
    const register = (index: number): number => (index === NO_REGISTER ? CONTEXT.zero : CONTEXT.gpr + index * 8);
    put16(UOP.base, memory ? register(memory.base) : CONTEXT.zero);
    put16(UOP.index, memory ? register(memory.index) : CONTEXT.zero);
    const long = decoded.mode === LONG;
    if (!long) put16(UOP.segment, CONTEXT.segmentBases + 8 * decoded.segment);
    else put16(UOP.segment, decoded.segment === 4 ? CONTEXT.fsBase : decoded.segment === 5 ? CONTEXT.gsBase : CONTEXT.zero);
    view.setUint8(uop + UOP.scale, memory?.scale ?? 0);
    view.setUint8(uop + UOP.length, decoded.length);
    const next = BigInt(va + decoded.length);
    view.setBigInt64(uop + UOP.displacement, memory ? memory.displacement + (memory.ripRelative ? next : 0n) : 0n, true);
    const branch = has('branch');
    const [first = 0n, second = 0n] = decoded.immediates;
    const immediate = decoded.immediates.length > 1 ? BigInt.asUintN(16, first) | (second << SECOND_IMMEDIATE_BITS) : first;
    const x87 = has('st') || has('x87-opcode') ? x87Opcode(decoded) : null;
    view.setBigInt64(uop + UOP.immediate, x87 ?? (branch ? cutTarget(decoded, next + immediate) : immediate), true);
    u32[(uop + UOP.mask32) >>> 2] = branch
      ? 0
      : long
        ? Number(decoded.addressSize === 4)
        : decoded.addressSize === 2
          ? 0xffff
          : 0xffff_ffff;
  }
}

/** In compatibility mode rip has 32 bits, or the 16 of the operand size. */
function cutTarget({ mode, operandSize }: Decoded, target: bigint): bigint {
  return mode === LONG ? target : BigInt.asUintN(8 * operandSize, target);
}
