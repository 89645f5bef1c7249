/** Jumps, calls, returns (SDM vol. 2). In 64-bit mode all near branches are 64 bits wide. */
import type { Emitter, Value } from './emitter.ts';
import { instruction, type Description } from './instruction.ts';

function loop(condition: (t: Emitter) => Value | null): Description['translate'] {
  return (t) => {
    const rcx = t.gpr('rcx', 8);
    const left = t.let(t.sub(rcx.read(), t.i64(1n)));
    rcx.write(left);
    const more = t.ne(left, t.i64(0n));
    const also = condition(t);
    t.if(also ? t.and(more, also) : more, () => t.jumpNear());
  };
}

export const branch: readonly Description[] = [
  instruction('jcc', { forms: ['70+cc Jb', '0f 80+cc Jz'], translate: (t) => t.if(t.condition(t.conditionCode), () => t.jumpNear()) }),
  instruction('jmp', { forms: ['eb Jb', 'e9 Jz'], ends: true, translate: (t) => t.jumpNear() }),
  instruction('jmp', { forms: ['ff /4 Ev'], default64: true, ends: true, translate: (t, target) => t.jump(target!.read()) }),
  instruction('call', {
    forms: ['e8 Jz'],
    default64: true,
    ends: true,
    translate(t) {
      t.push(8, t.nextRip());
      t.jumpNear();
    },
  }),
  instruction('call', {
    forms: ['ff /2 Ev'],
    default64: true,
    ends: true,
    translate(t, target) {
      const to = target!.read();
      t.push(8, t.nextRip());
      t.jump(to);
    },
  }),
  instruction('ret', {
    forms: ['c3'],
    default64: true,
    ends: true,
    translate(t) {
      const to = t.peek(8);
      t.drop(8);
      t.jump(to);
    },
  }),
  instruction('ret', {
    forms: ['c2 Iw'],
    default64: true,
    ends: true,
    translate(t, more) {
      const to = t.peek(8);
      const rsp = t.gpr('rsp', 8);
      rsp.write(t.add(rsp.read(), t.add(t.extendU(more!.read()), t.i64(8n))));
      t.jump(to);
    },
  }),
  instruction('loopne', { forms: ['e0 Jb'], translate: loop((t) => t.condition(5)) }),
  instruction('loope', { forms: ['e1 Jb'], translate: loop((t) => t.condition(4)) }),
  instruction('loop', { forms: ['e2 Jb'], translate: loop(() => null) }),
  instruction('jrcxz', { forms: ['e3 Jb'], translate: (t) => t.if(t.eqz(t.gpr('rcx', 8).read()), () => t.jumpNear()) }),
];
