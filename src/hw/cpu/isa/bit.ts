/** Bit instructions (SDM vol. 2). */
import type { Emitter, Place, Value } from './emitter.ts';
import { instruction, type Description } from './instruction.ts';

type Change = (t: Emitter, old: Value, mask: Value) => Value;

/** BT and its writing relatives. With a register index and a memory operand the index may reach far beyond the operand. */
function bitTest(name: string, opcode: string, digit: number, change: Change | null): Description {
  return instruction(name, {
    forms: [`0f ${opcode} /r Ev,Gv`, `0f ba /${digit} Ev,Ib`],
    lockable: change !== null,
    translate(t, dst, index) {
      const { width } = dst!;
      const position = index!.read();
      const low = t.let(t.and(t.toWidth(4, position), t.i32(8 * width - 1)));
      let place: Place = dst!;
      if (dst!.kind === 'memory' && index!.kind === 'register') {
        const units = t.shrS(t.sign64(width, position), t.i64(BigInt(Math.log2(8 * width))));
        place = t.memory(t.addressIn(dst!, t.mul(units, t.i64(BigInt(width))), width), width, t.operandBase());
      }
      const old = change ? place.readToWrite() : place.read();
      const wideLow = t.let(width === 8 ? t.extendU(low) : low);
      if (change) place.write(t.let(change(t, old, t.let(t.cut(width, t.shl(t.constant(width, 1n), wideLow))))));
      t.writeFlag('c', t.wrap(t.and(t.shrU(old, wideLow), t.constant(width, 1n))));
    },
  });
}

/** BSF and BSR: ZF tells a zero source, and then the destination stays, as processors do. */
function scan(name: string, form: string, found: (t: Emitter, value: Value) => Value): Description {
  return instruction(name, {
    forms: [form],
    translate(t, dst, src) {
      const value = src!.read();
      t.flagsZsp(src!.width, value);
      t.if(value.type === 'i64' ? t.ne(value, t.i64(0n)) : value, () =>
        dst!.write(t.let(t.wrapTo(dst!.width, t.extendU(found(t, value))))),
      );
    },
  });
}

const highest = (t: Emitter, value: Value): Value =>
  value.type === 'i64' ? t.sub(t.i64(63n), t.op('i64.clz', 'i64', value)) : t.sub(t.i32(31), t.op('i32.clz', 'i32', value));
const lowest = (t: Emitter, value: Value): Value => t.op(value.type === 'i64' ? 'i64.ctz' : 'i32.ctz', value.type, value);

export const bit: readonly Description[] = [
  bitTest('bt', 'a3', 4, null),
  bitTest('bts', 'ab', 5, (t, old, mask) => t.or(old, mask)),
  bitTest('btr', 'b3', 6, (t, old, mask) => t.and(old, t.not(mask))),
  bitTest('btc', 'bb', 7, (t, old, mask) => t.xor(old, mask)),
  scan('bsf', '0f bc /r Gv,Ev', lowest),
  scan('bsr', '0f bd /r Gv,Ev', highest),
  instruction('popcnt', {
    forms: ['F3 0f b8 /r Gv,Ev'],
    translate(t, dst, src) {
      const value = src!.read();
      dst!.write(t.op(value.type === 'i64' ? 'i64.popcnt' : 'i32.popcnt', value.type, value));
      t.flagsLogic(src!.width, value); // ZF from the source…
      t.writeFlag('s', t.i64(0n)); // …and all others clear
      t.writeFlag('p', t.i32(1));
    },
  }),
];
