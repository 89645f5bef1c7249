/** Where our decoder may differ from iced-x86: in spelling, and beyond that each time with its reason. A test fails when one is never needed. */

export interface Facts {
  /** Names; null: refused. */
  readonly ours: string | null;
  readonly theirs: string | null;
  /** CpuidFeature of iced's. */
  readonly features: readonly string[];
  /** EncodingKind of iced's: legacy, VEX, EVEX, XOP, 3DNow!. */
  readonly encoding: number;
  readonly difference: string;
  readonly bytes: Uint8Array;
}
interface Exception {
  readonly reason: string;
  /** Of iced's names, or with `we`, of ours. */
  readonly names?: string;
  readonly we?: string;
  readonly features?: string;
  readonly encoding?: number;
  readonly difference: RegExp;
}

/** Extensions that CPUID does not announce, by iced's names: their instructions are refused. */
const NOT_ANNOUNCED =
  'ADX AES AESKLE CET_SS CLFLUSHOPT CLWB CLZERO D3NOW D3NOWEXT ENQCMD FRED GFNI ' +
  'HLE_or_RTM HRESET INVEPT INVLPGB INVPCID INVVPID KL LKGS MCOMMIT MONITOR MONITORX MOVDIR64B MOVDIRI MSRLIST OSS PADLOCK_ACE PADLOCK_GMI PADLOCK_PHE PADLOCK_PMM PADLOCK_RNG ' +
  'PADLOCK_UNDOC PCLMULQDQ PCONFIG PKU PTWRITE RAO_INT RDPID RDPRU RDRAND RDSEED RMPQUERY RTM SERIALIZE SEV_ES SEV_SNP SGX1 SHA SKINIT_or_SVM SMAP ' +
  'SMM SMX SSE4A SVM TDX TSE TSXLDTRK UINTR VMX WAITPKG WRMSRNS XSAVES';
/** Others lie in the room of NOPs, and are NOPs for who does not announce them. */
const NOPS = 'CET_IBT CET_SS CLDEMOTE PREFETCHITI PREFETCHW PREFETCHWT1';

export const EXCEPTIONS: readonly Exception[] = [
  ...NOT_ANNOUNCED.split(' ').map((feature) => ({ reason: `${feature} is not announced`, features: feature, difference: /^we refuse$/ })),
  ...NOPS.split(' ').map((feature) => ({
    reason: `${feature} is not announced, its place is NOP's`,
    we: 'nop',
    features: feature,
    difference: /./,
  })),
  ...['VEX', 'EVEX', 'XOP'].map((name, i) => ({ reason: `nothing with ${name} is announced`, encoding: i + 1, difference: /^we refuse$/ })),
  { reason: 'UD0 and UD1: to refuse them is what they mean', names: 'ud0 ud1', difference: /^we refuse$/ },
  { reason: 'reserved NOPs have the one operand that has an address', names: 'reservednop', difference: /^1 operands, iced 2$/ },
  {
    reason: 'of an area of memory a description names the beginning, or less',
    we:
      'call cmpxchg8b fbld fbstp fld fldenv fnsave fnstenv frstor fstp fxrstor fxsave invlpg jmp lea lfs lgdt lgs lidt lss sgdt sidt ' +
      'xrstor xsave xsavec xsaveopt',
    difference: /^operand \d: memory of/,
  },
  {
    reason: 'two bytes are stored whatever the operand size',
    we: 'mov sldt smsw str',
    difference: /^operand 1: memory of [48], iced 2$/,
  },
  {
    reason: 'iced names the register by the operand size, a description by how much of it counts',
    we: 'lar lldt lmsw lsl ltr mov movmskpd movmskps pextrb pextrw pinsrb pinsrw pmovmskb verr verw extractps',
    difference: /^operand \d: register of/,
  },
  { reason: 'MOVSXD to 16 bits: AMD reads 32, which iced takes for 16', we: 'movsxd', difference: /^operand 2: .* of 4, iced 2$/ },
  { reason: 'PREFETCH with a register: #UD on AMD processors, a NOP on others', names: 'reservednop', difference: /^we refuse$/ },
  { reason: 'F3 REX.B 90 is XCHG with r8 on silicon, PAUSE to iced', we: 'xchg', names: 'pause', difference: /^name/ },
  { reason: 'the address of XLAT is implied', we: 'xlat', difference: /^0 operands, iced 1$/ },
  { reason: 'fences have a form for each ModRM with their digit', we: 'lfence mfence sfence', difference: /^operand 1: register None$/ },
  { reason: 'BSWAP of 16 bits is undefined', we: 'bswap', difference: /^operand 1: register of 4, iced 2$/ },
];

export function exceptionFor({ ours, theirs, features, encoding, difference }: Facts): string | null {
  const has = (list: string | undefined, name: string | null): boolean =>
    list === undefined || (name !== null && list.split(' ').includes(name));
  return (
    EXCEPTIONS.find(
      (exception) =>
        exception.difference.test(difference) &&
        has(exception.names, theirs) &&
        has(exception.we, ours) &&
        (exception.encoding === undefined || exception.encoding === encoding) &&
        (exception.features === undefined || features.includes(exception.features)),
    )?.reason ?? null
  );
}

// Spelling

const CONDITIONS = 'o no b ae e ne be a s ns p np l ge le g'.split(' ');
/** iced's: ours. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ...CONDITIONS.flatMap((condition, i) =>
    (['j', 'set', 'cmov'] as const).map((name): [string, string] => [`${name}${condition}`, `${name}cc ${i}`]),
  ),
  ...'ins outs lods stos movs cmps scas'
    .split(' ')
    .flatMap((name) => ['b', 'w', 'd', 'q'].map((width): [string, string] => [`${name}${width}`, name])),
  ...(
    [
      ['pushfq', 'pushf'],
      ['popfq', 'popf'],
      ['wait', 'fwait'],
      ['xlatb', 'xlat'],
      ['cwde', 'cbw'],
      ['cdqe', 'cbw'],
      ['cdq', 'cwd'],
      ['cqo', 'cwd'],
      ['iretd', 'iretq'],
      ['iret', 'iretq'],
      ['sal', 'shl'],
      ['sysretq', 'sysret'],
      ['sysexitq', 'sysexit'],
      ['fndisi', 'fneni'],
      ['fnsetpm', 'fneni'],
      ['frstpm', 'fneni'],
      ['reservednop', 'nop'],
      ['movq', 'movd'],
      ['movd', 'movq'],
      ['cmpxchg16b', 'cmpxchg8b'],
      ['fxsave64', 'fxsave'],
      ['fxrstor64', 'fxrstor'],
      ['xsave64', 'xsave'],
      ['xsaveopt64', 'xsaveopt'],
      ['xsavec64', 'xsavec'],
      ['xrstor64', 'xrstor'],
      ['pinsrq', 'pinsrd'],
      ['pextrq', 'pextrd'],
      ['pcmpestri64', 'pcmpestri'],
      ['pcmpestrm64', 'pcmpestrm'],
      ['jecxz', 'jrcxz'],
    ] as const
  ).map(([theirs, ours]): [string, string] => [theirs, ours]),
]);

/** null: as iced does. */
export function spelledByUs(theirs: string): string | null {
  return RENAMED.get(theirs) ?? null;
}
