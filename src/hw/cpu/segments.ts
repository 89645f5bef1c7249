/**
 * The hidden parts of the segment registers (SDM vol. 3, 3.4.3): base, limit and attributes as they were when the selector was loaded. 64-bit code asks
 * for no more of them than that CS is 64-bit code.
 */
import { FLAT, LONG, SEGMENTED, SEGMENTED_16, type CodeMode } from './code-mode.ts';

export interface Segment {
  /** False after a null selector: every use is a fault. */
  readonly usable: boolean;
  readonly base: number;
  /** The last offset inside, or of an expand-down segment the last outside. */
  readonly limit: number;
  readonly code: boolean;
  /** Code that can be read, data that can be written. */
  readonly open: boolean;
  readonly expandsDown: boolean;
  /** D or B: 32-bit code, a 32-bit stack. */
  readonly big: boolean;
  readonly long: boolean;
}

export const NULL_SEGMENT: Segment = {
  usable: false,
  base: 0,
  limit: 0,
  code: false,
  open: false,
  expandsDown: false,
  big: false,
  long: false,
};
const LIMIT_MOST = 0xffff_ffff;
const [CS, SS, FS] = [1, 2, 4];

/** Of a descriptor that has passed its checks. */
export function segmentOf(descriptor: bigint): Segment {
  const low = Number(descriptor & 0xffff_ffffn);
  const high = Number((descriptor >> 32n) & 0xffff_ffffn);
  const units = ((low & 0xffff) | (high & 0xf_0000)) >>> 0;
  const granular = (high & 0x80_0000) !== 0;
  const code = (high & 0x800) !== 0;
  return {
    usable: true,
    base: ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff00_0000)) >>> 0,
    limit: granular ? units * 4096 + 4095 : units,
    code,
    open: (high & 0x200) !== 0,
    expandsDown: !code && (high & 0x400) !== 0,
    big: (high & 0x40_0000) !== 0,
    long: (high & 0x20_0000) !== 0,
  };
}

const unlimited = ({ limit, expandsDown }: Segment): boolean => limit === LIMIT_MOST && !expandsDown;
const isFlat = (segment: Segment): boolean => segment.usable && segment.base === 0 && unlimited(segment) && (segment.code || segment.open);

/** How code runs with these segments, es to gs. */
export function codeModeOf(segments: readonly Segment[]): CodeMode {
  const code = segments[CS]!;
  if (code.long || !code.usable) return LONG;
  if (!code.big) return SEGMENTED_16;
  const flat = segments[SS]!.big && segments.every((segment, i) => (i < FS ? isFlat(segment) : !segment.usable || unlimited(segment)));
  return flat ? FLAT : SEGMENTED;
}

/** Are all of `bytes` at an offset in the segment? */
export function reaches({ usable, limit, expandsDown, big }: Segment, offset: number, bytes: number): boolean {
  const last = offset + bytes - 1;
  if (!usable) return false;
  if (expandsDown) return offset > limit && last <= (big ? LIMIT_MOST : 0xffff);
  // What begins below 4 GiB and goes round is left to the processor by the manual; it goes round.
  return limit === LIMIT_MOST || last <= limit;
}
