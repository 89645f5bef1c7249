/** What CPUID says (SDM vol. 2, CPUID): exactly what the processor can do. */
export type CpuidResult = readonly [eax: number, ebx: number, ecx: number, edx: number];

const EDX_1 = {
  fpu: 0,
  de: 2,
  tsc: 4,
  msr: 5,
  pae: 6,
  mce: 7,
  cx8: 8,
  sep: 11,
  cmov: 15,
  pat: 16,
  clflush: 19,
  mmx: 23,
  fxsr: 24,
  sse: 25,
  sse2: 26,
} as const;
const ECX_1 = { sse3: 0, ssse3: 9, cx16: 13, sse41: 19, sse42: 20, movbe: 22, popcnt: 23, hypervisor: 31 } as const;
const EDX_8000_0001 = {
  fpu: 0,
  de: 2,
  tsc: 4,
  msr: 5,
  pae: 6,
  mce: 7,
  cx8: 8,
  syscall: 11,
  cmov: 15,
  pat: 16,
  nx: 20,
  mmx: 23,
  fxsr: 24,
  rdtscp: 27,
  lm: 29,
} as const;
const ECX_8000_0001 = { lahf: 0 } as const;

const bits = (table: Readonly<Record<string, number>>): number => Object.values(table).reduce((sum, bit) => (sum | (1 << bit)) >>> 0, 0);
const text = (four: string): number => [...four].reduce((sum, char, i) => (sum | (char.charCodeAt(0) << (8 * i))) >>> 0, 0);

const FAMILY_6_MODEL_15 = 0x6f0;
const CLFLUSH_64 = 0x800;
const ADDRESS_SIZES = 0x3028; // 48 virtual, 40 physical

const LEAVES: Readonly<Record<number, CpuidResult>> = {
  0: [1, text('Xeno'), text('86  '), text('lith')],
  1: [FAMILY_6_MODEL_15, CLFLUSH_64, bits(ECX_1), bits(EDX_1)],
  0x8000_0000: [0x8000_0008, 0, 0, 0],
  0x8000_0001: [0, 0, bits(ECX_8000_0001), bits(EDX_8000_0001)],
  0x8000_0002: [text('Xeno'), text('lith'), text(' emu'), text('late')],
  0x8000_0003: [text('d x8'), text('6-64'), 0, 0],
  0x8000_0004: [0, 0, 0, 0],
  0x8000_0008: [ADDRESS_SIZES, 0, 0, 0],
};

/** Leaves that do not exist answer zeroes. */
export function cpuFeatures(leaf: number, _subleaf: number): CpuidResult {
  return LEAVES[leaf >>> 0] ?? [0, 0, 0, 0];
}
