/** Selectors, descriptors and far transfers (SDM vol. 2). All privilege levels here are 3: what would change them is #GP. */
import { CR4 } from '../control-registers.ts';
import { CONTEXT } from '../layout.ts';
import { SEGMENT, type Emitter, type Place, type Value, type Width } from './emitter.ts';
import { instruction, type AnyPlace, type Description } from './instruction.ts';
import { needCr4 } from './xsave.ts';

const GENERAL_PROTECTION = 13;
const { es: ES, cs: CS, ss: SS, ds: DS, fs: FS, gs: GS } = SEGMENT;
/** Xen's task register and CR0, as guests see them: nothing hides them from user mode. */
const TASK_SELECTOR = 0xe040;
const MACHINE_STATUS = 0x80050033;
const TASK_SWITCHED = 8;
/** With the number of a segment: it is not MOV SS or POP SS, which hold back debug exceptions for an instruction. */
export const NO_SHADOW = 8;

const selector = (t: Emitter, segment: number): ReturnType<Emitter['context']> => t.context(CONTEXT.selectors + 2 * segment, 'i32', 2);
const far = (t: Emitter): 2 | 4 | 8 => t.operandSize as 2 | 4 | 8;
/** In compatibility mode a new segment may change how all code after it is to be read. */
function goOn(t: Emitter): void {
  if (!t.long) t.jump(t.nextRip());
}

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
      if (dst!.kind === 'memory') t.memory(dst!.linear(), 2, t.operandBase()).write(t.cut(2, told));
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
      const width = t.long ? 8 : 4;
      t.strictly(at, 2).readToWrite();
      t.strictly(t.addressIn(dst!, 2, width), width).write(t.constant(width, base));
      t.strictly(at, 2).write(t.i32(0));
    },
  });

type Size = Pick<Description, 'only'>;
/** PUSH and POP of a segment register. What only compatibility mode has has one byte. */
const pushSelector = (segment: number, opcode: string, size: Size = {}): Description =>
  instruction('push', {
    forms: [opcode],
    default64: true,
    ...size,
    translate: (t) => t.push(t.operandSize, t.toWidth(t.operandSize, selector(t, segment).read())),
  });
const popSelector = (segment: number, opcode: string, size: Size = {}): Description =>
  instruction('pop', {
    forms: [opcode],
    default64: true,
    ...size,
    translate(t) {
      const value = t.peek(t.operandSize);
      const to = t.stackOffset(t.stackPointer(), t.operandSize);
      t.faultUnless(t.call('loadSegment', 'i32', t.i32(segment), t.toWidth(2, value)));
      t.setStackPointer(to);
      goOn(t);
    },
  });
/** LES, LDS, LSS, LFS, LGS: an offset, then a selector. */
const loadPointer = (name: string, segment: number, form: string, size: Size = {}): Description =>
  instruction(name, {
    forms: [form],
    compact: true,
    ...size,
    translate(t, dst, m) {
      const [offset, which] = pointerAt(t, m!, dst!.width);
      t.faultUnless(t.call('loadSegment', 'i32', t.i32(segment | NO_SHADOW), which));
      dst!.write(offset);
      goOn(t);
    },
  });
function pointerAt(t: Emitter, m: Place, width: Width): [offset: Value, selector: Value] {
  const offset = t.memory(t.addressIn(m, 0, width), width, t.operandBase()).read();
  return [offset, t.memory(t.addressIn(m, width, 2), 2, t.operandBase()).read()];
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
  const extra = t.constant(t.long ? 8 : 4, BigInt(2 * width));
  const top = t.let(t.add(t.stackPointer(), more ? t.add(t.toWidth(t.long ? 8 : 4, more.read()), extra) : extra));
  loadCode(t, t.toWidth(2, t.peek(width, width)));
  t.setStackPointer(top);
  t.jump(to);
}
function farJump(t: Emitter, offset: Value, which: Value): void {
  loadCode(t, requested(t, which));
  t.jump(t.let(t.toWidth(8, offset)));
}
function farCall(t: Emitter, offset: Value, which: Value): void {
  const width = far(t);
  const middle = t.stackOffset(t.stackPointer(), -width);
  const top = t.stackOffset(middle, -width);
  // Both stores are sure to succeed before CS changes.
  t.strictlyOnStack(middle, width).readToWrite();
  t.strictlyOnStack(top, width).readToWrite();
  const code = t.let(selector(t, CS).read());
  const [low, high] = [t.address(SS, top, width), t.address(SS, middle, width)];
  loadCode(t, requested(t, which));
  t.memory(high, width, true).write(t.toWidth(width, code));
  t.memory(low, width, true).write(t.wrapTo(width, t.nextRip()));
  t.setStackPointer(top);
  t.jump(t.let(t.toWidth(8, offset)));
}
/** An offset and a selector in the instruction itself. */
const parts = (t: Emitter, pointer: Place): [offset: Value, selector: Value] => {
  const both = pointer.read();
  return [t.wrap(both), t.let(t.wrap(t.shrU(both, t.i64(32n))))];
};

