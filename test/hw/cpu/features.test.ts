/** CPUID tells exactly what works: an instruction of every feature that it announces, and what becomes of those that it does not. */
import { describe, expect, test } from 'vitest';
import { CR4 } from '../../../src/hw/cpu/control-registers.ts';
import { cpuFeatures, ECX_1_OSXSAVE } from '../../../src/hw/cpu/features.ts';
import { Bench, DATA } from './harness.ts';

const [EAX, EBX, ECX, EDX] = [0, 1, 2, 3];
const UD = 6;
/** With rbx at 64 aligned bytes, and rcx, rdx and rax zero. */
type Proof = readonly number[] | 'system';

/**
 * By leaf, subleaf, register and bit: its manual's name, and an instruction that exists with it. "system": it has none that a program could run; it is of page
 * tables, machine checks, or the place that everything runs in.
 */
const FEATURES: readonly (readonly [
  leaf: number,
  subleaf: number,
  register: number,
  bits: Readonly<Record<number, readonly [string, Proof]>>,
])[] = [
  [
    1,
    0,
    EDX,
    {
      0: ['FPU', [0xd9, 0xe8]],
      2: ['DE', 'system'],
      4: ['TSC', [0x0f, 0x31]],
      5: ['MSR', 'system'],
      6: ['PAE', 'system'],
      7: ['MCE', 'system'],
      8: ['CX8', [0x0f, 0xc7, 0x0b]],
      11: ['SEP', 'system'],
      15: ['CMOV', [0x0f, 0x44, 0xc1]],
      16: ['PAT', 'system'],
      19: ['CLFSH', [0x0f, 0xae, 0x3b]],
      23: ['MMX', [0x0f, 0xef, 0xc0]],
      24: ['FXSR', [0x0f, 0xae, 0x03]],
      25: ['SSE', [0x0f, 0x58, 0xc0]],
      26: ['SSE2', [0x66, 0x0f, 0x58, 0xc0]],
    },
  ],
  [
    1,
    0,
    ECX,
    {
      0: ['SSE3', [0xf2, 0x0f, 0xd0, 0xc0]],
      9: ['SSSE3', [0x66, 0x0f, 0x38, 0x00, 0xc0]],
      13: ['CX16', [0x48, 0x0f, 0xc7, 0x0b]],
      19: ['SSE4.1', [0x66, 0x0f, 0x38, 0x17, 0xc0]],
      20: ['SSE4.2', [0xf2, 0x0f, 0x38, 0xf1, 0xc0]],
      22: ['MOVBE', [0x0f, 0x38, 0xf0, 0x03]],
      23: ['POPCNT', [0xf3, 0x0f, 0xb8, 0xc0]],
      26: ['XSAVE', [0x0f, 0xae, 0x23]],
      31: ['hypervisor', 'system'],
    },
  ],
  [7, 0, EBX, { 0: ['FSGSBASE', [0xf3, 0x48, 0x0f, 0xae, 0xc0]] }],
  [
    0xd,
    1,
    EAX,
    { 0: ['XSAVEOPT', [0x0f, 0xae, 0x33]], 1: ['XSAVEC', [0x0f, 0xc7, 0x23]], 2: ['XGETBV with 1', [0xff, 0xc1, 0x0f, 0x01, 0xd0]] },
  ],
  [0x8000_0001, 0, ECX, { 0: ['LAHF', [0x9f]] }],
  [
    0x8000_0001,
    0,
    EDX,
    {
      ...Object.fromEntries([0, 2, 4, 5, 6, 7, 8, 15, 16, 23, 24].map((bit) => [bit, ['as in leaf 1', 'system'] as const])),
      11: ['SYSCALL', []],
      20: ['NX', 'system'],
      27: ['RDTSCP', [0x0f, 0x01, 0xf9]],
      29: ['LM', [0x48, 0x89, 0xc0]],
    },
  ],
];

function bench(code: readonly number[]): { vector: number | null; a: bigint; machine: Bench } {
  const machine = new Bench();
  machine.context.cr4 = BigInt(CR4.osxsave | CR4.fsgsbase);
  machine.context.setGpr(3, DATA);
  const exit = machine.run(code);
  return { vector: exit.kind === 'exception' ? exit.vector : exit.kind === 'syscall' ? null : -1, a: machine.context.gpr(0), machine };
}

