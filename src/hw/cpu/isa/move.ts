/** Data movement and the stack (SDM vol. 2). */
import type { Emitter, Place } from './emitter.ts';
import { instruction, type Description } from './instruction.ts';

const copy: Description['translate'] = (_t, dst, src) => dst!.write(src!.read());
/** ENTER takes the level modulo 32. */
const LEVELS = 32;

const swapBytes = (t: Emitter, place: Place): void =>
  place.write(t.call(place.width === 8 ? 'swap64' : 'swap32', place.width === 8 ? 'i64' : 'i32', place.read()));

export const move: readonly Description[] = [
  instruction('mov', {
    forms: [
      '88 /r Eb,Gb',
      '89 /r Ev,Gv',
      '8a /r Gb,Eb',
      '8b /r Gv,Ev',
      'b0+ Zb,Ib',
      'b8+ Zv,Iv',
      'c6 /0 Eb,Ib',
      'c7 /0 Ev,Iz',
      'a0 AL,Ob',
      'a1 rAX,Ov',
      'a2 Ob,AL',
      'a3 Ov,rAX',
    ],
    translate: copy,
  }),
  instruction('movzx', {
    forms: ['0f b6 /r Gv,Eb', '0f b7 /r Gv,Ew'],
    translate: (t, dst, src) => dst!.write(t.toWidth(dst!.width, src!.read())),
  }),
  instruction('movsx', {
    forms: ['0f be /r Gv,Eb', '0f bf /r Gv,Ew'],
    translate: (t, dst, src) => dst!.write(t.signTo(src!.width, dst!.width, src!.read())),
  }),
  instruction('movsxd', { forms: ['63 /r Gv,Ed'], only: 64, translate: (t, dst, src) => dst!.write(t.signTo(4, dst!.width, src!.read())) }),
  instruction('lea', { forms: ['8d /r Gv,M'], translate: (t, dst, src) => dst!.write(t.wrapTo(dst!.width, src!.offset())) }),
  instruction('xchg', {
    forms: ['86 /r Eb,Gb', '87 /r Ev,Gv', '90+ Zv,rAX'],
    lockable: true,
    translate(_t, a, b) {
      const second = b!.read();
      const first = a!.readToWrite();
      a!.write(second);
      b!.write(first);
    },
  }),
  instruction('bswap', { forms: ['0f c8+ Zy'], translate: (t, dst) => swapBytes(t, dst!) }),
  instruction('cmovcc', {
    forms: ['0f 40+cc /r Gv,Ev'],
    translate(t, dst, src) {
      const value = src!.read(); // read in any case: a fault does not depend on the condition
      dst!.write(t.select(t.condition(t.conditionCode), value, dst!.read()));
    },
  }),
  instruction('setcc', { forms: ['0f 90+cc /r Eb'], translate: (t, dst) => dst!.write(t.condition(t.conditionCode)) }),
  instruction('push', {
    forms: ['50+ Zv', 'ff /6 Ev', '6a Ibs', '68 Iz'],
    default64: true,
    translate: (t, src) => t.push(t.operandSize, src!.read()),
  }),
  instruction('pop', {
    forms: ['58+ Zv'],
    default64: true,
    translate(t, dst) {
      const value = t.peek(t.operandSize);
      t.drop(t.operandSize);
      dst!.write(value);
    },
  }),
  instruction('pop', {
    forms: ['8f /0 Ev'],
    default64: true,
    translate(t, dst) {
      // rsp as a base is the one after the pop: taken care of by moving it first and back on a fault is not needed when the value is read first.
      const value = t.peek(t.operandSize);
      const before = t.gpr('rsp', 8).read();
      t.drop(t.operandSize);
      t.restoreOnFault(before);
      dst!.write(value);
    },
  }),
  instruction('leave', {
    forms: ['c9'],
    default64: true,
    translate(t) {
      const size = t.long ? 8 : 4;
      const frame = t.stackOffset(t.gpr('rbp', size).read(), 0);
      const value = t.onStack(frame, t.operandSize).read();
      t.setStackPointer(t.add(frame, t.constant(size, BigInt(t.operandSize))));
      t.gpr('rbp', t.operandSize).write(value);
    },
  }),
  instruction('enter', {
    forms: ['c8 Iw,Ib'],
    default64: true,
    compact: true,
    translate(t, size, nesting) {
      const width = t.operandSize;
      const frame = t.stackOffset(t.stackPointer(), -width);
      const outer = t.let(t.gpr('rbp', t.long ? 8 : 4).read());
      t.onStack(frame, width).write(t.gpr('rbp', width).read());
      const level = t.let(t.and(nesting!.read(), t.i32(LEVELS - 1)));
      // The frame pointers of the levels around it, then its own.
      for (let i = 1; i < LEVELS; i++) {
        const place = (): Place => t.onStack(t.stackOffset(frame, -i * width), width);
        t.if(t.geU(level, t.i32(i + 1)), () => place().write(t.onStack(t.stackOffset(outer, -i * width), width).read()));
        t.if(t.eq(level, t.i32(i)), () => place().write(t.toWidth(width, t.withinStack(frame))));
      }
      const stackWidth = t.long ? 8 : 4;
      const pushed = t.mul(t.toWidth(stackWidth, level), t.constant(stackWidth, BigInt(width)));
      const top = t.stackOffset(t.sub(frame, t.add(t.toWidth(stackWidth, size!.read()), pushed)), 0);
      // The stack must reach so far; what has been pushed by then stays.
      t.strictlyOnStack(top, width).readToWrite();
      t.gpr('rbp', width).write(t.toWidth(width, t.withinStack(frame)));
      t.setStackPointer(top);
    },
  }),
  instruction('xlat', {
    forms: ['d7'],
    addressed: true,
    translate(t) {
      const table = t.indexRegister('rbx');
      const offset = t.cut(table.width, t.add(table.read(), t.toWidth(table.width === 8 ? 8 : 4, t.gpr('rax', 1).read())));
      t.gpr('rax', 1).write(t.memory(t.sourceAddress(t.let(t.extendU(offset)), 1), 1).read());
    },
  }),
  instruction('movbe', {
    forms: ['NP 0f 38 f0 /r Gv,M', 'NP 0f 38 f1 /r M,Gv'],
    translate(t, dst, src) {
      const value = src!.read();
      if (t.operandSize === 2) dst!.write(t.cut(2, t.or(t.shl(value, t.i32(8)), t.shrU(value, t.i32(8)))));
      else dst!.write(t.call(t.operandSize === 8 ? 'swap64' : 'swap32', t.operandSize === 8 ? 'i64' : 'i32', value));
    },
  }),
];
