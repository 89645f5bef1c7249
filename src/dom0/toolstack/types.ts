/**
 * The toolstack interface: everything a person can ask of the machine. Asynchronous and plain data in and out, so that the
 * same interface crosses a MessagePort or a socket as it is. Failures reject with a `ToolstackError`.
 */

/** A name or a decimal domid, as typed: a number is tried as an id first. */
export type DomainRef = string | number;

export type ErrorCode =
  | 'no-such-domain'
  | 'name-taken'
  | 'bad-config'
  | 'no-memory'
  | 'file-not-found'
  | 'not-a-file'
  | 'not-readable'
  | 'not-elf'
  | 'truncated-elf'
  | 'wrong-machine'
  | 'no-xen-notes'
  | 'bad-kernel'
  | 'kernel-too-big'
  | 'wrong-state'
  | 'not-allowed'
  | 'timed-out'
  | 'cancelled'
  | 'guest-crashed'
  | 'not-supported'
  | 'no-such-path'
  | 'invalid'
  | 'internal';

/** What crosses the link when an operation fails. `field` names the DomainConfig field to blame, so that a message can point into the file. */
export interface ToolstackFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly field?: string;
}

export class ToolstackError extends Error implements ToolstackFailure {
  readonly code: ErrorCode;
  readonly hint?: string;
  readonly field?: string;
  constructor(failure: ToolstackFailure) {
    super(failure.message);
    this.name = 'ToolstackError';
    this.code = failure.code;
    if (failure.hint !== undefined) this.hint = failure.hint;
    if (failure.field !== undefined) this.field = failure.field;
  }
}

export type OnAction = 'destroy' | 'restart' | 'rename-restart' | 'preserve' | 'coredump-destroy' | 'coredump-restart' | 'soft-reset';

/** What `create` builds. The keys of xl.cfg that a PV domain uses, resolved: absolute paths, numbers in the stated units. */
export interface DomainConfig {
  readonly name: string;
  readonly uuid?: string;
  /** Absolute path of an ELF or bzImage kernel. */
  readonly kernel: string;
  readonly ramdisk?: string;
  readonly cmdline?: string;
  /** MiB; default 32 as libxl. */
  readonly memoryMiB?: number;
  readonly maxMemoryMiB?: number;
  readonly vcpus?: number;
  readonly maxVcpus?: number;
  /** Hard affinity: one list for all vCPUs, or one a vCPU. pCPU numbers. */
  readonly cpus?: readonly (readonly number[])[];
  readonly cpusSoft?: readonly (readonly number[])[];
  readonly cpuWeight?: number;
  readonly cap?: number;
  readonly onPoweroff?: OnAction;
  readonly onReboot?: OnAction;
  readonly onCrash?: OnAction;
}

export interface CreateOptions {
  /** Leave it paused. */
  readonly paused?: boolean;
  /** Progress arrives at `events` of the job id. */
  readonly job?: string;
}

export type DomainState = 'running' | 'blocked' | 'paused' | 'runnable' | 'shutdown' | 'crashed' | 'dying';

export interface DomainInfo {
  readonly domid: number;
  readonly name: string;
  readonly uuid: string;
  readonly memoryKiB: number;
  readonly maxMemoryKiB: number;
  readonly vcpus: number;
  readonly maxVcpus: number;
  readonly state: DomainState;
  /** xl's six letters in the order r b p s c d, '-' where not set: "-b----". */
  readonly stateLetters: string;
  /** Why it stopped; null while it has not. */
  readonly shutdownReason: string | null;
  readonly cpuTimeNs: number;
  readonly retired: number;
  readonly weight: number;
  readonly cap: number;
  readonly uptimeNs: number;
  readonly pool: string;
}

export interface VcpuInfo {
  readonly domid: number;
  readonly name: string;
  readonly vcpu: number;
  /** null: offline. */
  readonly cpu: number | null;
  /** "r--", "-b-", "--p", "---". */
  readonly stateLetters: string;
  readonly cpuTimeNs: number;
  readonly retired: number;
  readonly hardAffinity: readonly number[];
  readonly softAffinity: readonly number[];
}

/** `xl info`: the fields in its order, name to value as printed. */
export type HostInfo = Readonly<Record<string, string>>;

