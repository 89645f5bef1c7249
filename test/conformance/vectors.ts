/**
 * Recorded vectors, packed. A file is brotli over: how many forms; for each its name and how many cases; and the cases. A case is the instruction's
 * bytes, from what its state is made (state.ts), and how the silicon's outcome differs from that state.
 */
import { readFileSync } from 'node:fs';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { Outcome } from './processor.ts';
import { makeState, type Recipe, type Setup, type State, type Style } from './state.ts';

export interface Vector {
  /** Mnemonic, a space, the form. */
  readonly name: string;
  readonly code: readonly number[];
  readonly recipe: Recipe;
  readonly flagsMask: number;
  readonly outcome: Outcome;
}

/** The last two: 32-bit code, with flat segments and with others. */
export type Group = 'integer' | 'vector' | 'x87' | 'compatibility' | 'segments';
export const fileOf = (group: Group): URL => new URL(`vectors/${group}.bin`, import.meta.url);

const SETUPS: readonly Setup[] = [
  'any',
  'string',
  'repeated',
  'bits',
  'lengths',
  'counts',
  'division',
  'stack',
  'flags',
  'target',
  'return',
  'indexed',
];
const STYLES: readonly Style[] = ['integer', 'single', 'double', 'extended'];

/** Places in the FXSAVE image that an instruction can change, x87 registers by their physical number. */
const XMM = 160;
const ST = 32;
const SMALL: readonly (readonly [at: number, bytes: number])[] = [
  [0, 2],
  [2, 2],
  [4, 1],
  [24, 4],
  [6, 2],
  [16, 8],
];
/** The flags that are compared where the manual leaves none undefined. */
const COMPARED = 0xcd5;
const END = 255;
const MEMORY = 64;
const FLAGS = 65;
const [GPR, XMM_ITEM, ST_ITEM, SMALL_ITEM] = [0, 16, 32, 40];

const topOf = (fpu: Uint8Array): number => (fpu[3]! >> 3) & 7;
/** Offset of a physical x87 register. */
const physical = (fpu: Uint8Array, register: number): number => ST + 16 * ((register - topOf(fpu)) & 7);
const u64 = (value: bigint): number[] => Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

function* changes({ flagsMask, outcome }: Vector, state: State): Generator<readonly number[]> {
  const { fpu } = outcome;
  for (const [i, [at, bytes]] of SMALL.entries()) {
    const now = fpu.subarray(at, at + bytes);
    if (!same(now, state.fpu.subarray(at, at + bytes))) yield [SMALL_ITEM + i, ...now];
  }
  for (let r = 0; r < 16; r++) {
    const now = fpu.subarray(XMM + 16 * r, XMM + 16 * r + 16);
    if (!same(now, state.fpu.subarray(XMM + 16 * r, XMM + 16 * r + 16))) yield [XMM_ITEM + r, ...now];
  }
  for (let r = 0; r < 8; r++) {
    const [now, before] = [fpu, state.fpu].map((image) => image.subarray(physical(image, r), physical(image, r) + 10)) as [
      Uint8Array,
      Uint8Array,
    ];
    if (!same(now, before)) yield [ST_ITEM + r, ...now];
  }
  for (let r = 0; r < 16; r++) if (outcome.regs[r] !== state.regs[r]) yield [GPR + r, ...u64(outcome.regs[r]!)];
  const flags = Number(outcome.flags) & flagsMask;
  if (flags !== (Number(state.flags) & flagsMask) || flagsMask !== COMPARED)
    yield [FLAGS, flags & 0xff, flags >> 8, flagsMask & 0xff, flagsMask >> 8];
  for (let at = 0; at < 256; at++) {
    if (outcome.memory[at] === state.memory[at]) continue;
    let end = at + 1;
    for (let i = end; i < Math.min(256, at + 128); i++) if (outcome.memory[i] !== state.memory[i]) end = i + 1;
    yield [MEMORY, at, end - at, ...outcome.memory.subarray(at, end)];
    at = end;
  }
}

