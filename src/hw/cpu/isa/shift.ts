/** Shifts and rotates (SDM vol. 2, SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD). A count of zero changes no flag. */
import type { Emitter, Value, Width } from './emitter.ts';
import { instruction, type Description } from './instruction.ts';

const forms = (n: number): string[] => [
  `c0 /${n} Eb,Ib`,
  `c1 /${n} Ev,Ib`,
  `d0 /${n} Eb,1`,
  `d1 /${n} Ev,1`,
  `d2 /${n} Eb,CL`,
  `d3 /${n} Ev,CL`,
];

type Shift = (t: Emitter, width: Width, value: Value, count: Value) => { readonly result: Value; flags(): void };

/** `shift` gets the value as i64 (zero-extended) and the masked count, 1 to 31 or 63, as i64. */
function shifter(name: string, digits: readonly number[], shift: Shift): Description {
  return instruction(name, {
    forms: digits.flatMap(forms),
    translate(t, dst, source) {
      const { width } = dst!;
      const count = t.let(t.and(t.toWidth(4, source!.read()), t.i32(width === 8 ? 63 : 31)));
      const old = dst!.readToWrite();
      t.if(
        count,
        () => {
          const { result, flags } = shift(t, width, t.let(t.extendU(old)), t.let(t.extendU(count)));
          dst!.write(t.let(t.wrapTo(width, result)));
          flags();
        },
        // A 32-bit destination is zero-extended even when nothing is shifted.
        () => dst!.write(old),
      );
    },
  });
}

const bits = (width: Width): number => width * 8;
/** Bit `index` of an i64, as an i32. */
const bit = (t: Emitter, value: Value, index: Value): Value => t.wrap(t.and(t.shrU(value, index), t.i64(1n)));

/** Rotates leave SF, ZF, PF and AF alone. OF is defined for counts of 1; it is computed the same way for all. */
function rotateFlags(t: Emitter, width: Width, result: Value, left: boolean): void {
  const top = t.let(bit(t, result, t.i64(BigInt(bits(width) - 1))));
  const carry = left ? t.let(t.wrap(t.and(result, t.i64(1n)))) : top;
  const other = left ? top : t.let(bit(t, result, t.i64(BigInt(bits(width) - 2))));
  t.writeFlag('c', carry);
  t.writeFlag('o', t.shl(t.xor(carry, other), t.i32(31)));
}

function rotate(t: Emitter, width: Width, value: Value, count: Value, left: boolean): Value {
  if (width === 8) return left ? t.rotl(value, count) : t.rotr(value, count);
  const size = t.i64(BigInt(bits(width)));
  const turned = t.let(t.and(count, t.i64(BigInt(bits(width) - 1))));
  const back = t.and(t.sub(size, turned), t.i64(BigInt(bits(width) - 1)));
  const mask = t.i64((1n << BigInt(bits(width))) - 1n);
  const [l, r] = left ? [turned, back] : [back, turned];
  return t.and(t.or(t.shl(value, l), t.shrU(value, r)), mask);
}

/** RCL and RCR: width + 1 bits turn, the carry among them. */
const throughCarry =
  (left: boolean): Shift =>
  (t, width, value, count) => {
    const size = bits(width);
    const turns = size >= 32 ? count : t.let(t.op('i64.rem_u', 'i64', count, t.i64(BigInt(size + 1))));
    const carry = t.let(t.extendU(t.readFlag('c')));
    const n = left ? turns : t.let(t.and(t.sub(t.i64(BigInt(size + 1)), turns), t.i64(0xffn)));
    // As a left turn by n of [carry:value], n in 0 to size: low part shifted up, the carry into bit n - 1, the rest comes round below it.
    const up = t.select(t.geU(n, t.i64(64n)), t.i64(0n), t.shl(value, n));
    const inserted = t.select(t.eqz(n), t.i64(0n), t.shl(carry, t.sub(n, t.i64(1n))));
    const comingDown = t.sub(t.i64(BigInt(size + 1)), n);
    const round = t.select(t.or(t.eqz(n), t.geU(comingDown, t.i64(64n))), t.i64(0n), t.shrU(value, comingDown));
    const same = left ? t.eqz(turns) : t.eqz(turns);
    const mask = size === 64 ? t.i64(-1n) : t.i64((1n << BigInt(size)) - 1n);
    const result = t.let(t.select(same, value, t.and(t.or(t.or(up, inserted), round), mask)));
    return {
      result,
      flags() {
        const out = t.let(t.select(same, t.wrap(carry), bit(t, value, t.and(t.sub(t.i64(BigInt(size)), n), t.i64(63n)))));
        t.writeFlag('c', out);
        const top = t.let(bit(t, result, t.i64(BigInt(size - 1))));
        const other = left ? out : bit(t, result, t.i64(BigInt(size - 2)));
        t.writeFlag('o', t.shl(t.xor(top, other), t.i32(31)));
      },
    };
  };