describe('announced', () => {
  test('every bit has its entry here, and every entry its bit', () => {
    for (const [leaf, subleaf, register, bits] of FEATURES) {
      const told = cpuFeatures(leaf, subleaf)[register]! & ~(leaf === 1 && register === ECX ? ECX_1_OSXSAVE : 0);
      const here = Object.keys(bits).reduce((sum, bit) => (sum | (1 << Number(bit))) >>> 0, 0);
      expect([leaf.toString(16), subleaf, register, (told >>> 0).toString(16)]).toEqual([
        leaf.toString(16),
        subleaf,
        register,
        here.toString(16),
      ]);
    }
  });

  const proofs = FEATURES.flatMap(([, , , bits]) =>
    Object.values(bits).flatMap(([name, proof]) => (proof === 'system' ? [] : [[name, proof] as const])),
  );
  test.each(proofs)('%s', (_, code) => {
    expect(bench(code).vector).toBe(null);
  });
});

describe('not announced', () => {
  test.each([
    ['AVX', [0xc5, 0xf8, 0x58, 0xc0]],
    ['AVX2', [0xc4, 0xe2, 0x7d, 0x18, 0xc0]],
    ['FMA', [0xc4, 0xe2, 0x79, 0x98, 0xc0]],
    ['BMI1: ANDN', [0xc4, 0xe2, 0x78, 0xf2, 0xc0]],
    ['BMI2: PEXT', [0xc4, 0xe2, 0x7a, 0xf5, 0xc0]],
    ['F16C', [0xc4, 0xe2, 0x79, 0x13, 0xc0]],
    ['AVX-512', [0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc0]],
    ['AES', [0x66, 0x0f, 0x38, 0xdc, 0xc0]],
    ['PCLMULQDQ', [0x66, 0x0f, 0x3a, 0x44, 0xc0, 0x00]],
    ['SHA', [0x0f, 0x38, 0xc8, 0xc0]],
    ['ADX', [0x66, 0x0f, 0x38, 0xf6, 0xc0]],
    ['RDRAND', [0x0f, 0xc7, 0xf0]],
    ['RDSEED', [0x0f, 0xc7, 0xf8]],
    ['RDPID', [0xf3, 0x0f, 0xc7, 0xf8]],
    ['CLFLUSHOPT', [0x66, 0x0f, 0xae, 0x3b]],
    ['CLWB', [0x66, 0x0f, 0xae, 0x33]],
    ['PTWRITE', [0xf3, 0x0f, 0xae, 0xe0]],
    ['XSAVES', [0x0f, 0xc7, 0x2b]],
    ['XRSTORS', [0x0f, 0xc7, 0x1b]],
    ['MONITOR', [0x0f, 0x01, 0xc8]],
    ['MWAIT', [0x0f, 0x01, 0xc9]],
    ['MONITORX', [0x0f, 0x01, 0xfa]],
    ['VMCALL', [0x0f, 0x01, 0xc1]],
    ['STAC', [0x0f, 0x01, 0xcb]],
    ['SSE4a', [0x66, 0x0f, 0x79, 0xc0]],
    ['3DNow!', [0x0f, 0x0f, 0xc0, 0x9e]],
    ['MOVDIRI', [0x0f, 0x38, 0xf9, 0x03]],
    ['INVPCID', [0x66, 0x0f, 0x38, 0x82, 0x03]],
    ['RDPKRU', [0x0f, 0x01, 0xee]],
  ])('%s is #UD', (_, code) => {
    expect(bench(code).vector).toBe(UD);
  });

  test('and is counted by opcode', () => {
    const { machine } = bench([0x0f, 0xc7, 0xf0]);
    expect([...machine.machine.undefinedOpcodes]).toEqual([['0f c7', 1]]);
  });

  // bsr eax, ecx of 0x10: 4 where LZCNT would tell 27; bsf leaves what it had for zero where TZCNT would tell 32.
  test.each([
    ['LZCNT runs as BSR', [0xb9, 0x10, 0, 0, 0, 0xf3, 0x0f, 0xbd, 0xc1], 4n],
    ['TZCNT runs as BSF', [0xb8, 7, 0, 0, 0, 0xf3, 0x0f, 0xbc, 0xc1], 7n],
    ['WBNOINVD as WBINVD, which is privileged', [0xf3, 0x0f, 0x09], null],
    ['PREFETCHW as a NOP', [0xb8, 7, 0, 0, 0, 0x0f, 0x0d, 0x0b], 7n],
    ['ENDBR64 as a NOP', [0xb8, 7, 0, 0, 0, 0xf3, 0x0f, 0x1e, 0xfa], 7n],
    ['RDSSP as a NOP', [0xb8, 7, 0, 0, 0, 0xf3, 0x48, 0x0f, 0x1e, 0xc8], 7n],
    ['XACQUIRE LOCK as LOCK', [0xb8, 7, 0, 0, 0, 0xf2, 0xf0, 0x01, 0x03], 7n],
  ] as const)('%s', (_, code, a) => {
    const ran = bench(code);
    expect([ran.vector, a === null ? null : ran.a]).toEqual(a === null ? [-1, null] : [null, a]);
  });
});
