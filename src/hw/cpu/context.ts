/** A vCPU's registers in machine memory, where the engine's generated code works on them. */
import type { MachineMemory } from '../memory.ts';
import { LONG, type CodeMode } from './code-mode.ts';
import { Breakpoints } from './breakpoints.ts';
import { CR4, STATE_COMPONENTS } from './control-registers.ts';
import { CONTEXT, JUMPS, UNUSABLE } from './layout.ts';
import { codeModeOf, NULL_SEGMENT, segmentOf, type Segment } from './segments.ts';
import { TableCache } from './table-cache.ts';
import { clearEntry, clearTlb, indexOf } from './tlb.ts';
import type { CpuEnvironment, Mode, VcpuContext } from './types.ts';

const FLAGS_KEPT = 0x00254300; // TF IF NT RF AC ID: those that nothing else keeps; DF has its own field, IOPL is always 0
const IF = 0x200;
const AC = 0x4_0000;
const [CS, SS, FS] = [1, 2, 4];
const ALL_SEGMENTS = 0x3f;

export class Context implements VcpuContext {
  readonly address: number;
  readonly #memory: MachineMemory;
  readonly #release: (context: Context) => void;
  readonly #roots: Record<Mode, number> = { kernel: 0, user: 0 };
  readonly tables: Readonly<Record<Mode, TableCache>> = { kernel: new TableCache(), user: new TableCache() };
  /** Addresses of the modes' TLBs. */
  readonly tlbs: Readonly<Record<Mode, number>>;
  #mode: Mode = 'kernel';
  readonly #segments: Segment[] = Array.from({ length: 6 }, () => NULL_SEGMENT);
  /** Segments whose selectors have been set and not loaded, a bit each. */
  #unloaded = ALL_SEGMENTS;
  #codeMode: CodeMode = LONG;
  /** The code that each jump cache leads to. */
  readonly #jumpsInto: Record<Mode, CodeMode> = { kernel: LONG, user: LONG };
  retired = 0;
  /** null: none is enabled. */
  breakpoints: Breakpoints | null = null;
  /** MOV SS or POP SS has just retired: debug exceptions wait for the next instruction. */
  shadow = false;
  /** Bits of DR6 that wait for it. */
  pendingDebug = 0;

  constructor(memory: MachineMemory, address: number, release: (context: Context) => void) {
    this.#memory = memory;
    this.address = address;
    this.tlbs = { kernel: address + CONTEXT.kernelTlb, user: address + CONTEXT.userTlb };
    this.#release = release;
    memory.u8.fill(0, address, address + CONTEXT.kernelTlb);
    this.flushTlb();
    this.#put32(CONTEXT.otherFlags, IF);
    this.#put32(CONTEXT.p, 1);
    this.#memory.view.setBigInt64(address + CONTEXT.z, 1n, true);
    this.#memory.view.setUint16(address + CONTEXT.fxsave, 0x37f, true);
    this.#put32(CONTEXT.fxsave + 24, 0x1f80);
    this.cr4 = BigInt(CR4.osxsave);
    this.xcr0 = STATE_COMPONENTS;
    this.mode = 'kernel';
  }

  [Symbol.dispose](): void {
    this.#release(this);
  }

