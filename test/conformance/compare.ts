/**
 * Differential test against the processor this runs on: random cases of every integer form through `silicon` (see silicon.c) and through the
 * interpreter. Run by hand: gcc -O1 -static -o /tmp/silicon test/conformance/silicon.c && node test/conformance/compare.ts /tmp/silicon [cases per form] [seed]
 */
import { spawnSync } from 'node:child_process';
import { FORMS, type Form } from '../../src/hw/cpu/decode/table.ts';
import { createMachine } from '../../src/hw/machine.ts';

const [runner = '/tmp/silicon', casesText = '60', seedText = '1'] = process.argv.slice(2);
const CASES = Number(casesText);
const DATA = 0x10000000n;
const CODE = 0x1000n;
const SKIPPED = new Set([
  'push',
  'pop',
  'leave',
  'enter',
  'call',
  'ret',
  'jmp',
  'jcc',
  'loop',
  'loope',
  'loopne',
  'jrcxz',
  'syscall',
  'int',
  'int3',
  'ud2',
  'iretq',
  'cpuid',
  'rdtsc',
  'rdtscp',
  'fxsave',
  'fxrstor',
  'ldmxcsr',
  'stmxcsr',
  'popf',
  'pushf',
  'xlat',
  'std',
  'clflush',
]);
const PRIVILEGED =
  /^(cli|sti|hlt|in|out|ins|outs|rdmsr|wrmsr|rdpmc|clts|invd|wbinvd|sysret|swapgs|xsetbv|monitor|mwait|lgdt|lidt|lmsw|invlpg|lldt|ltr)$/;

let seed = Number(seedText) >>> 0;
function random(n: number): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * n);
}
const EDGES = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffffffffffffffn,
];
function value(): bigint {
  if (random(2)) return EDGES[random(EDGES.length)]!;
  return (BigInt(random(0x10000)) << 48n) | (BigInt(random(0x10000)) << 32n) | (BigInt(random(0x10000)) << 16n) | BigInt(random(0x10000));
}

interface Case {
  readonly form: Form;
  readonly code: number[];
  readonly regs: bigint[];
  readonly flags: bigint;
  readonly memory: Uint8Array;
}

