/**
 * The control interface: everything that domain 0 may ask of the hypervisor, and nobody else (-EPERM). Each entry is an
 * operation with a caller; `controlFor(hypervisor, caller)` binds the caller. Domain 0's programs use this and the calls that every
 * guest has (`GuestCalls`), nothing more. Plain data in and out. Pages are 4 KiB, times nanoseconds.
 */
import type { Errno } from '../errno.ts';

export type Domid = number;
/** This caller, wherever a domid is an argument. */
export const DOMID_SELF = 0x7ff0;

export type RunState = 'running' | 'runnable' | 'blocked' | 'offline';
/** SHUTDOWN_* of xen/include/public/sched.h, by number 0 to 5. */
export type ShutdownReason = 'poweroff' | 'reboot' | 'suspend' | 'crash' | 'watchdog' | 'soft_reset';
export const SHUTDOWN_REASONS: readonly ShutdownReason[] = ['poweroff', 'reboot', 'suspend', 'crash', 'watchdog', 'soft_reset'];

/** XEN_DOMCTL_getdomaininfo. */
export interface DomainRecord {
  readonly domid: Domid;
  /** 16 bytes as a lower-case UUID string. */
  readonly handle: string;
  readonly totalPages: number;
  readonly maxPages: number;
  readonly sharedInfoFrame: number;
  readonly cpuTimeNs: number;
  readonly retired: number;
  readonly onlineVcpus: number;
  readonly maxVcpuId: number;
  readonly cpupool: number;
  readonly dying: boolean;
  readonly shutdown: ShutdownReason | null;
  /** Paused by the controller. */
  readonly paused: boolean;
  /** All online vCPUs blocked. */
  readonly blocked: boolean;
  /** At least one vCPU on a pCPU at this moment. */
  readonly running: boolean;
  /** When the domain was made, clock ns. */
  readonly createdNs: number;
}

export interface VcpuRecord {
  readonly vcpu: number;
  readonly online: boolean;
  readonly blocked: boolean;
  readonly running: boolean;
  /** The pCPU it runs on or ran on last. */
  readonly cpu: number;
  readonly cpuTimeNs: number;
  readonly retired: number;
  /** Time in each state, ns: what VCPUOP_get_runstate_info tells. */
  readonly stateTimesNs: Readonly<Record<RunState, number>>;
  readonly hardAffinity: readonly number[];
  readonly softAffinity: readonly number[];
}

/** vcpu_guest_context, as far as a 64-bit PV builder sets or reads it. */
export interface VcpuGuestContext {
  readonly rip: bigint;
  readonly rsp: bigint;
  readonly rsi: bigint;
  readonly rflags: bigint;
  /** Root machine frame. */
  readonly cr3: number;
  /** All sixteen, in encoding order; rsp and rsi given above win when setting. */
  readonly gprs?: readonly bigint[];
  readonly cs?: number;
  readonly ss?: number;
}

export interface CreditParams {
  /** 1 to 65535, default 256. */
  readonly weight: number;
  /** Percent of one pCPU, 0 is no cap. */
  readonly cap: number;
}

export interface PhysInfo {
  readonly cpus: number;
  readonly totalPages: number;
  readonly freePages: number;
  readonly cpuKhz: number;
  readonly clock: 'real' | 'virtual';
  /** CPUID's feature words in the order of struct xen_sysctl_physinfo: 1.edx, 1.ecx, 80000001.edx, 80000001.ecx, d_1.eax, 7.ebx, 7.ecx, 80000007.edx. */
  readonly hwCaps: readonly number[];
}

export interface CpuRecord {
  readonly cpu: number;
  readonly idleNs: number;
  readonly busyNs: number;
}

/** Frames of another domain (or granted ones) mapped by this caller. Holds references: dispose to give them back. */
export interface MappedFrames extends Disposable {
  /** One 4096-byte view a frame, in the order asked. */
  readonly pages: readonly Uint8Array[];
}

type R<T> = T | Errno;

