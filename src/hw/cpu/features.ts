/** What CPUID says (SDM vol. 2, CPUID): exactly what the processor can do. */
import { STATE_COMPONENTS, XSTATE_BYTES } from './control-registers.ts';

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
const ECX_1 = { sse3: 0, ssse3: 9, cx16: 13, sse41: 19, sse42: 20, movbe: 22, popcnt: 23, xsave: 26, hypervisor: 31 } as const;
/** Set while the guest kernel has CR4.OSXSAVE set: whoever knows adds it. */
export const ECX_1_OSXSAVE: number = 1 << 27;
const EBX_7 = { fsgsbase: 0 } as const;
const EAX_D_1 = { xsaveopt: 0, xsavec: 1, xgetbv1: 2 } as const;
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
const STRUCTURED_LEAF = 7;
const ADDRESS_SIZES = 0x3028; // 48 virtual, 40 physical

const LEAVES: Readonly<Record<number, CpuidResult>> = {
  0: [0xd, text('Xeno'), text('86  '), text('lith')],
  1: [FAMILY_6_MODEL_15, CLFLUSH_64, bits(ECX_1), bits(EDX_1)],
  [STRUCTURED_LEAF]: [0, bits(EBX_7), 0, 0],
  0x8000_0000: [0x8000_0008, 0, 0, 0],
  0x8000_0001: [0, 0, bits(ECX_8000_0001), bits(EDX_8000_0001)],
  0x8000_0002: [text('Xeno'), text('lith'), text(' emu'), text('late')],
  0x8000_0003: [text('d x8'), text('6-64'), 0, 0],
  0x8000_0004: [0, 0, 0, 0],
  0x8000_0008: [ADDRESS_SIZES, 0, 0, 0],
};

/** What XSAVE manages: its states, and how large their area is, now and at most; then its variants, and the size of the compacted format. */
const XSTATE_LEAF = 0xd;
const XSTATE: readonly CpuidResult[] = [
  [Number(STATE_COMPONENTS), XSTATE_BYTES, XSTATE_BYTES, 0],
  [bits(EAX_D_1), XSTATE_BYTES, 0, 0],
];
const NOTHING: CpuidResult = [0, 0, 0, 0];

/** Leaves and subleaves that do not exist answer zeroes. */
export function cpuFeatures(leaf: number, subleaf: number): CpuidResult {
  if (leaf === XSTATE_LEAF) return XSTATE[subleaf] ?? NOTHING;
  if (leaf === STRUCTURED_LEAF && subleaf !== 0) return NOTHING;
  return LEAVES[leaf >>> 0] ?? NOTHING;
}