export function packVectors(vectors: readonly Vector[]): Uint8Array {
  const out: number[] = [];
  const forms = Map.groupBy(vectors, (vector) => vector.name);
  out.push(forms.size & 0xff, forms.size >> 8);
  for (const [name, group] of forms) out.push(name.length, ...Buffer.from(name), group.length & 0xff, group.length >> 8);
  for (const group of forms.values()) {
    for (const vector of group) {
      const { seed, style, setup, memoryOperand, segmented } = vector.recipe;
      out.push(vector.code.length, ...vector.code, ...u64(BigInt(seed >>> 0)).slice(0, 4));
      out.push(STYLES.indexOf(style) | (SETUPS.indexOf(setup) << 2) | (memoryOperand ? 0x40 : 0) | (segmented ? 0x80 : 0));
      out.push(vector.outcome.fault === 0 ? END : vector.outcome.fault - 256);
      for (const change of changes(vector, makeState(vector.recipe))) out.push(...change);
      out.push(END);
    }
  }
  return brotliCompressSync(Uint8Array.from(out), { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } });
}

const open = (group: Group): Uint8Array => brotliDecompressSync(readFileSync(fileOf(group)));
/** What all files begin with: the forms, with how many cases each has. */
function readForms(bytes: Uint8Array): { readonly counts: Map<string, number>; readonly end: number } {
  const counts = new Map<string, number>();
  let at = 2;
  for (let i = bytes[0]! | (bytes[1]! << 8); i > 0; i--) {
    const start = at + 1;
    const end = start + bytes[at]!;
    counts.set(Buffer.from(bytes.subarray(start, end)).toString(), bytes[end]! | (bytes[end + 1]! << 8));
    at = end + 2;
  }
  return { counts, end: at };
}
/** How many cases each form has. */
export function countVectors(groups: readonly Group[]): Map<string, number> {
  return new Map(groups.flatMap((group) => [...readForms(open(group)).counts]));
}

export function* unpackVectors(group: Group): Generator<Vector & { readonly state: State }> {
  const bytes = open(group);
  const { counts, end } = readForms(bytes);
  let at = end;
  const take = (count: number): Uint8Array => bytes.subarray(at, (at += count));
  const byte = (): number => bytes[at++]!;
  for (const [name, count] of counts) {
    for (let i = 0; i < count; i++) {
      const code = [...take(byte())];
      const seed = byte() | (byte() << 8) | (byte() << 16) | (byte() << 24);
      const kind = byte();
      const recipe = {
        seed,
        style: STYLES[kind & 3]!,
        setup: SETUPS[(kind >> 2) & 15]!,
        memoryOperand: (kind & 0x40) !== 0,
        segmented: (kind & 0x80) !== 0,
      };
      const state = makeState(recipe);
      const fault = byte();
      const regs = [...state.regs];
      const memory = state.memory.slice();
      const fpu = state.fpu.slice();
      // x87 registers stay where they physically are.
      const registers = Array.from({ length: 8 }, (_, r) => state.fpu.slice(physical(state.fpu, r), physical(state.fpu, r) + 10));
      let { flags } = state;
      let flagsMask = COMPARED;
      for (let item = byte(); item !== END; item = byte()) {
        if (item === FLAGS) {
          flags = BigInt(byte() | (byte() << 8));
          flagsMask = byte() | (byte() << 8);
        } else if (item === MEMORY) {
          const start = byte();
          memory.set(take(byte()), start);
        } else if (item >= SMALL_ITEM) {
          const [start, length] = SMALL[item - SMALL_ITEM]!;
          fpu.set(take(length), start);
        } else if (item >= ST_ITEM) registers[item - ST_ITEM] = new Uint8Array(take(10));
        else if (item >= XMM_ITEM) fpu.set(take(16), XMM + 16 * (item - XMM_ITEM));
        else regs[item] = Buffer.from(take(8)).readBigUInt64LE();
      }
      registers.forEach((register, r) => fpu.set(register, physical(fpu, r)));
      yield { name, code, recipe, flagsMask, state, outcome: { regs, flags, memory, fpu, fault: fault === END ? 0 : 256 + fault } };
    }
  }
}
