/** What 64-bit code has no more: BCD arithmetic, PUSHA, BOUND, ARPL, INTO, and INC and DEC in one byte (SDM vol. 2). */
import type { Emitter, RegisterName, Value } from './emitter.ts';
import { arith, decrement, increment } from './arith.ts';
import { instruction, type Description } from './instruction.ts';

const DIVIDE_ERROR = 0;
const OVERFLOW = 4;
const BOUND_RANGE = 5;
const PUSHED: readonly RegisterName[] = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];

const only = (name: string, forms: readonly string[], translate: Description['translate'], more: Partial<Description> = {}): Description =>
  instruction(name, { forms, only: 32, translate, ...more });

/** Low nibble over 9, or AF. */
function lowAdjusts(t: Emitter, al: Value): Value {
  const over = t.ltU(t.i32(9), t.and(al, t.i32(15)));
  return t.let(t.or(over, t.and(t.shrU(t.readFlag('a'), t.i32(4)), t.i32(1))));
}
/** DAA and DAS. */
const decimal = (adjust: (t: Emitter, a: Value, b: Value) => Value, borrows: boolean): Description['translate'] => {
  return (t) => {
    const place = t.gpr('rax', 1);
    const al = place.read();
    const carry = t.let(t.readFlag('c'));
    const low = lowAdjusts(t, al);
    const high = t.let(t.or(t.ltU(t.i32(0x99), al), carry));
    const result = t.let(t.cut(1, adjust(t, adjust(t, al, t.select(low, t.i32(6), t.i32(0))), t.select(high, t.i32(0x60), t.i32(0)))));
    place.write(result);
    t.flagsZsp(1, result);
    t.writeFlag('a', t.shl(low, t.i32(4)));
    // DAS borrows also by the low nibble alone.
    t.writeFlag('c', borrows ? t.or(high, t.and(low, t.ltU(al, t.i32(6)))) : high);
  };
};
/** AAA and AAS: AL and AH move together as AX. */
const ascii = (adjust: (t: Emitter, a: Value, b: Value) => Value): Description['translate'] => {
  return (t) => {
    const place = t.gpr('rax', 2);
    const ax = place.read();
    const carry = lowAdjusts(t, ax);
    place.write(t.and(t.select(carry, adjust(t, ax, t.i32(0x106)), ax), t.i32(0xff0f)));
    t.writeFlag('a', t.shl(carry, t.i32(4)));
    t.writeFlag('c', carry);
  };
};

/** 82 is another 80. */
const aliases: readonly Description[] = arith.flatMap((description): Description[] => {
  const forms = description.forms.filter((form) => form.startsWith('80 ')).map((form) => form.replace('80 ', '82 '));
  return forms.length > 0 ? [{ ...description, forms, only: 32, compact: true }] : [];
});

export const compatibility: readonly Description[] = [
  ...aliases,
  only('inc', ['40+ Zv'], (t, dst) => increment(t, dst!)),
  only('dec', ['48+ Zv'], (t, dst) => decrement(t, dst!)),
  only(
    'daa',
    ['27'],
    decimal((t, a, b) => t.add(a, b), false),
  ),
  only(
    'das',
    ['2f'],
    decimal((t, a, b) => t.sub(a, b), true),
  ),
  only(
    'aaa',
    ['37'],
    ascii((t, a, b) => t.add(a, b)),
  ),
  only(
    'aas',
    ['3f'],
    ascii((t, a, b) => t.sub(a, b)),
  ),
  only('aam', ['d4 Ib'], (t, base) => {
    const by = base!.read();
    t.if(t.eqz(by), () => t.raise(DIVIDE_ERROR));
    const al = t.gpr('rax', 1).read();
    const rest = t.let(t.op('i32.rem_u', 'i32', al, by));
    t.gpr('rax', 2).write(t.or(t.shl(t.op('i32.div_u', 'i32', al, by), t.i32(8)), rest));
    t.flagsLogic(1, rest);
  }),
  only('aad', ['d5 Ib'], (t, base) => {
    const ax = t.gpr('rax', 2).read();
    const product = t.let(t.and(t.mul(t.shrU(ax, t.i32(8)), base!.read()), t.i32(0xff)));
    const low = t.let(t.and(ax, t.i32(0xff)));
    const sum = t.let(t.and(t.add(low, product), t.i32(0xff)));
    t.gpr('rax', 2).write(sum);
    t.flagsSum(1, low, product, sum);
  }),
  only('salc', ['d6'], (t) => t.gpr('rax', 1).write(t.and(t.sub(t.i32(0), t.readFlag('c')), t.i32(0xff)))),
  only(
    'pusha',
    ['60'],
    (t) => {
      const width = t.operandSize;
      const before = t.stackPointer();
      const tops = PUSHED.map((_, i) => t.stackOffset(before, -width * (i + 1)));
      // The ends first: none is stored unless all can be.
      const places = tops.map((top) => t.onStack(top, width));
      for (const top of [tops[0]!, tops.at(-1)!]) t.strictlyOnStack(top, width).readToWrite();
      PUSHED.forEach((register, i) => places[i]!.write(t.gpr(register, width).read()));
      t.setStackPointer(tops.at(-1)!);
    },
    { sized: true },
  ),
  only(
    'popa',
    ['61'],
    (t) => {
      const width = t.operandSize;
      const after = t.stackOffset(t.stackPointer(), 8 * width);
      // A fault leaves those changed that have been read before.
      PUSHED.toReversed().forEach((register, i) => {
        const value = t.peek(width, width * i);
        if (register !== 'rsp') t.gpr(register, width).write(value);
      });
      t.setStackPointer(after);
    },
    { sized: true },
  ),
  only(
    'bound',
    ['62 /r Gv,M'],
    (t, index, m) => {
      const { width } = index!;
      const at = t.let(t.sign32(width, index!.read()));
      const low = t.sign32(width, t.memory(t.addressIn(m!, 0, width), width, t.operandBase()).read());
      const high = t.sign32(width, t.memory(t.addressIn(m!, width, width), width, t.operandBase()).read());
      t.if(t.or(t.ltS(at, low), t.ltS(high, at)), () => t.raise(BOUND_RANGE));
    },
    { compact: true },
  ),
  only(
    'arpl',
    ['63 /r Ew,Gw'],
    (t, dst, src) => {
      const wanted = t.let(t.and(src!.read(), t.i32(3)));
      const old = dst!.readToWrite();
      const raises = t.let(t.ltU(t.and(old, t.i32(3)), wanted));
      dst!.write(t.let(t.select(raises, t.or(t.and(old, t.i32(0xfffc)), wanted), old)));
      t.writeFlag('z', t.extendU(t.eqz(raises)));
    },
    { compact: true },
  ),
  only('into', ['ce'], (t) => t.if(t.condition(0), () => t.leave('trap', OVERFLOW))),
];
