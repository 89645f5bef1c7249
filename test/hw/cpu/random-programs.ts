/** Random programs for both engines, as fast-check makes and shrinks them: pieces of code that run in a circle. */
import fc from 'fast-check';

/** The end of a page of data: before one that can be written, one that can only be read, one that is missing. */
export const EDGES: readonly number[] = [0x1000, 0x2000, 0x4000];
export const READ_ONLY = 0x2000;
export const MISSING = 0x4000;

const i32 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];

/** One instruction: opcode bytes with registers among rax, rcx, rdx, rbx, rsi, r8 to r11 (rdi points at the data). */
const at = fc.nat(120);
const register = fc.constantFrom(0, 1, 2, 3, 6, 8, 9, 10, 11);
const rexOf = (wide: boolean, reg: number, rm: number): number => 0x40 | (wide ? 8 : 0) | (reg >= 8 ? 4 : 0) | (rm >= 8 ? 1 : 0);
const modrm = (reg: number, rm: number): number => 0xc0 | ((reg & 7) << 3) | (rm & 7);
const alu = fc.record({ op: fc.nat(7), byte: fc.boolean(), wide: fc.boolean(), reg: register, rm: register, load: fc.boolean() });
const instruction: fc.Arbitrary<readonly number[]> = fc.oneof(
  alu.map(({ op, byte, wide, reg, rm, load }) => [rexOf(wide, reg, rm), op * 8 + (load ? 2 : 0) + (byte ? 0 : 1), modrm(reg, rm)]),
  alu.map(({ op, wide, rm, reg }) => [rexOf(wide, 0, rm), 0x83, modrm(op, rm), reg * 17]),
  // With 16-bit operands
  alu.map(({ op, reg, rm }) => [0x66, rexOf(false, reg, rm), op * 8 + 1, modrm(reg, rm)]),
  // With memory: [rdi + disp8], loads and stores
  fc
    .record({ op: fc.nat(7), wide: fc.boolean(), byte: fc.boolean(), reg: register, at: fc.nat(120), load: fc.boolean() })
    .map(({ op, wide, byte, reg, at, load }) => [
      rexOf(wide, reg, 0),
      op * 8 + (load ? 2 : 0) + (byte ? 0 : 1),
      0x47 | ((reg & 7) << 3),
      at,
    ]),
  // mov, lea, movzx, movsx, cmovcc, setcc
  fc
    .record({ reg: register, at: fc.nat(120), wide: fc.boolean(), load: fc.boolean() })
    .map(({ reg, at, wide, load }) => [rexOf(wide, reg, 0), load ? 0x8b : 0x89, 0x47 | ((reg & 7) << 3), at]),
  fc
    .record({ reg: register, rm: register })
    .map(({ reg, rm }) => [rexOf(true, reg, 0) | (rm >= 8 ? 2 : 0), 0x8d, 0x44 | ((reg & 7) << 3), 0x07 | ((rm & 7) << 3), 5]),
  fc
    .record({ reg: register, rm: register, op: fc.constantFrom(0xb6, 0xb7, 0xbe, 0xbf, 0xaf, 0xa3, 0xbc, 0xbd) })
    .map(({ reg, rm, op }) => [rexOf(true, reg, rm), 0x0f, op, modrm(reg, rm)]),
  fc
    .record({ reg: register, rm: register, cc: fc.nat(15), set: fc.boolean() })
    .map(({ reg, rm, cc, set }) => [rexOf(true, reg, rm), 0x0f, (set ? 0x90 : 0x40) + cc, modrm(reg, rm)]),
  // Shifts and rotates by immediate and by CL, inc, dec, neg, not, mul, imul, xchg, xadd, cmpxchg, bswap
  fc
    .record({ rm: register, op: fc.constantFrom(0, 1, 2, 3, 4, 5, 7), by: fc.nat(70), wide: fc.boolean(), byte: fc.boolean() })
    .map(({ rm, op, by, wide, byte }) => [rexOf(wide, 0, rm), byte ? 0xc0 : 0xc1, modrm(op, rm), by]),
  fc
    .record({ rm: register, op: fc.constantFrom(0, 1, 2, 3, 4, 5, 7), wide: fc.boolean(), byte: fc.boolean() })
    .map(({ rm, op, wide, byte }) => [rexOf(wide, 0, rm), byte ? 0xd2 : 0xd3, modrm(op, rm)]),
  fc.record({ rm: register, op: fc.nat(1), wide: fc.boolean() }).map(({ rm, op, wide }) => [rexOf(wide, 0, rm), 0xff, modrm(op, rm)]),
  fc
    .record({ rm: register, op: fc.constantFrom(2, 3, 4, 5), wide: fc.boolean() })
    .map(({ rm, op, wide }) => [rexOf(wide, 0, rm), 0xf7, modrm(op, rm)]),
  fc.record({ reg: register, rm: register, wide: fc.boolean() }).map(({ reg, rm, wide }) => [rexOf(wide, reg, rm), 0x87, modrm(reg, rm)]),
  fc
    .record({ reg: register, rm: register, op: fc.constantFrom(0xc1, 0xb1) })
    .map(({ reg, rm, op }) => [rexOf(true, reg, rm), 0x0f, op, modrm(reg, rm)]),
  fc.record({ rm: register }).map(({ rm }) => [rexOf(true, 0, rm), 0x0f, 0xc8 | (rm & 7)]),
  fc.record({ reg: fc.constantFrom(0, 1, 2, 3) }).map(({ reg }) => [0x88, 0xc0 | (reg << 3) | 4]), // mov ah, r8
  // push, pop, pushf, popf of harmless flags, cld, std, lahf, sahf
  fc.record({ rm: register }).map(({ rm }) => [rexOf(false, 0, rm), 0x50 | (rm & 7), rexOf(false, 0, rm), 0x58 | (rm & 7)]),
  fc.constantFrom([0x9c, 0x58], [0x9f], [0x9e], [0xf8], [0xf9], [0xf5], [0x98], [0x99], [0x48, 0x99]),
  // A division that faults often
  fc.record({ rm: register, signed: fc.boolean() }).map(({ rm, signed }) => [rexOf(true, 0, rm), 0xf7, modrm(signed ? 7 : 6, rm)]),
  // Far off the data: a page fault
  fc.record({ reg: register }).map(({ reg }) => [rexOf(true, reg, 0), 0x8b, 0x87 | ((reg & 7) << 3), 0, 0, 0x40, 0]),
);
/** SSE on xmm0 to xmm7: packed integers, floating point of all widths, moves to and from memory and registers, shuffles, an implicit xmm0. */
const xmm = fc.nat(7);
const vector: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc
    .record({ a: xmm, b: xmm, op: fc.constantFrom(0xfe, 0xd4, 0xfa, 0xef, 0xdb, 0xeb, 0x75, 0x66, 0xd5, 0x61, 0x6c, 0xf4, 0xe5, 0xde) })
    .map(({ a, b, op }) => [0x66, 0x0f, op, modrm(a, b)]),
  fc
    .record({
      a: xmm,
      b: xmm,
      prefix: fc.constantFrom([0xf2], [0xf3], [0x66], []),
      op: fc.constantFrom(0x58, 0x59, 0x5c, 0x5e, 0x5d, 0x5f, 0x51),
    })
    .map(({ a, b, prefix, op }) => [...prefix, 0x0f, op, modrm(a, b)]),
  fc
    .record({ a: xmm, b: xmm, prefix: fc.constantFrom([0xf2], [0xf3], [0x66], []), predicate: fc.nat(7) })
    .map(({ a, b, prefix, predicate }) => [...prefix, 0x0f, 0xc2, modrm(a, b), predicate]),
  fc.record({ a: xmm, b: xmm, prefix: fc.constantFrom([0x66], []) }).map(({ a, b, prefix }) => [...prefix, 0x0f, 0x2e, modrm(a, b)]),
  fc.record({ a: xmm, b: xmm, op: fc.constantFrom(0x14, 0x15, 0x10) }).map(({ a, b, op }) => [0x66, 0x0f, 0x38, op, modrm(a, b)]),
  fc.record({ a: xmm, b: xmm, by: fc.nat(255) }).map(({ a, b, by }) => [0x66, 0x0f, 0x70, modrm(a, b), by]),
  fc
    .record({ a: xmm, at: fc.nat(120), op: fc.constantFrom(0x6f, 0x7f), prefix: fc.constantFrom(0xf3, 0x66) })
    .map(({ a, at, op, prefix }) => [prefix, 0x0f, op, 0x47 | (a << 3), prefix === 0x66 && at % 3 > 0 ? at & 0x70 : at]),
  fc
    .record({ a: xmm, at: fc.nat(120), op: fc.constantFrom(0x10, 0x11, 0x58, 0x5a) })
    .map(({ a, at, op }) => [0xf2, 0x0f, op, 0x47 | (a << 3), at]),
  fc
    .record({ a: xmm, rm: register, op: fc.constantFrom(0x6e, 0x7e) })
    .map(({ a, rm, op }) => [0x66, rexOf(true, a, rm), 0x0f, op, modrm(a, rm)]),
  fc
    .record({ a: xmm, rm: register, prefix: fc.constantFrom(0xf2, 0xf3) })
    .map(({ a, rm, prefix }) => [prefix, rexOf(true, a, rm), 0x0f, 0x2a, modrm(a, rm)]),
  fc
    .record({ reg: register, b: xmm, op: fc.constantFrom(0x2c, 0x2d) })
    .map(({ reg, b, op }) => [0xf2, rexOf(true, reg, b), 0x0f, op, modrm(reg, b)]),
  fc.record({ reg: register, b: xmm }).map(({ reg, b }) => [0x66, rexOf(false, reg, b), 0x0f, 0xd7, modrm(reg, b)]),
);
/** x87 and MMX, which share their registers, so that they disturb each other as they do on silicon. */
const st = fc.nat(7);
const floating: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.constantFrom(
    [0xd9, 0xe8],
    [0xd9, 0xeb],
    [0xd9, 0xee],
    [0xd9, 0xfa],
    [0xd9, 0xe0],
    [0xdb, 0xe3],
    [0xdf, 0xe0],
    [0x0f, 0x77],
    [0xd9, 0xfc],
  ),
  fc
    .record({ op: fc.constantFrom(0xd8, 0xdc, 0xde), what: fc.constantFrom(0xc0, 0xc8, 0xe0, 0xe8, 0xf0, 0xf8), i: st })
    .map(({ op, what, i }) => [op, what | i]),
  fc
    .record({ what: fc.constantFrom([0xd9, 0xc8], [0xdb, 0xf0], [0xdb, 0xe8], [0xd9, 0xc0], [0xda, 0xc8]), i: st })
    .map(({ what, i }) => [what[0]!, what[1]! | i]),
  // Loads and stores of every format at [rdi + disp8]
  fc
    .record({
      what: fc.constantFrom(
        [0xd9, 0x47],
        [0xdd, 0x47],
        [0xdb, 0x47],
        [0xdf, 0x6f],
        [0xd9, 0x5f],
        [0xdd, 0x5f],
        [0xdf, 0x7f],
        [0xdb, 0x7f],
        [0xdb, 0x6f],
      ),
      at,
    })
    .map(({ what, at }) => [...what, at]),
  fc
    .record({ a: st, b: st, op: fc.constantFrom(0xfc, 0xfe, 0xd4, 0xef, 0xdb, 0x60, 0x6a, 0xf5, 0xe5, 0xf3, 0x75) })
    .map(({ a, b, op }) => [0x0f, op, modrm(a, b)]),
  fc.record({ a: st, at, op: fc.constantFrom(0x6f, 0x7f) }).map(({ a, at, op }) => [0x0f, op, 0x47 | (a << 3), at]),
  fc.record({ a: st, rm: register, op: fc.constantFrom(0x6e, 0x7e) }).map(({ a, rm, op }) => [rexOf(true, 0, rm), 0x0f, op, modrm(a, rm)]),
);
/** Strings from [rdi + disp8] or across the end of the page to [rdi], forward and backward, with every REP; rdi is put back. */
const string: fc.Arbitrary<readonly number[]> = fc
  .record({
    op: fc.constantFrom(0xa4, 0xa5, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf, 0xa6, 0xa7),
    repeat: fc.constantFrom([], [0xf3], [0xf2]),
    wide: fc.boolean(),
    count: fc.nat(40),
    from: fc.oneof(fc.nat(200), fc.constantFrom(...EDGES)),
    to: fc.oneof(fc.nat(200), fc.constantFrom(...EDGES)),
    backward: fc.boolean(),
  })
  .map(({ op, repeat, wide, count, from, to, backward }) => [
    0x57,
    0x48,
    0x8d,
    0xb7,
    ...i32(from),
    0x48,
    0x8d,
    0xbf,
    ...i32(to),
    0xb9,
    ...i32(count), // push rdi; lea rsi; lea rdi; mov ecx
    ...(backward ? [0xfd] : []),
    ...repeat,
    ...(wide ? [0x48] : []),
    op,
    0xfc,
    0x5f, // cld; pop rdi
  ]);
