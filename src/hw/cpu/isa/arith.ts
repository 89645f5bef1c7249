/** Integer arithmetic and logic (SDM vol. 2). */
import type { Emitter, Place, Value } from './emitter.ts';
import { instruction, type AnyPlace, type Description } from './instruction.ts';

/** The six encodings that eight operations share: n is the operation's number. */
function aluForms(n: number): string[] {
  const opcode = (low: number): string => (n * 8 + low).toString(16).padStart(2, '0');
  return [
    `${opcode(0)} /r Eb,Gb`,
    `${opcode(1)} /r Ev,Gv`,
    `${opcode(2)} /r Gb,Eb`,
    `${opcode(3)} /r Gv,Ev`,
    `${opcode(4)} AL,Ib`,
    `${opcode(5)} rAX,Iz`,
    `80 /${n} Eb,Ib`,
    `81 /${n} Ev,Iz`,
    `83 /${n} Ev,Ibs`,
  ];
}

type Binary = (t: Emitter, dst: AnyPlace, src: AnyPlace) => void;
const alu = (name: string, n: number, translate: Binary): Description =>
  instruction(name, { forms: aluForms(n), lockable: name !== 'cmp', translate: translate as Description['translate'] });

const logic =
  (operation: (t: Emitter, a: Value, b: Value) => Value): Binary =>
  (t, dst, src) => {
    const b = src.read();
    const result = t.let(operation(t, dst.readToWrite(), b));
    dst.write(result);
    t.flagsLogic(dst.width, result);
  };

const step =
  (by: 1 | -1) =>
  (t: Emitter, dst: Place): void => {
    const a = dst.readToWrite();
    const one = t.constant(dst.width, 1n);
    const result = t.let(t.cut(dst.width, by === 1 ? t.add(a, one) : t.sub(a, one)));
    dst.write(result);
    if (by === 1) t.flagsAdd(dst.width, a, one, result, null);
    else t.flagsSub(dst.width, a, one, result, null);
  };

export const increment: (t: Emitter, dst: Place) => void = step(1);
export const decrement: (t: Emitter, dst: Place) => void = step(-1);

export const arith: readonly Description[] = [
  alu('add', 0, (t, dst, src) => {
    const b = src.read();
    const a = dst.readToWrite();
    const sum = t.let(t.cut(dst.width, t.add(a, b)));
    dst.write(sum);
    t.flagsSum(dst.width, a, b, sum);
  }),
  alu(
    'or',
    1,
    logic((t, a, b) => t.or(a, b)),
  ),
  alu('adc', 2, (t, dst, src) => {
    const b = src.read();
    const a = dst.readToWrite();
    const carry = t.let(t.readFlag('c'));
    const sum = t.let(t.cut(dst.width, t.add(t.add(a, b), t.toWidth(dst.width === 8 ? 8 : 4, carry))));
    dst.write(sum);
    // Carry out: the sum is below a, or equal to it with a carry in and b all ones.
    t.flagsAdd(dst.width, a, b, sum, t.or(t.ltU(sum, a), t.and(carry, t.eq(sum, a))));
  }),
  alu('sbb', 3, (t, dst, src) => {
    const b = src.read();
    const a = dst.readToWrite();
    const borrow = t.let(t.readFlag('c'));
    const difference = t.let(t.cut(dst.width, t.sub(t.sub(a, b), t.toWidth(dst.width === 8 ? 8 : 4, borrow))));
    dst.write(difference);
    t.flagsSub(dst.width, a, b, difference, t.or(t.ltU(a, b), t.and(borrow, t.eq(a, b))));
  }),
  alu(
    'and',
    4,
    logic((t, a, b) => t.and(a, b)),
  ),
  alu('sub', 5, (t, dst, src) => {
    const b = src.read();
    const a = dst.readToWrite();
    const difference = t.let(t.cut(dst.width, t.sub(a, b)));
    dst.write(difference);
    t.flagsCompare(dst.width, a, b, difference);
  }),
  alu(
    'xor',
    6,
    logic((t, a, b) => t.xor(a, b)),
  ),
  alu('cmp', 7, (t, dst, src) => {
    const b = src.read();
    const a = dst.read();
    t.flagsCompare(dst.width, a, b, t.let(t.cut(dst.width, t.sub(a, b))));
  }),
  instruction('test', {
    forms: ['84 /r Eb,Gb', '85 /r Ev,Gv', 'a8 AL,Ib', 'a9 rAX,Iz', 'f6 /0 Eb,Ib', 'f6 /1 Eb,Ib', 'f7 /0 Ev,Iz', 'f7 /1 Ev,Iz'],
    translate: (t, a, b) => t.flagsLogic(a!.width, t.let(t.and(a!.read(), b!.read()))),
  }),
  instruction('inc', { forms: ['fe /0 Eb', 'ff /0 Ev'], lockable: true, translate: (t, dst) => increment(t, dst!) }),
  instruction('dec', { forms: ['fe /1 Eb', 'ff /1 Ev'], lockable: true, translate: (t, dst) => decrement(t, dst!) }),
  instruction('not', {
    forms: ['f6 /2 Eb', 'f7 /2 Ev'],
    lockable: true,
    translate: (t, dst) => dst!.write(t.cut(dst!.width, t.not(dst!.readToWrite()))),
  }),
  instruction('neg', {
    forms: ['f6 /3 Eb', 'f7 /3 Ev'],
    lockable: true,
    translate(t, dst) {
      const a = dst!.readToWrite();
      const zero = t.constant(dst!.width, 0n);
      const result = t.let(t.cut(dst!.width, t.sub(zero, a)));
      dst!.write(result);
      t.flagsSub(dst!.width, zero, a, result, t.ne(a, zero));
    },
  }),
  instruction('xadd', {
    forms: ['0f c0 /r Eb,Gb', '0f c1 /r Ev,Gv'],
    lockable: true,
    translate(t, dst, src) {
      const b = src!.read();
      const a = dst!.readToWrite();
      const sum = t.let(t.cut(dst!.width, t.add(a, b)));
      if (dst!.kind === 'memory') {
        dst!.write(sum);
        src!.write(a);
      } else {
        src!.write(a);
        dst!.write(sum);
      }
      t.flagsSum(dst!.width, a, b, sum);
    },
  }),
  instruction('cmpxchg', {
    forms: ['0f b0 /r Eb,Gb', '0f b1 /r Ev,Gv'],
    lockable: true,
    translate(t, dst, src) {
      const accumulator = t.gpr('rax', dst!.width);
      const expected = accumulator.read();
      const replacement = src!.read();
      const a = dst!.readToWrite();
      const equal = t.let(t.eq(a, expected));
      t.if(
        equal,
        () => dst!.write(replacement),
        () => {
          if (dst!.kind === 'memory') dst!.write(a);
          accumulator.write(a);
        },
      );
      t.flagsCompare(dst!.width, expected, a, t.let(t.cut(dst!.width, t.sub(expected, a))));
    },
  }),
  instruction('cbw', {
    forms: ['98'],
    translate(t) {
      const w = t.operandSize;
      const half = (w / 2) as 1 | 2 | 4;
      t.gpr('rax', w).write(t.signTo(half, w, t.gpr('rax', half).read()));
    },
  }),
  instruction('cwd', {
    forms: ['99'],
    translate(t) {
      const w = t.operandSize;
      t.gpr('rdx', w).write(t.cut(w, t.wrapTo(w, t.shrS(t.sign64(w, t.gpr('rax', w).read()), t.i64(63n)))));
    },
  }),
];
