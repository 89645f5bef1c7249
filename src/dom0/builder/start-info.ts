/** Writes a new domain's start_info. */
import {
  MAX_GUEST_CMDLINE,
  SIF_MOD_START_PFN,
  SIF_VIRT_P2M_4TOOLS,
  START_INFO,
  START_INFO_BYTES,
  START_INFO_MAGIC,
} from '../../vmm/abi/start-info.ts';
import { virtualAddress, type Layout } from './layout.ts';

const PAGE = 4096;

export interface StartInfo {
  readonly pages: number;
  readonly sharedInfoMfn: number;
  readonly storeMfn: number;
  readonly storePort: number;
  readonly consoleMfn: number;
  readonly consolePort: number;
  readonly virtBase: bigint;
  readonly ramdiskBytes: number | null;
  readonly unmappedRamdisk: boolean;
  readonly cmdline: string;
}

export function writeStartInfo(page: Uint8Array, layout: Layout, info: StartInfo): void {
  page.fill(0, 0, START_INFO_BYTES);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const u32 = (offset: number, value: number): void => view.setUint32(offset, value, true);
  const u64 = (offset: number, value: number | bigint): void => view.setBigUint64(offset, BigInt(value), true);
  page.set(Buffer.from(START_INFO_MAGIC, 'latin1'), START_INFO.magic);
  u64(START_INFO.nrPages, info.pages);
  u64(START_INFO.sharedInfo, info.sharedInfoMfn * PAGE);
  u64(START_INFO.storeMfn, info.storeMfn);
  u32(START_INFO.storeEvtchn, info.storePort);
  u64(START_INFO.consoleMfn, info.consoleMfn);
  u32(START_INFO.consoleEvtchn, info.consolePort);
  u64(START_INFO.ptBase, virtualAddress(info.virtBase, layout.pageTables.pfn));
  u64(START_INFO.nrPtFrames, layout.pageTables.pages);
  u64(START_INFO.mfnList, layout.p2mAddress);
  let flags = SIF_VIRT_P2M_4TOOLS;
  if (layout.ramdisk !== null && info.ramdiskBytes !== null) {
    if (info.unmappedRamdisk) {
      flags |= SIF_MOD_START_PFN;
      u64(START_INFO.modStart, layout.ramdisk.pfn);
      u64(START_INFO.modLen, layout.ramdisk.pages * PAGE);
    } else {
      u64(START_INFO.modStart, virtualAddress(info.virtBase, layout.ramdisk.pfn));
      u64(START_INFO.modLen, info.ramdiskBytes);
    }
  }
  u32(START_INFO.flags, flags);
  page.set(Buffer.from(info.cmdline, 'utf8').subarray(0, MAX_GUEST_CMDLINE - 1), START_INFO.cmdLine);
  if (layout.mappings.length > 1) {
    u64(START_INFO.firstP2mPfn, layout.p2m.pfn);
    u64(START_INFO.nrP2mFrames, layout.p2m.pages + layout.p2mTables.pages);
  }
}