export interface Control {
  // domctl
  createDomain(a: { handle: string; maxVcpus: number; domid?: Domid }): R<Domid>;
  destroyDomain(a: { domid: Domid }): R<void>;
  pauseDomain(a: { domid: Domid }): R<void>;
  unpauseDomain(a: { domid: Domid }): R<void>;
  domainInfo(a: { domid: Domid }): R<DomainRecord>;
  vcpuInfo(a: { domid: Domid; vcpu: number }): R<VcpuRecord>;
  setMaxPages(a: { domid: Domid; pages: number }): R<void>;
  setVcpuContext(a: { domid: Domid; vcpu: number; context: VcpuGuestContext }): R<void>;
  getVcpuContext(a: { domid: Domid; vcpu: number }): R<VcpuGuestContext>;
  setVcpuAffinity(a: { domid: Domid; vcpu: number; hard?: readonly number[]; soft?: readonly number[] }): R<void>;
  creditParams(a: { domid: Domid; set?: Partial<CreditParams> }): R<CreditParams>;
  /** SCHEDOP_remote_shutdown: marks the domain as shut down with this reason and stops it. */
  remoteShutdown(a: { domid: Domid; reason: ShutdownReason }): R<void>;
  // sysctl
  listDomains(a: { first: Domid; max: number }): R<readonly DomainRecord[]>;
  physInfo(): R<PhysInfo>;
  cpuInfo(): R<readonly CpuRecord[]>;
  schedulerId(): R<'credit'>;
  creditSchedule(a: {
    set?: { tsliceMs?: number; ratelimitUs?: number };
  }): R<{ tsliceMs: number; ratelimitUs: number; migrationDelayUs: number }>;
  /** The hypervisor's console ring, oldest first, each line as xl dmesg prints it ("(XEN) …"). */
  readConsole(a: { clear?: boolean }): R<string>;
  debugKeys(a: { keys: string }): R<void>;
  // memory_op on behalf of a domain, and the page tables of a domain that does not run yet
  /** Allocates `count` zeroed frames for `domid`; all or nothing. */
  populate(a: { domid: Domid; count: number }): R<readonly number[]>;
  decrease(a: { domid: Domid; frames: readonly number[] }): R<void>;
  /** Foreign mapping, read-write, of frames that belong to `domid` (or its shared_info, grant-table frames). */
  mapForeign(a: { domid: Domid; frames: readonly number[] }): R<MappedFrames>;
  /** MMU_MACHPHYS_UPDATE. */
  setMachphys(a: { domid: Domid; entries: readonly { mfn: number; pfn: number }[] }): R<void>;
  /** MMUEXT_PIN_L4_TABLE in the name of `domid`: validates the whole tree. */
  pinL4(a: { domid: Domid; mfn: number }): R<void>;
  /** GNTTABOP_setup_table in the name of `domid`: frames of its grant table (version 1 layout). */
  grantTable(a: { domid: Domid; frames: number }): R<readonly number[]>;
  /** Fills the guest's 4 KiB hypercall page (128 stubs of 32 bytes). */
  hypercallPage(a: { domid: Domid; mfn: number }): R<void>;
  // event channels in the name of `domid`
  allocUnboundFor(a: { domid: Domid; remote: Domid }): R<number>;
}

/** What every domain may call; typed, for domain 0's programs. */
export interface GuestCalls {
  readonly domid: Domid;
  allocUnbound(a: { remote: Domid }): R<number>;
  bindInterdomain(a: { remote: Domid; remotePort: number }): R<number>;
  bindVirq(a: { virq: number }): R<number>;
  closePort(a: { port: number }): R<void>;
  /** EVTCHNOP_send. */
  notify(a: { port: number }): R<void>;
  /** GNTTABOP_map_grant_ref. */
  mapGrant(a: { domid: Domid; refs: readonly number[]; readonly?: boolean }): R<MappedFrames>;
  /** CONSOLEIO_write: text for the hypervisor's console ring, printed there as "(dN) …" a line. */
  consoleWrite(a: { text: string }): void;
  /** A domain 0 program's upcall: runs, in domain 0's scheduled and accounted time, whenever `port` is pending. */
  onEvent(port: number, handler: () => void): void;
  /** Runs `work` in domain 0's accounted time, soon. For work that comes from outside (toolstack requests, timers). */
  schedule(work: () => void): void;
}

/** VIRQ_DOM_EXC: a domain has shut down, crashed or died. VIRQ_CON_RING: the hypervisor's console ring has news. */
export const VIRQ_TIMER = 0;
export const VIRQ_DEBUG = 1;
export const VIRQ_DOM_EXC = 3;
export const VIRQ_CON_RING = 8;