/** Loads, stores and read-modify-writes that lie on two pages, of which the second may be read-only or missing. */
const crossing: fc.Arbitrary<readonly number[]> = fc
  .record({
    edge: fc.constantFrom(...EDGES),
    back: fc.nat(16),
    reg: register,
    kind: fc.constantFrom('load', 'store', 'add', 'locked', 'vector', 'vector store', 'byte', 'push', 'pop'),
    a: xmm,
  })
  .map(({ edge, back, reg, kind, a }) => {
    const at = i32(edge - back);
    const general = 0x87 | ((reg & 7) << 3);
    switch (kind) {
      case 'load':
        return [rexOf(true, reg, 0), 0x8b, general, ...at];
      case 'store':
        return [rexOf(true, reg, 0), 0x89, general, ...at];
      case 'add':
        return [rexOf(true, reg, 0), 0x01, general, ...at];
      case 'locked':
        return [0xf0, rexOf(true, reg, 0), 0x0f, 0xc1, general, ...at];
      case 'push':
        return [0xff, 0xb7, ...at];
      case 'pop': // rsp moves before the store, and back when that faults
        return [0x8f, 0x87, ...at];
      case 'vector':
        return [0x0f, 0x10, 0x87 | (a << 3), ...at];
      case 'vector store':
        return [0x0f, 0x11, 0x87 | (a << 3), ...at];
      default:
        return [rexOf(false, reg, 0), 0x88, general, ...at];
    }
  });
