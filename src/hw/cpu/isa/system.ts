/** Flags, no-operations, system calls, and the instructions that only the hypervisor may carry out (SDM vol. 2 and 3). */
import { CR4 } from '../control-registers.ts';
import { CONTEXT } from '../layout.ts';
import { SEGMENT, type Emitter, type Place, type Value } from './emitter.ts';
import { instruction, type Description } from './instruction.ts';

const UNDEFINED_OPCODE = 6;
const GENERAL_PROTECTION = 13;
const DEBUG = 1;
/** RF, which only a return from an interrupt can set. */
const RESUME = 0x1_0000;
const carry = (change: (t: Emitter) => void): Description['translate'] => change;
const nothing: Description['translate'] = () => {};

function compareExchange8(t: Emitter, m: Place): void {
  const join = (high: Value, low: Value): Value => t.let(t.or(t.shl(t.extendU(high), t.i64(32n)), t.extendU(low)));
  const expected = join(t.gpr('rdx', 4).read(), t.gpr('rax', 4).read());
  const replacement = join(t.gpr('rcx', 4).read(), t.gpr('rbx', 4).read());
  const old = m.readToWrite();
  const equal = t.let(t.eq(old, expected));
  m.write(t.select(equal, replacement, old));
  t.if(t.eqz(equal), () => {
    t.gpr('rax', 4).write(t.wrap(old));
    t.gpr('rdx', 4).write(t.wrap(t.shrU(old, t.i64(32n))));
  });
  t.writeFlag('z', t.extendU(t.eqz(equal)));
}

function compareExchange16(t: Emitter, address: Value): void {
  t.if(t.ne(t.and(address, t.i64(15n)), t.i64(0n)), () => t.raise(GENERAL_PROTECTION, t.i32(0)));
  const low = t.strictly(address, 8);
  const high = t.strictly(t.let(t.add(address, t.i64(8n))), 8);
  const oldLow = low.readToWrite();
  const oldHigh = high.readToWrite();
  const equal = t.let(t.and(t.eq(oldLow, t.gpr('rax', 8).read()), t.eq(oldHigh, t.gpr('rdx', 8).read())));
  low.write(t.select(equal, t.gpr('rbx', 8).read(), oldLow));
  high.write(t.select(equal, t.gpr('rcx', 8).read(), oldHigh));
  t.if(t.eqz(equal), () => {
    t.gpr('rax', 8).write(oldLow);
    t.gpr('rdx', 8).write(oldHigh);
  });
  t.writeFlag('z', t.extendU(t.eqz(equal)));
}

/** CR4.TSD makes reading the time privileged. */
function timeStamp(t: Emitter): void {
  t.if(t.and(t.context(CONTEXT.cr4, 'i32', 4).read(), t.i32(CR4.timeStampDisable)), () => t.leave('privileged'));
}

/** Trapped before they have any effect, whatever the operands. */
const PRIVILEGED: Readonly<Record<string, readonly string[]>> = {
  cli: ['fa'],
  sti: ['fb'],
  hlt: ['f4'],
  in: ['e4 AL,Ib', 'e5 eAX,Ib', 'ec AL,DX', 'ed eAX,DX'],
  out: ['e6 Ib,AL', 'e7 Ib,eAX', 'ee DX,AL', 'ef DX,eAX'],
  ins: ['6c b', '6d v'],
  outs: ['6e b', '6f v'],
  mov: ['0f 20 /r Rq,Cq', '0f 22 /r Cq,Rq', '0f 21 /r Rq,Dq', '0f 23 /r Dq,Rq'],
  rdmsr: ['0f 32'],
  wrmsr: ['0f 30'],
  rdpmc: ['0f 33'],
  clts: ['0f 06'],
  invd: ['0f 08'],
  wbinvd: ['0f 09'],
  sysret: ['0f 07'],
  sysexit: ['0f 35'],
  xsetbv: ['NP 0f 01 d1'],
  lgdt: ['0f 01 /2 M'],
  lidt: ['0f 01 /3 M'],
  lmsw: ['0f 01 /6 Ew'],
  invlpg: ['0f 01 /7 M'],
  lldt: ['0f 00 /2 Ew'],
  ltr: ['0f 00 /3 Ew'],
};

