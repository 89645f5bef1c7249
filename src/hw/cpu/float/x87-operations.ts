/** Every x87 instruction that computes: encodings, what its operand is, meaning. isa/x87.ts makes descriptions of them. */
import { DOUBLE, EXTENDED, pack, SINGLE, unpack, zero, type Unpacked } from './format.ts';
import {
  ARITHMETIC,
  arithmetic,
  changeSign,
  compareToFlags,
  compareTop,
  examine,
  exchange,
  extractParts,
  fromFormat,
  fromSigned,
  load,
  loadDecimal,
  loadRegister,
  moveIf,
  remainder,
  roundTop,
  scale,
  squareRootOfTop,
  store,
  storeDecimal,
  storeExtended,
  storeOrDrop,
  storeInteger,
  storeRegister,
} from './x87-arith.ts';
import { constant, CONSTANTS, TRANSCENDENTAL } from './x87-functions.ts';
import type { Fpu } from './x87-state.ts';

export interface X87Operand {
  /** Of ST(i). */
  readonly i: number;
  /** What memory holds: the value to load, or what a store would replace. */
  readonly bits: bigint;
  readonly condition: boolean;
}
export interface X87Operation {
  readonly name: string;
  readonly forms: readonly string[];
  /**
   * load, loadTen: from memory; store: answers what memory is to hold; storeTen: the same, null for nothing; flags: answers ZF, PF and CF; condition: is
   * told whether the condition holds.
   */
  readonly kind: 'load' | 'loadTen' | 'store' | 'storeTen' | 'register' | 'flags' | 'condition';
  /** Of a `condition`: as Jcc has them. */
  readonly condition?: number;
  readonly run: (fpu: Fpu, operand: X87Operand) => bigint | number | null | void;
}

const operation = (name: string, kind: X87Operation['kind'], forms: readonly string[], run: X87Operation['run']): X87Operation => ({
  name,
  kind,
  forms,
  run,
});
const plain = (name: string, form: string, run: (fpu: Fpu) => void): X87Operation => operation(name, 'register', [`${form} Fop`], run);

const MNEMONICS: Readonly<Record<number, string>> = { 0: 'add', 1: 'mul', 4: 'sub', 5: 'subr', 6: 'div', 7: 'divr' };
/** Memory sources: opcode, operand, letter of the mnemonic, how to read it. */
const MEMORY: readonly (readonly [opcode: string, spec: string, letter: string, decode: (bits: bigint) => Unpacked])[] = [
  ['d8', 'Md', 'f', fromFormat(SINGLE)],
  ['dc', 'Mq', 'f', fromFormat(DOUBLE)],
  ['da', 'Md', 'fi', fromSigned(32)],
  ['de', 'Mw', 'fi', fromSigned(16)],
];
const memoryArithmetic = MEMORY.flatMap(([opcode, spec, letter, decode]) => [
  ...Object.entries(MNEMONICS).map(([digit, mnemonic]) =>
    operation(letter + mnemonic, 'load', [`${opcode} /${digit} ${spec},Fop`], (fpu, { bits }) =>
      arithmetic(fpu, ARITHMETIC[Number(digit)]!, 0, decode(bits), false),
    ),
  ),
  ...[0, 1].map((pops) =>
    operation(`${letter}com${pops ? 'p' : ''}`, 'load', [`${opcode} /${2 + pops} ${spec},Fop`], (fpu, { bits }) =>
      compareTop(fpu, decode(bits), true, pops),
    ),
  ),
]);
const registerArithmetic = Object.entries(MNEMONICS).flatMap(([text, mnemonic]) => {
  const digit = Number(text);
  // With ST(i) as destination the digits of the reversed forms are exchanged.
  const other = MNEMONICS[digit >= 4 ? digit ^ 1 : digit]!;
  const toRegister = ARITHMETIC[digit >= 4 ? digit ^ 1 : digit]!;
  return [
    operation(`f${mnemonic}`, 'register', [`d8 /${digit} STi`], (fpu, { i }) => arithmetic(fpu, ARITHMETIC[digit]!, 0, fpu.read(i), false)),
    operation(`f${other}`, 'register', [`dc /${digit} STi`], (fpu, { i }) => arithmetic(fpu, toRegister, i, fpu.read(0), false)),
    operation(`f${other}p`, 'register', [`de /${digit} STi`], (fpu, { i }) => arithmetic(fpu, toRegister, i, fpu.read(0), true)),
  ];
});