/** LOCK forms on [rdi + disp8]: ADD to XOR, XADD, CMPXCHG, CMPXCHG8B, INC, NOT, BTS, XCHG. */
const locked: fc.Arbitrary<readonly number[]> = fc.record({ reg: register, at, op: fc.nat(13) }).map(({ reg, at, op }) => {
  const rex = rexOf(true, reg, 0);
  const general = 0x47 | ((reg & 7) << 3);
  const forms = [
    [0x0f, 0xc1, general],
    [0x0f, 0xb1, general],
    [0x0f, 0xab, 0x47 | (1 << 3)],
    [0xff, 0x47],
    [0xf7, 0x57],
    [0x87, general],
  ];
  if (op < 7) return [0xf0, rex, op * 8 + 1, general, at];
  if (op === 7) return [0xf0, 0x0f, 0xc7, 0x4f, at];
  // A bit index of less than 64: mov ecx, at
  if (op === 10) return [0xb9, ...i32(at & 63), 0xf0, 0x48, 0x0f, 0xab, 0x4f, at];
  return [0xf0, rex, ...forms[op - 8]!, at];
});
export type Piece =
  | { readonly bytes: readonly number[] }
  /** A store into the code: a byte, or eight from there, of the piece so many further on. */
  | { readonly patch: number; readonly value: number; readonly by: number; readonly alias: boolean; readonly wide: boolean }
  | { readonly kind: 'jcc' | 'call' | 'indirect' | 'overwriting'; readonly cc: number; readonly by: number; readonly alias: boolean };
