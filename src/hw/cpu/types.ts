/**
 * The joint between the processor and whoever schedules it. A processor runs deprivileged code until something
 * needs a decision; it knows frames and addresses, never domains.
 */
import type { Instruction } from './decode/instruction.ts';

export type Access = 'read' | 'write' | 'execute';

/** Which of its two address spaces a context is in. Both run at CPL 3; the mode is the *virtual* privilege. */
export type Mode = 'kernel' | 'user';

export type Exit =
  /** The slice is used up. */
  | { readonly kind: 'budget' }
  /** SYSCALL retired: rcx, r11 and rip are as the instruction leaves them (rip = rcx = the next instruction). */
  | { readonly kind: 'syscall' }
  /** SYSENTER retired, which keeps nothing of where it was. */
  | { readonly kind: 'sysenter' }
  /**
   * A fault (rip at the instruction, which had no effect) or a trap (#BP, #OF, #DB single step: rip after it).
   * Error codes have the U bit according to the context's mode.
   */
  | {
      readonly kind: 'exception';
      readonly vector: number;
      readonly errorCode: number | null;
      readonly cr2: bigint;
      /** Of #DB: the bits of DR6 that say why. A breakpoint of an instruction is a fault, all else a trap. */
      readonly dr6?: number;
    }
  /** INT n with n other than 3: rip is still at the instruction. */
  | { readonly kind: 'interrupt'; readonly vector: number; readonly length: number }
  /** CLI, HLT, IN, MOV CR, RDMSR, LGDT…: trapped before it had any effect, rip at the instruction. */
  | { readonly kind: 'privileged'; readonly instruction: Instruction };

/** What a running context asks of its owner. Never throws. */
export interface CpuEnvironment {
  /**
   * May this context touch the frame so? The TLB is filled only when the answer is true. Called after the page
   * walk allowed it; also called for the page-table frames themselves with 'read'.
   */
  permits(mfn: number, access: Access): boolean;
  /**
   * A store that the guest's own page tables refuse (present, read-only). True: the owner carried it out or
   * absorbed it (writable page tables: a checked update), false: raise the page fault. `value` has `width` bytes (1 to 8);
   * `address` is the byte offset of the target in machine memory.
   */
  protectedStore(va: bigint, address: number, width: number, value: bigint): boolean;
  /** The 8-byte segment descriptor, or null when outside the tables (then #GP(selector)). */
  descriptor(selector: number): bigint | null;
  cpuid(leaf: number, subleaf: number): readonly [eax: number, ebx: number, ecx: number, edx: number];
}

/** The answer of a page walk done for somebody outside the engine. */
export type Translation =
  | { readonly ok: true; readonly mfn: number; /** Byte offset of the very byte, in machine memory. */ readonly address: number }
  | { readonly ok: false; readonly errorCode: number };

/**
 * The registers of a virtual processor, kept in machine memory where the engine works on them directly. Has its own
 * TLBs, one a mode, so that a system call (which changes the page-table root) flushes nothing.
 */
export interface VcpuContext extends Disposable {
  rip: bigint;
  rflags: bigint;
  /** rax 0, rcx 1, rdx 2, rbx 3, rsp 4, rbp 5, rsi 6, rdi 7, r8 to r15: the encoding's order. */
  gpr(index: number): bigint;
  setGpr(index: number, value: bigint): void;
  /** es 0, cs 1, ss 2, ds 3, fs 4, gs 5. Bases of fs and gs are set apart; all else of a descriptor is loaded when the context runs next. */
  selector(segment: number): number;
  setSelector(segment: number, value: number): void;
  fsBase: bigint;
  gsBase: bigint;
  /** Did it run 32-bit or 16-bit code when it was stopped? */
  readonly compatibility: boolean;
  mode: Mode;
  /** Root (L4) machine frame of a mode's page tables; changing it flushes that mode's TLB. */
  root(mode: Mode): number;
  setRoot(mode: Mode, mfn: number): void;
  flushTlb(mode?: Mode): void;
  invalidatePage(va: bigint): void;
  /** CR0.TS as the guest set it: an FPU or SSE instruction then raises #NM. */
  taskSwitched: boolean;
  /** What of CR4 a program notices: TSD, FSGSBASE and OSXSAVE (control-registers.ts); the last is set to begin with. */
  cr4: bigint;
  /** Which states XSAVE manages: x87 (1) and SSE (2). */
  xcr0: bigint;
  /** DR0 to DR3, and DR7, which enables them. */
  setBreakpoints(addresses: readonly bigint[], dr7: number): void;
  /** The 512-byte FXSAVE image, in machine memory, always current while the context does not run. */
  readonly fxsave: Uint8Array;
  /** Instructions retired since the context was made. */
  readonly retired: number;
}

export interface Cpu {
  readonly id: number;
  switchTo(context: VcpuContext, environment: CpuEnvironment): void;
  /** Runs at most `budget` instructions (exactly that many before a 'budget' exit). */
  run(budget: number): Exit;
  /** Instructions retired by the last `run`. */
  readonly retiredInRun: number;
  /** Walks `va` as an access of the current context would, setting accessed and dirty bits as hardware does. */
  translate(va: bigint, access: Access): Translation;
  /** Forgets everything decoded from this frame: call when a frame changes hands or is written from outside the guest. */
  dropCode(mfn: number): void;
}