function makeCase(form: Form): Case {
  const code: number[] = [];
  const size66 = random(4) === 0;
  const wide = random(3) === 0;
  const lock = false;
  if (lock) code.push(0xf0);
  if (form.prefix === '66' || (size66 && form.prefix !== 'NP')) code.push(0x66);
  if (form.prefix === 'F2') code.push(0xf2);
  if (form.prefix === 'F3') code.push(0xf3);
  let rep = false;
  if (form.description.repeatable && random(2)) {
    code.push(random(2) ? 0xf3 : 0xf2);
    rep = true;
  }
  const rexBits = random(3) === 0 ? random(4) : 0; // R and B through extended registers below
  const rex = 0x40 | (wide ? 8 : 0) | (rexBits & 1 ? 4 : 0) | (rexBits & 2 ? 1 : 0);
  const memory = form.modrm && (form.operands.some(({ memoryOnly }) => memoryOnly) || random(2) === 0);
  const extendBase = !memory && (rex & 1) !== 0;
  const usedRex = memory ? rex & ~1 : rex;
  if (usedRex !== 0x40 || random(4) === 0) code.push(usedRex);
  if (form.map > 0) code.push(0x0f);
  if (form.map === 2) code.push(0x38);
  if (form.map === 3) code.push(0x3a);
  const notRsp = (extended: boolean): number => {
    for (;;) {
      const r = random(8);
      if (r !== 4 || extended) return r;
    }
  };
  const inOpcode = form.operands.some(({ source }) => source === 'opcode');
  code.push(form.opcode + (form.conditional ? random(16) : inOpcode ? notRsp(extendBase || (usedRex & 1) !== 0) : 0));
  const byteReg = form.operands.some(({ source, size }) => source === 'reg' && size === 1);
  if (form.exact >= 0) code.push(form.exact);
  else if (form.modrm) {
    const reg = form.digit >= 0 ? form.digit : byteReg ? random(8) : notRsp((usedRex & 4) !== 0);
    const byteRegSafe = byteReg && usedRex !== 0x40 && code.includes(usedRex) && reg === 4 && (usedRex & 4) === 0 ? 0 : reg;
    if (memory) code.push(0x40 | (byteRegSafe << 3) | 3, 8 * random(12));
    else code.push(0xc0 | (byteRegSafe << 3) | notRsp((usedRex & 1) !== 0));
  }
  const operandSize = wide ? 8 : size66 && form.prefix !== 'NP' && form.prefix !== '66' ? 2 : 4;
  for (const { source, size, signed } of form.operands) {
    if (source !== 'immediate') continue;
    const bytes = signed ? 1 : size === 'z' ? (operandSize === 2 ? 2 : 4) : size === 'v' ? operandSize : (size as number);
    const v = value();
    for (let i = 0; i < bytes; i++) code.push(Number((v >> BigInt(8 * i)) & 0xffn));
  }
  const regs = Array.from({ length: 16 }, value);
  regs[3] = memory ? DATA + 64n : regs[3]!;
  if (form.stringWidth) {
    regs[6] = DATA + BigInt(random(100));
    regs[7] = DATA + BigInt(100 + random(50));
    if (rep) regs[1] = BigInt(random(6));
  }
  if (memory && form.description.name.startsWith('bt') && form.operands[1]!.source === 'reg')
    for (let i = 0; i < 16; i++) if (i !== 3) regs[i] = BigInt(random(256));
  regs[4] = 0n;
  const memoryBytes = Uint8Array.from({ length: 256 }, () => random(256));
  for (let i = 0; i < 256; i += 8) if (random(2)) new DataView(memoryBytes.buffer).setBigUint64(i, value(), true);
  return { form, code, regs, flags: 0x202n | BigInt(random(0x1000) & 0x8d5), memory: memoryBytes };
}

/** Flags that the manual leaves undefined, and that are therefore not compared. CF 1, PF 4, AF 10, ZF 40, SF 80, OF 800. */
function undefinedFlags(name: string, count: number, width: number): number {
  switch (name) {
    case 'and':
    case 'or':
    case 'xor':
    case 'test':
      return 0x10;
    case 'mul':
    case 'imul':
      return 0xd4;
    case 'div':
    case 'idiv':
      return 0x8d5;
    case 'bt':
    case 'bts':
    case 'btr':
    case 'btc':
      return 0x894;
    case 'bsf':
    case 'bsr':
      return 0x895;
    case 'rol':
    case 'ror':
    case 'rcl':
    case 'rcr':
      return count === 1 ? 0 : 0x800;
    case 'shl':
    case 'shr':
    case 'sar':
      return count === 0 ? 0 : 0x10 | (count === 1 ? 0 : 0x800) | (count >= width * 8 ? 1 : 0);
    case 'shld':
    case 'shrd':
      return count === 0 ? 0 : 0x10 | (count === 1 ? 0 : 0x800) | (count > width * 8 ? 0x8d5 : 0);
    default:
      return 0;
  }
}

const cases = FORMS.filter(
  ({ description: { name }, operands }) =>
    !SKIPPED.has(name) &&
    !PRIVILEGED.test(name) &&
    !operands.some(({ source }) => ['segment', 'moffs', 'xmm-reg', 'xmm-rm', 'other', 'branch'].includes(source)),
).flatMap((form) => Array.from({ length: CASES }, () => makeCase(form)));
const input = Buffer.alloc(cases.length * 408);
cases.forEach(({ code, regs, flags, memory }, i) => {
  const at = i * 408;
  input.set(code, at);
  input[at + 15] = code.length;
  regs.forEach((reg, r) => input.writeBigUInt64LE(reg, at + 16 + 8 * r));
  input.writeBigUInt64LE(flags, at + 144);
  input.set(memory, at + 152);
});
const silicon = spawnSync(runner, { input, maxBuffer: 1 << 30 }).stdout;
if (silicon.length !== cases.length * 400) throw new Error(`the runner answered ${silicon.length} bytes, not ${cases.length * 400}`);

