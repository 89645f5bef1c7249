/** cpuid= as libxl reads it (libxl_cpuid.c): "host,flag=value,…", or a list of leaves with their registers. */

export interface CpuidLeaf {
  readonly leaf: number;
  readonly subleaf?: number;
  readonly eax?: string;
  readonly ebx?: string;
  readonly ecx?: string;
  readonly edx?: string;
}

type Register = 'ebx' | 'ecx' | 'edx';

/** Names by bit, from bit 0; `-` has no name. */
function flags(leaf: number, register: Register, names: string, subleaf?: number): readonly (readonly [string, Flag])[] {
  return names
    .split(/\s+/)
    .flatMap((name, bit) => (name === '-' ? [] : [[name, { leaf, register, bit, ...(subleaf !== undefined && { subleaf }) }] as const]));
}

interface Flag {
  readonly leaf: number;
  readonly subleaf?: number;
  readonly register: Register;
  readonly bit: number;
}

const FLAGS: ReadonlyMap<string, Flag> = new Map([
  ...flags(
    1,
    'edx',
    'fpu vme de pse tsc msr pae mce cx8 apic - sysenter mtrr pge mca cmov pat pse36 psn clfsh - ds acpi mmx fxsr sse sse2 ss htt tm ia64 pbe',
  ),
  ...flags(
    1,
    'ecx',
    'sse3 pclmulqdq dtes64 monitor dscpl vmx smx est tm2 ssse3 cntxid - fma cmpxchg16 xtpr pdcm - pcid dca sse4_1 sse4_2 x2apic movbe popcnt tscdeadline aes xsave osxsave avx f16c rdrand hypervisor',
  ),
  ...flags(
    7,
    'ebx',
    'fsgsbase tsc_adjust - bmi1 hle avx2 - smep bmi2 erms invpcid rtm cmt - mpx cat avx512f avx512dq rdseed adx smap avx512-ifma - clflushopt clwb proc-trace avx512pf avx512er avx512cd sha avx512bw avx512vl',
    0,
  ),
  ...flags(0x8000_0001, 'edx', '- - - - - - - - - - - syscall - - - - - - - - nx - mmxext - - ffxsr page1gb rdtscp - lm 3dnowext 3dnow'),
  ...flags(
    0x8000_0001,
    'ecx',
    'lahfsahf cmplegacy svm extapic altmovcr8 abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt - lwp fma4 - - nodeid - tbm topoext perfctr_core perfctr_nb',
  ),
]);

/** A name that is not known is skipped with a message, as xl does. */
export function parseCpuidFlags(spec: string): readonly CpuidLeaf[] {
  const leaves = new Map<string, CpuidLeaf>();
  for (const piece of spec.split(',').slice(1)) {
    const [, name = '', value = ''] = /^([^=]+)=([01xks])$/.exec(piece.trim()) ?? [];
    const flag = FLAGS.get(name);
    if (!flag) continue;
    const { leaf, subleaf, register, bit } = flag;
    const before = leaves.get(`${leaf}`) ?? { leaf, ...(subleaf !== undefined && { subleaf }) };
    const bits = before[register] ?? 'x'.repeat(32);
    leaves.set(`${leaf}`, { ...before, [register]: bits.slice(0, 31 - bit) + value + bits.slice(32 - bit) });
  }
  return [...leaves.values()];
}

/** `LEAF[,SUB]:REG=32 signs,…`; null: it is none. */
export function parseCpuidLeaf(spec: string): CpuidLeaf | null {
  const [head = '', ...rest] = spec.split(':');
  const [leaf = '', subleaf] = head.split(',');
  const registers = rest
    .join(':')
    .split(',')
    .map((piece) => /^(e[abcd]x)=([01xks]{32})$/.exec(piece.trim()));
  const isNumber = (text: string): boolean => /^(?:0[xX][0-9a-fA-F]+|\d+)$/.test(text);
  if (!isNumber(leaf) || (subleaf !== undefined && !isNumber(subleaf)) || registers.includes(null)) return null;
  const named = Object.fromEntries(registers.map((match) => [match![1]!, match![2]!]));
  return { leaf: Number(leaf), ...(subleaf !== undefined && { subleaf: Number(subleaf) }), ...named };
}
