/**
 * Where things are in a vCPU context and in a micro-op, as byte offsets. The engine's generated code and the accessors of VcpuContext read the
 * same names.
 */
export const CONTEXT = {
  gpr: 0, // 16 × 8
  zero: 128, // stays zero: the absent base, index or segment
  fsBase: 136,
  gsBase: 144,
  rip: 152,
  // Flags, unevaluated: ZF = (z == 0), SF = (s < 0), PF = even parity of p's low byte, CF = c, OF = sign of o, AF = bit 4 of a
  z: 160,
  s: 168,
  p: 176,
  c: 180,
  o: 184,
  a: 188,
  direction: 192,
  /** IF, IOPL, NT, AC, ID, TF, as in RFLAGS. */
  otherFlags: 196,
  /** Addresses of the current mode's TLB and jump cache. */
  tlb: 200,
  jumpCache: 204,
  /** es cs ss ds fs gs, u16 each. */
  selectors: 208,
  /** Instructions left of the budget at the last exit. */
  left: 220,
  exitVector: 224,
  exitError: 228,
  cr2Low: 232,
  cr2High: 236,
  /** Micro-op that wants its link set at the next look-up, or 0. */
  linkFrom: 240,
  /** What a store through the bounce buffer still has to do: 0 nothing, 1 two pages, 2 a watched page. */
  bounceKind: 244,
  bounceSize: 248,
  bounceFirst: 252,
  bounceSecond: 256,
  bounceVaLow: 260,
  bounceVaHigh: 264,
  taskSwitched: 268,
  bounce: 272, // 16 bytes
  scratch: 288, // 3 × 16: operands and result of the helpers that work on vectors
  /** In compatibility mode: es cs ss ds fs gs, i64 each; UNUSABLE of a null selector. */
  segmentBases: 400,
  /** Its bits of esp are what pushes and pops move. */
  stackMask: 448,
  /** XCR0, i32: which states XSAVE manages. */
  xcr0: 456,
  /** CR4, i32: what of it a program notices (control-registers.ts). */
  cr4: 460,
  fxsave: 512, // 512 bytes; xmm0 is at +160
  kernelTlb: 1024, // 8 KiB
  userTlb: 9216,
  kernelJumps: 17408, // 8 KiB
  userJumps: 25600,
  bytes: 33792,
} as const;

/** Of a segment that must not be used: an address made with it is not canonical, and so #GP. */
export const UNUSABLE: bigint = 1n << 62n;
/** Cuts an offset plus a base to 32 bits, and keeps UNUSABLE. */
export const LINEAR_32: bigint = UNUSABLE | 0xffff_ffffn;

/** With what tells of a store's base: not even the owner of a read-only page lets it happen. */
export const STRICT = 0x8000;
/** Likewise: with EFLAGS.AC set it may lie anywhere, or has been looked at already. */
export const ANY_ALIGNMENT = 0x4000;

export const TLB = { entries: 256, bytes: 32, read: 0, write: 8, execute: 16, addend: 24 } as const;
export const JUMPS = { entries: 512, bytes: 16, va: 0, uop: 8, heat: 12 } as const;
/** A branch taken so often leads to hot code. */
export const HOT = 500;

export const UOP = {
  handler: 0, // u32
  reg: 4, // u16: byte offset of a register in the context
  rm: 6,
  base: 8,
  index: 10,
  segment: 12,
  scale: 14, // u8: shift
  length: 15, // u8
  displacement: 16, // i64
  immediate: 24, // i64; of a branch: its target
  rip: 32, // i64
  link: 40, // u32: the micro-op at the branch's target, or 0
  mask32: 44, // u32: 1 with 32-bit addressing; in compatibility mode the mask for offsets
  heat: 44, // u32, of a branch: how often it was taken
  bytes: 48,
} as const;

/**
 * What `enter` returns. Tail: fewer instructions are left than the next block of a region has. Hot: the code at rip has been reached often;
 * hotTarget: by an indirect jump. noFpu and protection: the exceptions #NM and #GP(0).
 */
export const EXIT = {
  budget: 0,
  lookup: 1,
  syscall: 2,
  exception: 3,
  privileged: 4,
  interrupt: 5,
  trap: 6,
  guard: 7,
  tail: 8,
  hot: 9,
  hotTarget: 10,
  noFpu: 11,
  protection: 12,
  sysenter: 13,
} as const;