export interface HostSample {
  readonly timeNs: number;
  readonly totalMemoryKiB: number;
  readonly freeMemoryKiB: number;
  readonly cpus: number;
  readonly cpuMhz: number;
  readonly xenVersion: string;
  readonly domains: readonly DomainSample[];
}

export interface DomainSample extends DomainInfo {
  readonly vcpuTimesNs: readonly number[];
  readonly nets: number;
  readonly netTxBytes: number;
  readonly netRxBytes: number;
  readonly vbds: number;
  readonly vbdOo: number;
  readonly vbdRd: number;
  readonly vbdWr: number;
  readonly vbdRdSectors: number;
  readonly vbdWrSectors: number;
}

export type DomainEvent =
  | {
      readonly kind: 'created' | 'started' | 'paused' | 'unpaused' | 'shutdown' | 'rebooted' | 'crashed' | 'destroyed' | 'renamed';
      readonly domid: number;
      readonly name: string;
      readonly detail?: string;
    }
  | { readonly kind: 'progress'; readonly job: string; readonly stage: string; readonly done: number; readonly total: number };

/** One end of a guest's console: what it printed (from its first byte if asked) and the keys sent to it. */
export interface ConsoleStream extends AsyncDisposable {
  /** Ends when the domain is gone and everything was delivered. */
  readonly output: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface XenstoreNode {
  readonly path: string;
  readonly value: string;
  /** "n0,r3". */
  readonly permissions: string;
}

export interface CreditInfo {
  readonly tsliceMs: number;
  readonly ratelimitUs: number;
  readonly migrationDelayUs: number;
  readonly domains: readonly { readonly domid: number; readonly name: string; readonly weight: number; readonly cap: number }[];
}

export interface Toolstack {
  create(config: DomainConfig, options?: CreateOptions): Promise<DomainInfo>;
  list(): Promise<readonly DomainInfo[]>;
  domain(ref: DomainRef): Promise<DomainInfo>;
  pause(ref: DomainRef): Promise<void>;
  unpause(ref: DomainRef): Promise<void>;
  /** Writes control/shutdown; with `waitNs` resolves when the domain is gone or shut down, else rejects 'timed-out'. */
  shutdown(ref: DomainRef, how: 'poweroff' | 'reboot', waitNs?: number): Promise<void>;
  destroy(ref: DomainRef): Promise<void>;
  rename(ref: DomainRef, name: string): Promise<void>;
  vcpus(ref?: DomainRef): Promise<readonly VcpuInfo[]>;
  setVcpus(ref: DomainRef, count: number): Promise<void>;
  pinVcpu(ref: DomainRef, vcpu: number | 'all', hard: readonly number[] | null, soft: readonly number[] | null): Promise<void>;
  setMemory(ref: DomainRef, targetMiB: number): Promise<void>;
  setMaxMemory(ref: DomainRef, maxMiB: number): Promise<void>;
  credit(set?: {
    readonly domain?: DomainRef;
    readonly weight?: number;
    readonly cap?: number;
    readonly tsliceMs?: number;
    readonly ratelimitUs?: number;
  }): Promise<CreditInfo>;
  info(): Promise<HostInfo>;
  dmesg(clear?: boolean): Promise<string>;
  /** What the hypervisor says to these keys is in dmesg. */
  debugKeys(keys: string): Promise<void>;
  console(ref: DomainRef, from: 'start' | 'now'): Promise<ConsoleStream>;
  samples(intervalMs: number): AsyncIterable<HostSample>;
  events(): AsyncIterable<DomainEvent>;
  xenstoreRead(path: string): Promise<string>;
  xenstoreWrite(path: string, value: string): Promise<void>;
  xenstoreRemove(path: string): Promise<void>;
  /** The subtree under `path`, depth first, `path` itself excluded. */
  xenstoreList(path: string): Promise<readonly XenstoreNode[]>;
  /** Machine time, ns since the machine started, and which clock. */
  time(): Promise<{ readonly nowNs: number; readonly clock: 'real' | 'virtual' }>;
  /** Resolves when machine time has reached `deadlineNs`; rejects 'cancelled' when the signal says so. */
  sleepUntil(deadlineNs: number, signal?: AbortSignal): Promise<void>;
  /** Builds what a first guest would have to wait for, while nobody waits. */
  warm?(): Promise<void>;
  /** Stops the machine: domains are destroyed, the thread may end. */
  halt(): Promise<void>;
}
