/** A guest as small as can be, made by the control interface alone: page tables of four frames, some pages, one vCPU that spins. */
import type { HypervisorHandle } from '../../../src/vmm/hypervisor.ts';
import type { Domain } from '../../../src/vmm/domain.ts';
import { Errno } from '../../../src/vmm/errno.ts';
import type { Vcpu } from '../../../src/vmm/vcpu.ts';

const HANDLE = '11111111-2222-3333-4444-555555555555';
const PRESENT = 1n;
const WRITABLE = 2n;
const USER = 4n;
const TABLES = 4;
const PAGES = 16;
/** Virtual address of the guest's first page; its page tables come first and are mapped read-only. */
const BASE = 0x400000n;

export interface TinyGuest {
  readonly domid: number;
  readonly domain: Domain;
  readonly vcpu: Vcpu;
  readonly frames: readonly number[];
  /** Virtual address of the `i`th ordinary page, 0 to 11. */
  va(i: number): bigint;
  /** Machine frame of the `i`th ordinary page. */
  mfn(i: number): number;
  /** The bytes of the `i`th ordinary page. */
  page(i: number): DataView;
  /** An address that is mapped read-only, and one that is not mapped. */
  readonly readOnly: bigint;
  readonly unmapped: bigint;
}

export function ok<T>(result: T | Errno): T {
  if (result instanceof Errno) throw new Error(result.name);
  return result;
}

function entry(mfn: number, flags: bigint): bigint {
  return (BigInt(mfn) << 12n) | flags;
}

/** Page 0 holds `code`, by default a jump to itself. */
export function tinyGuest(
  handle: HypervisorHandle,
  { maxVcpus = 1, code = [0xeb, 0xfe] }: { maxVcpus?: number; code?: number[] } = {},
): TinyGuest {
  const control = handle.controlFor(0);
  const domid = ok(control.createDomain({ handle: HANDLE, maxVcpus }));
  ok(control.setMaxPages({ domid, pages: PAGES }));
  const frames = ok(control.populate({ domid, count: PAGES }));
  ok(control.setMachphys({ domid, entries: frames.map((mfn, pfn) => ({ mfn, pfn })) }));
  {
    using mapped = ok(control.mapForeign({ domid, frames }));
    const views = mapped.pages.map((page) => new DataView(page.buffer, page.byteOffset, page.byteLength));
    const upper = PRESENT | WRITABLE | USER;
    views[0]!.setBigUint64(0, entry(frames[1]!, upper), true);
    views[1]!.setBigUint64(0, entry(frames[2]!, upper), true);
    views[2]!.setBigUint64(Number(BASE >> 21n) * 8, entry(frames[3]!, upper), true);
    frames.forEach((mfn, i) => views[3]!.setBigUint64(i * 8, entry(mfn, i < TABLES ? PRESENT | USER : upper), true));
    mapped.pages[TABLES]!.set(code);
  }
  ok(control.pinL4({ domid, mfn: frames[0]! }));
  const va = (i: number): bigint => BASE + BigInt(TABLES + i) * 4096n;
  const context = { rip: va(0), rsp: va(2), rsi: 0n, rflags: 0x200n, cr3: frames[0]! };
  ok(control.setVcpuContext({ domid, vcpu: 0, context }));
  const domain = handle.hypervisor.domains.get(domid)!;
  const { memory } = handle.hypervisor.machine;
  return {
    domid,
    domain,
    vcpu: domain.vcpus[0]!,
    frames,
    va,
    mfn: (i) => frames[TABLES + i]!,
    page: (i) => {
      const bytes = memory.frame(frames[TABLES + i]!);
      return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    readOnly: BASE,
    unmapped: 0x200000n,
  };
}
