/** MUL, IMUL, DIV, IDIV (SDM vol. 2). SF, ZF, AF, PF are undefined after a multiplication: set from the low half, as recent processors do. */
import type { Emitter, Place, Value } from './emitter.ts';
import { instruction, type Description } from './instruction.ts';

/** The high 64 bits of an unsigned 64 × 64 multiplication, from four 32 × 32 ones. */
function highUnsigned(t: Emitter, a: Value, b: Value): Value {
  const low = (v: Value): Value => t.and(v, t.i64(0xffff_ffffn));
  const high = (v: Value): Value => t.shrU(v, t.i64(32n));
  const al = t.let(low(a));
  const ah = t.let(high(a));
  const bl = t.let(low(b));
  const bh = t.let(high(b));
  const cross = t.let(t.add(t.mul(ah, bl), high(t.mul(al, bl))));
  const middle = t.let(t.add(t.mul(al, bh), low(cross)));
  return t.let(t.add(t.add(t.mul(ah, bh), high(cross)), high(middle)));
}

function highSigned(t: Emitter, a: Value, b: Value): Value {
  const zero = t.i64(0n);
  const correction = t.add(t.select(t.ltS(a, zero), b, zero), t.select(t.ltS(b, zero), a, zero));
  return t.let(t.sub(highUnsigned(t, a, b), correction));
}

/** CF = OF = `overflow`. */
function productFlags(t: Emitter, width: 1 | 2 | 4 | 8, low: Value, overflow: Value): void {
  t.flagsZsp(width, low);
  const set = t.let(overflow);
  t.writeFlag('c', set);
  t.writeFlag('o', t.shl(set, t.i32(31)));
  t.writeFlag('a', t.i32(0));
}

function widening(signed: boolean) {
  return (t: Emitter, src: Place): void => {
    const { width } = src;
    const b = src.read();
    const a = t.gpr('rax', width).read();
    if (width === 8) {
      const high = signed ? highSigned(t, a, b) : highUnsigned(t, a, b);
      const low = t.let(t.mul(a, b));
      t.gpr('rax', 8).write(low);
      t.gpr('rdx', 8).write(high);
      productFlags(t, 8, low, signed ? t.ne(high, t.shrS(low, t.i64(63n))) : t.ne(high, t.i64(0n)));
      return;
    }
    const extend = (v: Value): Value => (signed ? t.sign64(width, v) : t.extendU(v));
    const product = t.let(t.mul(extend(a), extend(b)));
    const low = t.let(t.wrapTo(width, product));
    if (width === 1) t.gpr('rax', 2).write(t.wrapTo(2, product));
    else {
      t.gpr('rax', width).write(low);
      t.gpr('rdx', width).write(t.let(t.wrapTo(width, t.shrU(product, t.i64(BigInt(8 * width))))));
    }
    productFlags(t, width, low, t.ne(product, signed ? t.sign64(width, low) : t.extendU(low)));
  };
}

function multiply(t: Emitter, dst: Place, a: Value, b: Value): void {
  const { width } = dst;
  if (width === 8) {
    const low = t.let(t.mul(a, b));
    const high = highSigned(t, a, b);
    dst.write(low);
    productFlags(t, 8, low, t.ne(high, t.shrS(low, t.i64(63n))));
    return;
  }
  const product = t.let(t.mul(t.sign64(width, a), t.sign64(width, b)));
  const low = t.let(t.wrapTo(width, product));
  dst.write(low);
  productFlags(t, width, low, t.ne(product, t.sign64(width, low)));
}

const DIVIDE_ERROR = 0;