/** FCMOVcc: opcode, digit, condition code. */
const MOVES: readonly (readonly [name: string, form: string, condition: number])[] = [
  ['fcmovb', 'da /0', 2],
  ['fcmove', 'da /1', 4],
  ['fcmovbe', 'da /2', 6],
  ['fcmovu', 'da /3', 10],
  ['fcmovnb', 'db /0', 3],
  ['fcmovne', 'db /1', 5],
  ['fcmovnbe', 'db /2', 7],
  ['fcmovnu', 'db /3', 11],
];
const INTEGERS: readonly (readonly [
  width: 16 | 32 | 64,
  spec: string,
  load: string,
  store: string | null,
  storePop: string,
  truncate: string,
])[] = [
  [16, 'Mw', 'df /0', 'df /2', 'df /3', 'df /1'],
  [32, 'Md', 'db /0', 'db /2', 'db /3', 'db /1'],
  [64, 'Mq', 'df /5', null, 'df /7', 'dd /1'],
];
const SIGN = 1n << 79n;

const nothing = (fpu: Fpu): void => void (fpu.c1 = 'kept');

export const X87: readonly X87Operation[] = [
  ...memoryArithmetic,
  ...registerArithmetic,
  operation('fcom', 'register', ['d8 /2 STi', 'dc /2 STi'], (fpu, { i }) => compareTop(fpu, fpu.read(i), true, 0)),
  operation('fcomp', 'register', ['d8 /3 STi', 'dc /3 STi', 'de /2 STi'], (fpu, { i }) => compareTop(fpu, fpu.read(i), true, 1)),
  plain('fcompp', 'de d9', (fpu) => compareTop(fpu, fpu.read(1), true, 2)),
  operation('fucom', 'register', ['dd /4 STi'], (fpu, { i }) => compareTop(fpu, fpu.read(i), false, 0)),
  operation('fucomp', 'register', ['dd /5 STi'], (fpu, { i }) => compareTop(fpu, fpu.read(i), false, 1)),
  plain('fucompp', 'da e9', (fpu) => compareTop(fpu, fpu.read(1), false, 2)),
  operation('fcomi', 'flags', ['db /6 STi'], (fpu, { i }) => compareToFlags(fpu, fpu.read(i), true, false)),
  operation('fucomi', 'flags', ['db /5 STi'], (fpu, { i }) => compareToFlags(fpu, fpu.read(i), false, false)),
  operation('fcomip', 'flags', ['df /6 STi'], (fpu, { i }) => compareToFlags(fpu, fpu.read(i), true, true)),
  operation('fucomip', 'flags', ['df /5 STi'], (fpu, { i }) => compareToFlags(fpu, fpu.read(i), false, true)),
  plain('ftst', 'd9 e4', (fpu) => compareTop(fpu, zero(false), true, 0)),
  plain('fxam', 'd9 e5', examine),

  operation('fld', 'load', ['d9 /0 Md,Fop'], (fpu, { bits }) => load(fpu, unpack(SINGLE, bits))),
  operation('fld', 'load', ['dd /0 Mq,Fop'], (fpu, { bits }) => load(fpu, unpack(DOUBLE, bits))),
  operation('fld', 'loadTen', ['db /5 Mt,Fop'], (fpu, { bits }) => fpu.push(bits)),
  operation('fld', 'register', ['d9 /0 STi'], (fpu, { i }) => loadRegister(fpu, i)),
  operation('fst', 'store', ['d9 /2 Md,Fop'], (fpu, { bits }) => store(fpu, SINGLE, false, bits)),
  operation('fstp', 'store', ['d9 /3 Md,Fop'], (fpu, { bits }) => store(fpu, SINGLE, true, bits)),
  operation('fst', 'store', ['dd /2 Mq,Fop'], (fpu, { bits }) => store(fpu, DOUBLE, false, bits)),
  operation('fstp', 'store', ['dd /3 Mq,Fop'], (fpu, { bits }) => store(fpu, DOUBLE, true, bits)),
  operation('fstp', 'storeTen', ['db /7 Mt,Fop'], storeExtended),
  operation('fst', 'register', ['dd /2 STi'], (fpu, { i }) => storeRegister(fpu, i, false)),
  operation('fstp', 'register', ['dd /3 STi', 'df /2 STi', 'df /3 STi'], (fpu, { i }) => storeRegister(fpu, i, true)),
  operation('fstpnce', 'register', ['d9 /3 STi'], (fpu, { i }) => storeOrDrop(fpu, i)),
  ...INTEGERS.flatMap(([width, spec, loads, stores, storePops, truncates]) => [
    operation('fild', 'load', [`${loads} ${spec},Fop`], (fpu, { bits }) => fpu.push(pack(EXTENDED, fromSigned(width)(bits)))),
    ...(stores
      ? [operation('fist', 'store', [`${stores} ${spec},Fop`], (fpu, { bits }) => storeInteger(fpu, width, false, false, bits))]
      : []),
    operation('fistp', 'store', [`${storePops} ${spec},Fop`], (fpu, { bits }) => storeInteger(fpu, width, false, true, bits)),
    operation('fisttp', 'store', [`${truncates} ${spec},Fop`], (fpu, { bits }) => storeInteger(fpu, width, true, true, bits)),
  ]),
  operation('fbld', 'loadTen', ['df /4 Mt,Fop'], (fpu, { bits }) => loadDecimal(fpu, bits)),
  operation('fbstp', 'storeTen', ['df /6 Mt,Fop'], storeDecimal),

  operation('fxch', 'register', ['d9 /1 STi', 'dd /1 STi', 'df /1 STi'], (fpu, { i }) => exchange(fpu, i)),
  ...MOVES.map(([name, form, condition]): X87Operation => ({
    ...operation(name, 'condition', [`${form} STi`], (fpu, operand) => moveIf(fpu, operand.i, operand.condition)),
    condition,
  })),
  operation('ffree', 'register', ['dd /0 STi'], (fpu, { i }) => fpu.free(i)),
  operation('ffreep', 'register', ['df /0 STi'], (fpu, { i }) => {
    fpu.free(i);
    fpu.pop();
  }),
  plain('fdecstp', 'd9 f6', (fpu) => fpu.turn(-1)),
  plain('fincstp', 'd9 f7', (fpu) => fpu.turn(1)),
  plain('fnop', 'd9 d0', nothing),

  plain('fchs', 'd9 e0', (fpu) => changeSign(fpu, (bits) => bits ^ SIGN)),
  plain('fabs', 'd9 e1', (fpu) => changeSign(fpu, (bits) => bits & ~SIGN)),
  plain('fsqrt', 'd9 fa', squareRootOfTop),
  plain('frndint', 'd9 fc', roundTop),
  plain('fscale', 'd9 fd', scale),
  plain('fprem', 'd9 f8', (fpu) => remainder(fpu, false)),
  plain('fprem1', 'd9 f5', (fpu) => remainder(fpu, true)),
  plain('fxtract', 'd9 f4', extractParts),
  ...CONSTANTS.map(([name, opcode, value]) => plain(name, `d9 ${opcode}`, (fpu) => fpu.push(constant(fpu, value)))),
  ...TRANSCENDENTAL.map(([name, opcode, run]) => plain(name, `d9 ${opcode}`, run)),
];
