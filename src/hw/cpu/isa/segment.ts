/** Selectors, descriptors and far transfers (SDM vol. 2). All privilege levels here are 3: what would change them is #GP. */
import { CONTEXT } from '../layout.ts';
import type { Emitter, Place, Value, Width } from './emitter.ts';
import { instruction, type AnyPlace, type Description } from './instruction.ts';

const GENERAL_PROTECTION = 13;
const CS = 1;
const SS = 2;
const FS = 4;
const GS = 5;
/** Xen's task register and CR0, as guests see them: nothing hides them from user mode. */
const TASK_SELECTOR = 0xe040;
const MACHINE_STATUS = 0x80050033;
const TASK_SWITCHED = 8;

const selector = (t: Emitter, segment: number): ReturnType<Emitter['context']> => t.context(CONTEXT.selectors + 2 * segment, 'i32', 2);
const far = (t: Emitter): 2 | 4 | 8 => t.operandSize as 2 | 4 | 8;
const stack = (t: Emitter): 2 | 8 => (t.operandSize === 2 ? 2 : 8);

/** What a descriptor says, each an i32. */
interface Descriptor {
  readonly bits: Value;
  readonly type: Value;
  readonly isSegment: Value;
  /** DPL 3, or conforming code. */
  readonly reachable: Value;
}
function describe(t: Emitter, which: Value): Descriptor {
  const bits = t.let(t.call('descriptor', 'i64', which));
  const access = t.let(t.wrap(t.shrU(bits, t.i64(40n))));
  const type = t.let(t.and(access, t.i32(15)));
  const isSegment = t.let(t.and(t.shrU(access, t.i32(4)), t.i32(1)));
  const conforming = t.and(isSegment, t.eq(t.and(type, t.i32(12)), t.i32(12)));
  const reachable = t.let(t.or(conforming, t.eq(t.and(access, t.i32(0x60)), t.i32(0x60))));
  return { bits, type, isSegment, reachable };
}
const zeroFlag = (t: Emitter, holds: Value): void => t.writeFlag('z', t.extendU(t.eqz(holds)));

/** LAR and LSL: the value when the type is a segment's or one of `systemTypes` (a bit each), with ZF. */
function query(name: string, opcode: string, systemTypes: number, value: (t: Emitter, bits: Value) => Value): Description {
  return instruction(name, {
    forms: [`0f ${opcode} /r Gv,Ew`],
    compact: true,
    translate(t, dst, src) {
      const { bits, type, isSegment, reachable } = describe(t, src!.read());
      const listed = t.and(t.shrU(t.i32(systemTypes), type), t.i32(1));
      const valid = t.let(t.and(reachable, t.or(isSegment, listed)));
      t.if(valid, () => dst!.write(t.toWidth(dst!.width, t.let(value(t, bits)))));
      zeroFlag(t, valid);
    },
  });
}
const accessRights = (t: Emitter, bits: Value): Value => t.and(t.wrap(t.shrU(bits, t.i64(32n))), t.i32(0x00ffff00));
function limit(t: Emitter, bits: Value): Value {
  const units = t.let(t.or(t.wrap(t.and(bits, t.i64(0xffffn))), t.and(t.wrap(t.shrU(bits, t.i64(32n))), t.i32(0xf0000))));
  const granular = t.wrap(t.and(t.shrU(bits, t.i64(55n)), t.i64(1n)));
  return t.select(granular, t.or(t.shl(units, t.i32(12)), t.i32(0xfff)), units);
}
const verify = (name: string, digit: number, holds: (t: Emitter, type: Value) => Value): Description =>
  instruction(name, {
    forms: [`0f 00 /${digit} Ew`],
    compact: true,
    translate(t, src) {
      const { type, isSegment, reachable } = describe(t, src!.read());
      zeroFlag(t, t.and(t.and(isSegment, reachable), holds(t, type)));
    },
  });
const bit = (t: Emitter, value: Value, n: number): Value => t.and(t.shrU(value, t.i32(n)), t.i32(1));

/** System state that anyone may read: the whole register, or two bytes of memory. */
const tell = (name: string, form: string, value: (t: Emitter) => Value): Description =>
  instruction(name, {
    forms: [form],
    compact: true,
    translate(t, dst) {
      const told = t.let(value(t));
      if (dst!.kind === 'memory') t.memory(dst!.linear(), 2).write(t.cut(2, told));
      else dst!.write(t.toWidth(dst!.width, told));
    },
  });

/** Where the descriptor tables are is no business of a deprivileged program: it reads what Linux tells where UMIP forbids to ask. */
const tellTable = (name: string, form: string, base: bigint): Description =>
  instruction(name, {
    forms: [form],
    compact: true,
    translate(t, dst) {
      const at = t.let(dst!.linear());
      t.memory(t.add(at, t.i64(2n)), 8).write(t.i64(base));
      t.memory(at, 2).write(t.i32(0));
    },
  });