/** How far above the code its pages are mapped once more: stores and jumps may go by there. */
export const ALIAS = 0x1_0000;
const seldom = fc.integer({ min: 0, max: 7 }).map((value) => value === 7);
/** A jump over or back, in numbers of pieces: conditional, a call, or by way of a register; and returns. */
const jump: fc.Arbitrary<Piece> = fc.record({
  kind: fc.constantFrom('jcc', 'jcc', 'jcc', 'call', 'call', 'indirect', 'indirect', 'overwriting'),
  cc: fc.nat(15),
  by: fc.integer({ min: -6, max: 6 }),
  alias: seldom,
});
export const program: fc.Arbitrary<readonly Piece[]> = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: fc.record({ bytes: fc.oneof({ weight: 3, arbitrary: instruction }, { weight: 1, arbitrary: vector }) }) },
    { weight: 3, arbitrary: fc.record({ bytes: fc.oneof(floating, string, crossing, locked) }) },
    {
      weight: 1,
      arbitrary: fc.record({ patch: fc.nat(15), value: fc.nat(255), by: fc.integer({ min: -4, max: 8 }), alias: seldom, wide: seldom }),
    },
    { weight: 2, arbitrary: jump },
    { weight: 1, arbitrary: fc.constant({ bytes: [0xc3] }) },
  ),
  { minLength: 3, maxLength: 30 },
);
const SIZES = { jcc: 6, call: 5, indirect: 9, overwriting: 16 } as const;