/** SHLD and SHRD: bits come in from the second operand. For 16 bits with counts above 16 the result is undefined. */
function double(name: string, opcode: string, left: boolean): Description {
  return instruction(name, {
    forms: [`0f ${opcode} /r Ev,Gv,Ib`, `0f ${(Number.parseInt(opcode, 16) + 1).toString(16)} /r Ev,Gv,CL`],
    translate(t, dst, src, source) {
      const { width } = dst!;
      const size = BigInt(bits(width));
      const count = t.let(t.and(t.toWidth(4, source!.read()), t.i32(width === 8 ? 63 : 31)));
      const from = t.let(t.extendU(src!.read()));
      const old = dst!.readToWrite();
      t.if(
        count,
        () => {
          const value = t.let(t.extendU(old));
          const n = t.let(t.extendU(count));
          const back = t.let(t.sub(t.i64(size), n));
          const result = t.let(
            t.wrapTo(width, left ? t.or(t.shl(value, n), t.shrU(from, back)) : t.or(t.shrU(value, n), t.shl(from, back))),
          );
          dst!.write(result);
          t.flagsZsp(width, result);
          t.writeFlag('c', bit(t, value, left ? back : t.sub(n, t.i64(1n))));
          t.writeFlag('o', t.signBit(width, t.xor(old, result)));
          t.writeFlag('a', t.i32(0));
        },
        () => dst!.write(old),
      );
    },
  });
}

export const shift: readonly Description[] = [
  shifter('rol', [0], (t, width, value, count) => {
    const result = t.let(rotate(t, width, value, count, true));
    return { result, flags: () => rotateFlags(t, width, result, true) };
  }),
  shifter('ror', [1], (t, width, value, count) => {
    const result = t.let(rotate(t, width, value, count, false));
    return { result, flags: () => rotateFlags(t, width, result, false) };
  }),
  shifter('rcl', [2], throughCarry(true)),
  shifter('rcr', [3], throughCarry(false)),
  shifter('shl', [4, 6], (t, width, value, count) => {
    const result = t.let(t.shl(value, count));
    return {
      result,
      flags() {
        const cut = t.let(t.wrapTo(width, result));
        // The last bit shifted out is the one above the operand; for 64 bits it is asked of the value.
        const carry = t.let(bit(t, t.shl(value, t.sub(count, t.i64(1n))), t.i64(BigInt(bits(width) - 1))));
        t.flagsZsp(width, cut);
        t.writeFlag('c', carry);
        t.writeFlag('o', t.xor(t.shl(carry, t.i32(31)), t.signBit(width, cut)));
        t.writeFlag('a', t.i32(0));
      },
    };
  }),
  shifter('shr', [5], (t, width, value, count) => {
    const result = t.let(t.shrU(value, count));
    return {
      result,
      flags() {
        t.flagsZsp(width, t.let(t.wrapTo(width, result)));
        t.writeFlag('c', bit(t, value, t.sub(count, t.i64(1n))));
        t.writeFlag('o', t.shl(bit(t, value, t.i64(BigInt(bits(width) - 1))), t.i32(31)));
        t.writeFlag('a', t.i32(0));
      },
    };
  }),
  shifter('sar', [7], (t, width, value, count) => {
    const wide = t.let(t.sign64(width, t.wrapTo(width, value)));
    const result = t.let(t.shrS(wide, count));
    return {
      result,
      flags() {
        t.flagsZsp(width, t.let(t.wrapTo(width, result)));
        t.writeFlag('c', t.wrap(t.and(t.shrS(wide, t.sub(count, t.i64(1n))), t.i64(1n))));
        t.writeFlag('o', t.i32(0));
        t.writeFlag('a', t.i32(0));
      },
    };
  }),
  double('shld', 'a4', true),
  double('shrd', 'ac', false),
];