const machine = createMachine({ memoryBytes: 16 << 20, cpus: 1, clock: 'virtual' });
const { memory } = machine;
const entry = (frame: number, index: number, target: number): void =>
  memory.view.setBigUint64(memory.address(frame) + index * 8, (BigInt(target) << 12n) | 7n, true);
entry(1, 0, 2);
entry(2, 0, 3);
entry(3, 0, 4);
entry(3, 0x80, 5);
entry(4, 1, 6);
entry(5, 0, 7);
entry(5, 1, 8);
const context = machine.newContext();
context.setRoot('kernel', 1);
const cpu = machine.cpus[0]!;
cpu.switchTo(context, { permits: () => true, protectedStore: () => false, descriptor: () => null, cpuid: () => [0, 0, 0, 0] });

const failures = new Map<string, { count: number; first: string }>();
cases.forEach((testCase, i) => {
  const { form, code, regs, flags } = testCase;
  const at = i * 400;
  const frame = memory.frame(6);
  frame.fill(0x90);
  frame.set(code);
  cpu.dropCode(6);
  memory.frame(7).fill(0);
  memory.frame(7).set(testCase.memory);
  regs.forEach((reg, r) => context.setGpr(r, reg));
  context.rflags = flags;
  context.rip = CODE;
  let exit = cpu.run(1);
  while (exit.kind === 'budget' && context.rip === CODE) exit = cpu.run(1);
  const fault = Number(silicon.readBigUInt64LE(at + 392));
  const problems: string[] = [];
  if ((exit.kind === 'exception') !== (fault !== 0))
    problems.push(`exit ${JSON.stringify(exit, (_, v) => (typeof v === 'bigint' ? String(v) : v))} silicon signal ${fault}`);
  if (fault === 0 && exit.kind === 'budget') {
    if (context.rip !== CODE + BigInt(code.length)) problems.push(`length ${context.rip - CODE} want ${code.length}`);
    for (let r = 0; r < 16; r++) {
      if (r === 4) continue;
      const want = silicon.readBigUInt64LE(at + 8 * r);
      if (context.gpr(r) !== want) problems.push(`r${r} ${context.gpr(r).toString(16)} want ${want.toString(16)}`);
    }
    const width = code.includes(0x66) ? 2 : 4;
    const countSource = form.operands.at(-1);
    const big = code.some((b) => (b & 0xf8) === 0x48);
    const opWidth = form.operands[0]?.size === 1 ? 1 : big ? 8 : width;
    const raw = countSource?.source === 'one' ? 1 : countSource?.source === 'fixed' ? Number(regs[1]! & 0xffn) : code.at(-1)!;
    const mask = 0x8d5 & ~undefinedFlags(form.description.name, raw & (opWidth === 8 ? 63 : 31), opWidth);
    const want = Number(silicon.readBigUInt64LE(at + 128)) & mask;
    const got = Number(context.rflags) & mask;
    if (want !== got) problems.push(`flags ${got.toString(16)} want ${want.toString(16)}`);
    const wantMemory = silicon.subarray(at + 136, at + 392);
    if (Buffer.compare(wantMemory, Buffer.from(memory.frame(7).subarray(0, 256))) !== 0) problems.push('memory');
  }
  if (problems.length === 0) return;
  const key = `${form.description.name} [${form.text}]`;
  const known = failures.get(key);
  const text = `${code.map((b) => b.toString(16).padStart(2, '0')).join(' ')}: ${problems.join('; ')} (flags in ${flags.toString(16)}, rcx ${regs[1]!.toString(16)}, rax ${regs[0]!.toString(16)})`;
  if (known) known.count++;
  else failures.set(key, { count: 1, first: text });
});
for (const [key, { count, first }] of failures) console.log(`${key}: ${count} differ; ${first}`);
console.log(`${cases.length} cases, ${[...failures.values()].reduce((sum, { count }) => sum + count, 0)} differ`);
process.exit(failures.size === 0 ? 0 : 1);