export const system: readonly Description[] = [
  // Before NOP, which has the rest of their opcode.
  ...['nta', 't0', 't1', 't2'].map((hint, digit) =>
    instruction(`prefetch${hint}`, { forms: [`0f 18 /${digit} Mb`], compact: true, translate: nothing }),
  ),
  instruction('nop', {
    forms: [
      '0f 1f /0 Ev',
      '0f 1f /r Ev',
      '0f 18 /r Ev',
      '0f 19 /r Ev',
      '0f 0d /r M',
      '0f 1a /r Ev',
      '0f 1b /r Ev',
      '0f 1c /r Ev',
      '0f 1d /r Ev',
      '0f 1e /r Ev',
    ],
    translate: nothing,
  }),
  instruction('pause', { forms: ['F3 90'], translate: nothing }),
  instruction('nop', { forms: ['NP 90'], translate: nothing }),
  instruction('lfence', { forms: ['NP 0f ae /5 Rd'], translate: nothing }),
  instruction('mfence', { forms: ['NP 0f ae /6 Rd'], translate: nothing }),
  instruction('sfence', { forms: ['NP 0f ae /7 Rd'], translate: nothing }),
  instruction('clflush', { forms: ['NP 0f ae /7 Mb'], translate: (_t, m) => void m!.read() }),
  instruction('clc', { forms: ['f8'], translate: carry((t) => t.writeFlag('c', t.i32(0))) }),
  instruction('stc', { forms: ['f9'], translate: carry((t) => t.writeFlag('c', t.i32(1))) }),
  instruction('cmc', { forms: ['f5'], translate: carry((t) => t.writeFlag('c', t.eqz(t.readFlag('c')))) }),
  instruction('cld', { forms: ['fc'], translate: (t) => t.setDirection(0) }),
  instruction('std', { forms: ['fd'], translate: (t) => t.setDirection(1) }),
  instruction('pushf', {
    forms: ['9c'],
    default64: true,
    translate: (t) => t.push(t.operandSize, t.toWidth(t.operandSize, t.let(t.call('readFlags', 'i32')))),
  }),
  instruction('popf', {
    forms: ['9d'],
    default64: true,
    translate(t) {
      const width = t.operandSize;
      const value = t.peek(width);
      t.drop(width);
      t.do(t.call('writeFlags', null, t.and(t.wrap(value), t.i32(~RESUME)), t.i32(width === 2 ? 0xffff : -1)));
      t.stepFrom(t.nextRip());
    },
  }),
  instruction('lahf', { forms: ['9f'], translate: (t) => t.high('rax').write(t.and(t.call('readFlags', 'i32'), t.i32(0xff))) }),
  instruction('sahf', { forms: ['9e'], translate: (t) => t.do(t.call('writeFlags', null, t.high('rax').read(), t.i32(0xd5))) }),
  instruction('cpuid', { forms: ['0f a2'], translate: (t) => t.do(t.call('cpuid', null)) }),
  instruction('rdtsc', {
    forms: ['0f 31'],
    translate(t) {
      timeStamp(t);
      const now = t.let(t.call('tsc', 'i64', t.instructionsLeft()));
      t.gpr('rax', 4).write(t.wrap(now));
      t.gpr('rdx', 4).write(t.wrap(t.shrU(now, t.i64(32n))));
    },
  }),
  instruction('rdtscp', {
    forms: ['0f 01 f9'],
    translate(t) {
      timeStamp(t);
      const now = t.let(t.call('tsc', 'i64', t.instructionsLeft()));
      t.gpr('rax', 4).write(t.wrap(now));
      t.gpr('rdx', 4).write(t.wrap(t.shrU(now, t.i64(32n))));
      t.gpr('rcx', 4).write(t.i32(0));
    },
  }),
  instruction('syscall', {
    forms: ['0f 05'],
    ends: true,
    translate(t) {
      t.gpr('rcx', 8).write(t.nextRip());
      t.gpr('r11', 8).write(t.extendU(t.call('readFlags', 'i32')));
      t.leave('syscall');
    },
  }),
  instruction('sysenter', { forms: ['0f 34'], ends: true, translate: (t) => t.leave('sysenter') }),
  instruction('int3', { forms: ['cc'], ends: true, translate: (t) => t.leave('trap') }),
  instruction('int1', { forms: ['f1'], ends: true, translate: (t) => t.leave('trap', DEBUG) }),
  instruction('int', { forms: ['cd Ib'], ends: true, translate: (t) => t.leave('interrupt') }),
  instruction('ud2', { forms: ['0f 0b'], ends: true, translate: (t) => t.raise(UNDEFINED_OPCODE) }),
  instruction('iretq', {
    forms: ['cf'],
    ends: true,
    translate(t) {
      // Same privilege only: CS and SS keep RPL 3, and in compatibility mode there are no RSP and SS. The helper checks the selectors.
      const width = t.operandSize;
      const word = (i: number): Value => t.let(t.toWidth(8, t.peek(width, i * width)));
      const [rip, cs, flags] = [word(0), word(1), word(2)];
      const rsp = t.long ? word(3) : t.stackOffset(t.stackPointer(), 3 * width);
      const ss = t.long ? t.wrap(word(4)) : t.context(CONTEXT.selectors + 2 * SEGMENT.ss, 'i32', 2).read();
      const bad = t.let(t.call('interruptReturn', 'i32', t.wrap(cs), ss));
      t.if(t.ne(bad, t.i32(-1)), () => t.raise(13, bad));
      t.do(t.call('writeFlags', null, t.wrap(flags), t.i32(width === 2 ? 0xffff : -1)));
      t.setStackPointer(rsp);
      t.stepFrom(rip);
      t.jump(rip);
    },
  }),
  instruction('mov', {
    forms: ['8c /r Ev,Sw'],
    // Two bytes of memory, whatever the operand size.
    translate: (t, dst, src) => {
      if (dst!.kind === 'memory') t.memory(dst!.linear(), 2, t.operandBase()).write(t.cut(2, src!.read()));
      else dst!.write(t.toWidth(dst!.width, src!.read()));
    },
  }),
  // With REX.W it is CMPXCHG16B, which wants 16-byte alignment and so never lies on two pages.
  instruction('cmpxchg8b', {
    forms: ['0f c7 /1 M'],
    lockable: true,
    translate(t, m) {
      if (t.operandSize === 8) compareExchange16(t, m!.linear());
      else compareExchange8(t, t.memory(t.addressIn(m!, 0, 8), 8, t.operandBase()));
    },
  }),
  instruction('swapgs', { forms: ['0f 01 f8'], only: 64, translate: (t) => t.leave('privileged') }),
  ...Object.entries(PRIVILEGED).map(([name, forms]) =>
    instruction(name, { forms, repeatable: name === 'ins' || name === 'outs', translate: (t) => t.leave('privileged') }),
  ),
];