const pushSelector = (segment: number, opcode: string): Description =>
  instruction('push', {
    forms: [`0f ${opcode}`],
    default64: true,
    translate: (t) => t.push(stack(t), t.toWidth(stack(t), selector(t, segment).read())),
  });
const popSelector = (segment: number, opcode: string): Description =>
  instruction('pop', {
    forms: [`0f ${opcode}`],
    default64: true,
    translate(t) {
      const value = t.peek(stack(t));
      t.faultUnless(t.call('loadSegment', 'i32', t.i32(segment), t.toWidth(2, value)));
      t.drop(stack(t));
    },
  });
/** LSS, LFS, LGS: an offset, then a selector. */
const loadPointer = (name: string, segment: number, opcode: string): Description =>
  instruction(name, {
    forms: [`0f ${opcode} /r Gv,M`],
    compact: true,
    translate(t, dst, m) {
      const [offset, which] = pointerAt(t, m!, dst!.width);
      t.faultUnless(t.call('loadSegment', 'i32', t.i32(segment), which));
      dst!.write(offset);
    },
  });
function pointerAt(t: Emitter, m: Place, width: Width): [offset: Value, selector: Value] {
  const offset = t.memory(m.linear(), width).read();
  return [offset, t.memory(t.let(t.add(m.linear(), t.i64(BigInt(width)))), 2).read()];
}

/** CS becomes a code segment of privilege level 3, or #GP. */
function loadCode(t: Emitter, which: Value): void {
  const bad = t.let(t.call('interruptReturn', 'i32', which, selector(t, SS).read()));
  t.if(t.ne(bad, t.i32(-1)), () => t.raise(GENERAL_PROTECTION, bad));
}
/** A transfer takes its privilege level from the current one, not from the selector. */
const requested = (t: Emitter, which: Value): Value => t.or(which, t.i32(3));
function farReturn(t: Emitter, more: AnyPlace | undefined): void {
  const width = far(t);
  const to = t.let(t.toWidth(8, t.peek(width)));
  loadCode(t, t.toWidth(2, t.peek(width, width)));
  const rsp = t.gpr('rsp', 8);
  const extra = t.i64(BigInt(2 * width));
  rsp.write(t.add(rsp.read(), more ? t.add(t.extendU(more.read()), extra) : extra));
  t.jump(to);
}

export const segment: readonly Description[] = [
  query('lar', '02', 0b0001_1010_0000_0100, accessRights),
  query('lsl', '03', 0b0000_1010_0000_0100, limit),
  verify('verr', 4, (t, type) => t.or(t.eqz(bit(t, type, 3)), bit(t, type, 1))),
  verify('verw', 5, (t, type) => t.and(t.eqz(bit(t, type, 3)), bit(t, type, 1))),
  tell('sldt', '0f 00 /0 Ev', (t) => t.i32(0)),
  tell('str', '0f 00 /1 Ev', (t) => t.i32(TASK_SELECTOR)),
  tell('smsw', '0f 01 /4 Ev', (t) =>
    t.or(t.i32(MACHINE_STATUS | 0), t.select(t.context(CONTEXT.taskSwitched, 'i32', 4).read(), t.i32(TASK_SWITCHED), t.i32(0))),
  ),
  tellTable('sgdt', '0f 01 /0 M', 0xfffffffffffe0000n),
  tellTable('sidt', '0f 01 /1 M', 0xffffffffffff0000n),
  pushSelector(FS, 'a0'),
  pushSelector(GS, 'a8'),
  popSelector(FS, 'a1'),
  popSelector(GS, 'a9'),
  loadPointer('lss', SS, 'b2'),
  loadPointer('lfs', FS, 'b4'),
  loadPointer('lgs', GS, 'b5'),
  instruction('retf', { forms: ['cb', 'ca Iw'], sized: true, ends: true, translate: farReturn }),
  instruction('jmp', {
    forms: ['ff /5 M'],
    compact: true,
    ends: true,
    translate(t, m) {
      const [offset, which] = pointerAt(t, m!, far(t));
      loadCode(t, requested(t, which));
      t.jump(t.let(t.toWidth(8, offset)));
    },
  }),
  instruction('call', {
    forms: ['ff /3 M'],
    compact: true,
    ends: true,
    translate(t, m) {
      const width = far(t);
      const [offset, which] = pointerAt(t, m!, width);
      const top = t.let(t.sub(t.gpr('rsp', 8).read(), t.i64(BigInt(2 * width))));
      // Both stores are sure to succeed before CS changes.
      const [to, from] = [t.memory(top, width, true), t.memory(t.let(t.add(top, t.i64(BigInt(width)))), width, true)];
      from.readToWrite();
      to.readToWrite();
      const code = t.let(selector(t, CS).read());
      loadCode(t, requested(t, which));
      t.memory(t.let(t.add(top, t.i64(BigInt(width)))), width, true).write(t.toWidth(width, code));
      t.memory(top, width, true).write(t.wrapTo(width, t.nextRip()));
      t.gpr('rsp', 8).write(top);
      t.jump(t.let(t.toWidth(8, offset)));
    },
  }),
];