/** RDFSBASE and its like: registers only, and #UD unless the system has them. */
const segmentBase = (name: string, digit: number, translate: Description['translate']): Description =>
  instruction(name, {
    forms: [`F3 0f ae /${digit} Ry`],
    only: 64,
    translate(t, register) {
      needCr4(t, CR4.fsgsbase);
      translate(t, register!);
    },
  });
const readBase =
  (field: number): Description['translate'] =>
  (t, dst) =>
    dst!.write(t.wrapTo(dst!.width, t.context(field, 'i64', 8).read()));
const writeBase =
  (field: number): Description['translate'] =>
  (t, src) => {
    const base = t.let(t.extendU(src!.read()));
    const upper = t.let(t.shrS(base, t.i64(47n)));
    t.if(t.geU(t.add(upper, t.i64(1n)), t.i64(2n)), () => t.raise(GENERAL_PROTECTION));
    t.context(field, 'i64', 8).write(base);
  };

export const segment: readonly Description[] = [
  segmentBase('rdfsbase', 0, readBase(CONTEXT.fsBase)),
  segmentBase('rdgsbase', 1, readBase(CONTEXT.gsBase)),
  segmentBase('wrfsbase', 2, writeBase(CONTEXT.fsBase)),
  segmentBase('wrgsbase', 3, writeBase(CONTEXT.gsBase)),
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
  pushSelector(FS, '0f a0'),
  pushSelector(GS, '0f a8'),
  popSelector(FS, '0f a1'),
  popSelector(GS, '0f a9'),
  pushSelector(ES, '06', { only: 32 }),
  pushSelector(CS, '0e', { only: 32 }),
  pushSelector(SS, '16', { only: 32 }),
  pushSelector(DS, '1e', { only: 32 }),
  popSelector(ES, '07', { only: 32 }),
  popSelector(SS, '17', { only: 32 }),
  popSelector(DS, '1f', { only: 32 }),
  loadPointer('lss', SS, '0f b2 /r Gv,M'),
  loadPointer('lfs', FS, '0f b4 /r Gv,M'),
  loadPointer('lgs', GS, '0f b5 /r Gv,M'),
  loadPointer('les', ES, 'c4 /r Gv,M', { only: 32 }),
  loadPointer('lds', DS, 'c5 /r Gv,M', { only: 32 }),
  instruction('mov', {
    forms: ['8e /r Sw,Ew'],
    translate(t, dst, src) {
      t.faultUnless(t.call('loadSegment', 'i32', t.segmentIndex(dst!), src!.read()));
      goOn(t);
    },
  }),
  instruction('retf', { forms: ['cb', 'ca Iw'], sized: true, ends: true, translate: farReturn }),
  instruction('jmp', { forms: ['ff /5 M'], compact: true, ends: true, translate: (t, m) => farJump(t, ...pointerAt(t, m!, far(t))) }),
  instruction('call', { forms: ['ff /3 M'], compact: true, ends: true, translate: (t, m) => farCall(t, ...pointerAt(t, m!, far(t))) }),
  instruction('jmp', { forms: ['ea Ap'], only: 32, sized: true, ends: true, translate: (t, to) => farJump(t, ...parts(t, to!)) }),
  instruction('call', { forms: ['9a Ap'], only: 32, sized: true, ends: true, translate: (t, to) => farCall(t, ...parts(t, to!)) }),
];