export interface Program {
  readonly code: readonly number[];
  /** Where its pieces begin. */
  readonly starts: readonly number[];
}
export function assemble(pieces: readonly Piece[]): Program {
  const sizes = pieces.map((piece) =>
    'bytes' in piece ? piece.bytes.length : 'patch' in piece ? (piece.wide ? 11 : 7) : SIZES[piece.kind],
  );
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0));
  const end = sizes.reduce((a, b) => a + b, 0);
  const code = pieces.flatMap((piece, i) => {
    if ('bytes' in piece) return piece.bytes;
    const shift = piece.alias ? ALIAS : 0;
    if ('patch' in piece) {
      const which = Math.min(Math.max(0, i + piece.by), pieces.length - 1);
      const to = starts[which]! + (piece.patch % sizes[which]!);
      const at = i32(to - starts[i]! - sizes[i]! + shift);
      // mov qword [rip + …], value; mov byte
      return piece.wide ? [0x48, 0xc7, 0x05, ...at, ...i32(piece.value * 0x10101)] : [0xc6, 0x05, ...at, piece.value];
    }
    const to = starts[Math.max(0, i + piece.by)] ?? end;
    const from = (length: number): number[] => i32(to - starts[i]! - length + shift);
    switch (piece.kind) {
      case 'jcc':
        return [0x0f, 0x80 + piece.cc, ...from(6)];
      case 'call':
        return [0xe8, ...from(5)];
      case 'overwriting': // lea rsp, [rip + …]; lea rsi, [rip + …]; call rsi: the return address lies on the code that is called
        return [0x48, 0x8d, 0x25, ...i32(to + 8 + piece.cc - starts[i]! - 7), 0x48, 0x8d, 0x35, ...from(14), 0xff, 0xd6];
      case 'indirect': // lea rsi, [rip + …]; jmp rsi
        return [0x48, 0x8d, 0x35, ...from(7), 0xff, 0xe6];
    }
  });
  // Again from the start: everything gets hot.
  return { code: [...code, 0xe9, ...i32(-(code.length + 5))], starts };
}