  #get64(offset: number): bigint {
    return this.#memory.view.getBigUint64(this.address + offset, true);
  }
  #put64(offset: number, value: bigint): void {
    this.#memory.view.setBigUint64(this.address + offset, BigInt.asUintN(64, value), true);
  }
  #get32(offset: number): number {
    return this.#memory.view.getInt32(this.address + offset, true);
  }
  #put32(offset: number, value: number): void {
    this.#memory.view.setInt32(this.address + offset, value, true);
  }

  get rip(): bigint {
    return this.#get64(CONTEXT.rip);
  }
  set rip(value: bigint) {
    this.#put64(CONTEXT.rip, value);
  }
  get rflags(): bigint {
    return BigInt(this.flags());
  }
  set rflags(value: bigint) {
    this.setFlags(Number(value & 0xffff_ffffn), -1, true);
  }
  get fsBase(): bigint {
    return this.#get64(CONTEXT.fsBase);
  }
  set fsBase(value: bigint) {
    this.#put64(CONTEXT.fsBase, value);
  }
  get gsBase(): bigint {
    return this.#get64(CONTEXT.gsBase);
  }
  set gsBase(value: bigint) {
    this.#put64(CONTEXT.gsBase, value);
  }
  get taskSwitched(): boolean {
    return this.#get32(CONTEXT.taskSwitched) !== 0;
  }
  set taskSwitched(value: boolean) {
    this.#put32(CONTEXT.taskSwitched, value ? 1 : 0);
  }
  get cr4(): bigint {
    return BigInt(this.#get32(CONTEXT.cr4));
  }
  set cr4(value: bigint) {
    this.#put32(CONTEXT.cr4, Number(value));
  }
  get xcr0(): bigint {
    return BigInt(this.#get32(CONTEXT.xcr0));
  }
  set xcr0(value: bigint) {
    this.#put32(CONTEXT.xcr0, Number(value));
  }
  setBreakpoints(addresses: readonly bigint[], dr7: number): void {
    const before = this.breakpoints;
    this.breakpoints = Breakpoints.of(addresses, dr7);
    // What is watched must not be in a TLB.
    if (before || this.breakpoints) this.flushTlb();
  }
  get fxsave(): Uint8Array {
    return this.#memory.u8.subarray(this.address + CONTEXT.fxsave, this.address + CONTEXT.fxsave + 512);
  }
  gpr(index: number): bigint {
    return this.#get64(CONTEXT.gpr + index * 8);
  }
  setGpr(index: number, value: bigint): void {
    this.#put64(CONTEXT.gpr + index * 8, value);
  }
  selector(segment: number): number {
    return this.#memory.view.getUint16(this.address + CONTEXT.selectors + segment * 2, true);
  }
  setSelector(segment: number, value: number): void {
    this.#memory.view.setUint16(this.address + CONTEXT.selectors + segment * 2, value, true);
    this.#unloaded |= 1 << segment;
  }

  get codeMode(): CodeMode {
    return this.#codeMode;
  }
  get compatibility(): boolean {
    return this.#codeMode !== LONG;
  }
  segment(index: number): Segment {
    return this.#segments[index]!;
  }
  /** A selector with the descriptor that it names; null: the null selector's. */
  loadSegment(index: number, selector: number, descriptor: bigint | null): void {
    this.setSelector(index, selector);
    this.#segments[index] = descriptor === null ? NULL_SEGMENT : segmentOf(descriptor);
    this.#unloaded &= ~(1 << index);
  }
  /** Before code runs: what was set from outside takes effect. Only compatibility mode asks for more than CS. */
  loadSegments(environment: CpuEnvironment): void {
    if (this.#unloaded & (1 << CS)) this.#reload(CS, environment);
    if (!codeModeOf(this.#segments).index) return this.#enter(LONG);
    for (let i = 0; i < 6; i++) if (this.#unloaded & (1 << i)) this.#reload(i, environment);
    this.enterCode();
  }
  #reload(index: number, environment: CpuEnvironment): void {
    const selector = this.selector(index);
    this.loadSegment(index, selector, (selector & 0xfffc) === 0 ? null : environment.descriptor(selector));
  }
  /** After segments have been loaded: code is read as they say. */
  enterCode(): void {
    const mode = codeModeOf(this.#segments);
    if (mode === LONG) return this.#enter(mode);
    const bases = [...this.#segments.slice(0, FS).map(({ base }) => BigInt(base)), this.fsBase, this.gsBase];
    bases.forEach((base, i) => {
      const { usable } = this.#segments[i]!;
      this.#put64(CONTEXT.segmentBases + 8 * i, usable ? base & 0xffff_ffffn : UNUSABLE);
    });
    this.#put32(CONTEXT.stackMask, this.#segments[SS]!.big ? -1 : 0xffff);
    this.#enter(mode);
  }
  #enter(mode: CodeMode): void {
    // With segments, an offset alone does not say where code is.
    if (mode !== this.#jumpsInto[this.#mode] || mode.model === 'segmented') this.forgetJumps(this.#mode);
    this.#jumpsInto[this.#mode] = mode;
    this.#codeMode = mode;
    if (mode !== LONG) this.rip &= 0xffff_ffffn;
  }

  get mode(): Mode {
    return this.#mode;
  }
  /** Address of the current mode's TLB. */
  get tlb(): number {
    return this.tlbs[this.#mode];
  }
  set mode(mode: Mode) {
    this.#mode = mode;
    this.#put32(CONTEXT.tlb, this.tlb);
    this.#put32(CONTEXT.jumpCache, this.address + (mode === 'kernel' ? CONTEXT.kernelJumps : CONTEXT.userJumps));
  }
  root(mode: Mode): number {
    return this.#roots[mode];
  }
  setRoot(mode: Mode, mfn: number): void {
    if (this.#roots[mode] === mfn) return;
    this.#roots[mode] = mfn;
    this.flushTlb(mode);
  }

  flushTlb(mode?: Mode): void {
    if (mode !== 'user') {
      this.tables.kernel.forget();
      clearTlb(this.#memory, this.tlbs.kernel);
      this.forgetJumps('kernel');
    }
    if (mode !== 'kernel') {
      this.tables.user.forget();
      clearTlb(this.#memory, this.tlbs.user);
      this.forgetJumps('user');
    }
  }
  forgetJumps(mode: Mode): void {
    const start = this.address + (mode === 'kernel' ? CONTEXT.kernelJumps : CONTEXT.userJumps);
    // All ones is not canonical code that runs on: it can be the address of no instruction with a successor.
    this.#memory.u8.fill(0xff, start, start + JUMPS.entries * JUMPS.bytes);
  }
  invalidatePage(va: bigint): void {
    for (const mode of ['kernel', 'user'] as const) {
      this.tables[mode].forget();
      clearEntry(this.#memory, this.tlbs[mode], indexOf(Number(BigInt.asUintN(32, va))));
      this.forgetJumps(mode);
    }
  }

  /** EFLAGS.AC. */
  get checksAlignment(): boolean {
    return (this.#get32(CONTEXT.otherFlags) & AC) !== 0;
  }

  /** RFLAGS, low 32 bits. */
  flags(): number {
    const { view } = this.#memory;
    const at = this.address;
    const z = view.getBigInt64(at + CONTEXT.z, true) === 0n;
    const s = view.getInt32(at + CONTEXT.s + 4, true) < 0;
    let p = this.#get32(CONTEXT.p) & 0xff;
    p ^= p >> 4;
    const parity = ((0x9669 >> (p & 15)) & 1) !== 0;
    return (
      (0x2 |
        this.#get32(CONTEXT.otherFlags) |
        (this.#get32(CONTEXT.c) & 1) |
        (parity ? 4 : 0) |
        (this.#get32(CONTEXT.a) & 0x10) |
        (z ? 0x40 : 0) |
        (s ? 0x80 : 0) |
        (this.#get32(CONTEXT.direction) << 10) |
        (this.#get32(CONTEXT.o) < 0 ? 0x800 : 0)) >>>
      0
    );
  }
  /** Changes the bits in `mask`; `system` also IF and IOPL, which code at CPL 3 cannot. */
  setFlags(value: number, mask: number, system: boolean): void {
    const flags = (this.flags() & ~mask) | (value & mask);
    const { view } = this.#memory;
    view.setBigInt64(this.address + CONTEXT.z, flags & 0x40 ? 0n : 1n, true);
    view.setBigInt64(this.address + CONTEXT.s, flags & 0x80 ? -1n : 0n, true);
    this.#put32(CONTEXT.p, flags & 4 ? 0 : 1);
    this.#put32(CONTEXT.c, flags & 1);
    this.#put32(CONTEXT.a, flags & 0x10);
    this.#put32(CONTEXT.o, flags & 0x800 ? -0x80000000 : 0);
    this.#put32(CONTEXT.direction, (flags >> 10) & 1);
    // What is not aligned must be seen.
    if (flags & AC && !this.checksAlignment) this.flushTlb();
    const locked = system ? 0 : 0x3200;
    const kept = this.#get32(CONTEXT.otherFlags);
    this.#put32(CONTEXT.otherFlags, (flags & FLAGS_KEPT & ~locked) | (kept & locked));
  }
}
