/** Jumps, calls, returns (SDM vol. 2). In 64-bit mode all near branches are 64 bits wide. */
import type { Emitter, Value } from './emitter.ts';
import { instruction, type Description } from './instruction.ts';

function loop(condition: (t: Emitter) => Value | null): Description['translate'] {
  return (t) => {
    const rcx = t.indexRegister('rcx');
    const left = t.let(t.cut(rcx.width, t.sub(rcx.read(), t.constant(rcx.width, 1n))));
    rcx.write(left);
    const more = t.ne(left, t.constant(rcx.width, 0n));
    const also = condition(t);
    t.if(also ? t.and(more, also) : more, () => t.jumpNear());
  };
}

export const branch: readonly Description[] = [
  instruction('jcc', { forms: ['70+cc Jb', '0f 80+cc Jz'], translate: (t) => t.if(t.condition(t.conditionCode), () => t.jumpNear()) }),
  instruction('jmp', { forms: ['eb Jb', 'e9 Jz'], ends: true, translate: (t) => t.jumpNear() }),
  instruction('jmp', {
    forms: ['ff /4 Ev'],
    default64: true,
    ends: true,
    translate: (t, target) => t.jump(t.canonical(t.toWidth(8, target!.read()))),
  }),
  instruction('call', {
    forms: ['e8 Jz'],
    default64: true,
    ends: true,
    translate(t) {
      t.push(t.operandSize, t.wrapTo(t.operandSize, t.nextRip()));
      t.jumpNear();
    },
  }),
  instruction('call', {
    forms: ['ff /2 Ev'],
    default64: true,
    ends: true,
    translate(t, target) {
      const to = t.toWidth(8, target!.read());
      const top = t.stackOffset(t.stackPointer(), -t.operandSize);
      const place = t.strictlyOnStack(top, t.operandSize);
      // A stack that refuses comes before a target that does not exist.
      place.readToWrite();
      const checked = t.canonical(to);
      place.write(t.wrapTo(t.operandSize, t.nextRip()));
      t.setStackPointer(top);
      t.jump(checked);
    },
  }),
  instruction('ret', {
    forms: ['c3'],
    default64: true,
    ends: true,
    translate(t) {
      const to = t.canonical(t.toWidth(8, t.peek(t.operandSize)));
      t.drop(t.operandSize);
      t.jump(to);
    },
  }),
  instruction('ret', {
    forms: ['c2 Iw'],
    default64: true,
    ends: true,
    translate(t, more) {
      const to = t.canonical(t.toWidth(8, t.peek(t.operandSize)));
      const extra = t.toWidth(t.long ? 8 : 4, more!.read());
      t.setStackPointer(t.add(t.stackPointer(), t.add(extra, t.constant(t.long ? 8 : 4, BigInt(t.operandSize)))));
      t.jump(to);
    },
  }),
  instruction('loopne', { addressed: true, forms: ['e0 Jb'], translate: loop((t) => t.condition(5)) }),
  instruction('loope', { addressed: true, forms: ['e1 Jb'], translate: loop((t) => t.condition(4)) }),
  instruction('loop', { addressed: true, forms: ['e2 Jb'], translate: loop(() => null) }),
  instruction('jrcxz', {
    forms: ['e3 Jb'],
    addressed: true,
    translate: (t) => t.if(t.eqz(t.indexRegister('rcx').read()), () => t.jumpNear()),
  }),
];