/** 128 by 64 bits. Nearly always the dividend has 64, and wasm divides it; the rest is for helpers with larger numbers. */
function divideWide(t: Emitter, src: Place, signed: boolean): void {
  const divisor = src.read();
  const [rax, rdx] = [t.gpr('rax', 8), t.gpr('rdx', 8)];
  const low = rax.read();
  const high = rdx.read();
  t.if(t.eqz(divisor), () => t.raise(DIVIDE_ERROR));
  const small = t.eq(high, signed ? t.shrS(low, t.i64(63n)) : t.i64(0n));
  // The one quotient of 64-bit numbers that does not fit would trap in wasm.
  const apart = signed ? t.or(t.ne(divisor, t.i64(-1n)), t.ne(low, t.i64(-(1n << 63n)))) : t.i32(1);
  t.if(
    t.and(small, apart),
    () => {
      rax.write(t.op(signed ? 'i64.div_s' : 'i64.div_u', 'i64', low, divisor));
      rdx.write(t.op(signed ? 'i64.rem_s' : 'i64.rem_u', 'i64', low, divisor));
    },
    () => {
      const sign = t.i32(signed ? 1 : 0);
      t.if(t.eqz(t.call('quotientFits', 'i32', high, low, divisor, sign)), () => t.raise(DIVIDE_ERROR));
      rax.write(t.call('quotient', 'i64', high, low, divisor, sign));
      rdx.write(t.call('remainder', 'i64', high, low, divisor, sign));
    },
  );
}

function divide(signed: boolean) {
  return (t: Emitter, src: Place): void => {
    const { width } = src;
    if (width === 8) return divideWide(t, src, signed);
    const divisor = t.let(signed ? t.sign64(width, src.read()) : t.extendU(src.read()));
    t.if(t.eqz(divisor), () => t.raise(DIVIDE_ERROR));
    const size = t.i64(BigInt(8 * width));
    const joined =
      width === 1
        ? t.extendU(t.gpr('rax', 2).read())
        : t.or(t.extendU(t.gpr('rax', width).read()), t.shl(t.extendU(t.gpr('rdx', width).read()), size));
    const dividend = t.let(signed && width < 4 ? t.sign64((2 * width) as 2 | 4, t.wrap(joined)) : joined);
    if (signed) t.if(t.and(t.eq(divisor, t.i64(-1n)), t.eq(dividend, t.i64(-(1n << 63n)))), () => t.raise(DIVIDE_ERROR));
    const quotient = t.let(t.op(signed ? 'i64.div_s' : 'i64.div_u', 'i64', dividend, divisor));
    const low = t.let(t.wrapTo(width, quotient));
    t.if(t.ne(quotient, signed ? t.sign64(width, low) : t.extendU(low)), () => t.raise(DIVIDE_ERROR));
    const rest = t.let(t.wrapTo(width, t.op(signed ? 'i64.rem_s' : 'i64.rem_u', 'i64', dividend, divisor)));
    if (width === 1) t.gpr('rax', 2).write(t.or(low, t.shl(rest, t.i32(8))));
    else {
      t.gpr('rax', width).write(low);
      t.gpr('rdx', width).write(rest);
    }
  };
}

export const mulDiv: readonly Description[] = [
  instruction('mul', { forms: ['f6 /4 Eb', 'f7 /4 Ev'], translate: (t, src) => widening(false)(t, src!) }),
  instruction('imul', { forms: ['f6 /5 Eb', 'f7 /5 Ev'], translate: (t, src) => widening(true)(t, src!) }),
  instruction('imul', { forms: ['0f af /r Gv,Ev'], translate: (t, dst, src) => multiply(t, dst!, dst!.read(), src!.read()) }),
  instruction('imul', {
    forms: ['69 /r Gv,Ev,Iz', '6b /r Gv,Ev,Ibs'],
    translate: (t, dst, a, b) => multiply(t, dst!, a!.read(), b!.read()),
  }),
  instruction('div', { forms: ['f6 /6 Eb', 'f7 /6 Ev'], translate: (t, src) => divide(false)(t, src!) }),
  instruction('idiv', { forms: ['f6 /7 Eb', 'f7 /7 Ev'], translate: (t, src) => divide(true)(t, src!) }),
];
