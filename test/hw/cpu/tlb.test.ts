/** The tags of the software TLB, by the rule that generated code goes by: an access hits when its last byte's address plus the tag is below 4096. */
import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { TLB } from '../../../src/hw/cpu/layout.ts';
import { clearEntry, clearTlb, fetchedFrom, fillEntry, forbidWrites, indexOf } from '../../../src/hw/cpu/tlb.ts';
import { MachineMemory } from '../../../src/hw/memory.ts';

const memory = new MachineMemory(1 << 20);
const tlb = memory.allocateEngine(TLB.entries * TLB.bytes);
const HOST = 0x0123_4000;

const halves = (va: bigint): [low: number, high: number] => [Number(BigInt.asIntN(32, va)), Number(BigInt.asIntN(32, va >> 32n))];
const entryOf = (va: bigint): number => tlb + indexOf(halves(va)[0]) * TLB.bytes;
function hits(va: bigint, bytes: number, field: number): boolean {
  const tag = memory.view.getBigInt64(entryOf(va) + field, true);
  return BigInt.asUintN(64, va + BigInt(bytes - 1) + tag) < 4096n;
}
/** Any 64 bits, with those in which mistakes would show often. */
const addresses = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc
    .tuple(
      fc.constantFrom(0n, 0x4000_0000_0000_0000n, 0xc000_0000_0000_0000n, 0xbfff_ffff_0000_0000n, 0xffff_ffff_0000_0000n),
      fc.nat(0x1f_ffff),
    )
    .map(([base, offset]) => BigInt.asUintN(64, base + BigInt(offset))),
);
const sizes = fc.constantFrom(1, 2, 4, 8, 10, 16);

test.prop([addresses, sizes])('nothing hits an empty one', (va, bytes) => {
  clearTlb(memory, tlb);
  expect(hits(va, bytes, TLB.read) || hits(va, bytes, TLB.write) || fetchedFrom(memory, tlb, ...halves(va)) !== null).toBe(false);
});

test.prop([addresses, fc.integer({ min: -4200, max: 4200 }), sizes])(
  'of a filled one its own page hits, whole',
  (page, distance, bytes) => {
    clearTlb(memory, tlb);
    fillEntry(memory, tlb, ...halves(page), HOST, { read: true, write: true, execute: true });
    const va = BigInt.asUintN(64, page + BigInt(distance));
    const inside = page >> 12n === va >> 12n && (va & 0xfffn) + BigInt(bytes) <= 4096n;
    expect([hits(va, bytes, TLB.read), hits(va, bytes, TLB.write)]).toEqual([inside, inside]);
    if (inside) {
      const addend = memory.i32[(entryOf(va) + TLB.addend) >>> 2]!;
      expect((halves(va)[0] + addend) >>> 0).toBe(HOST + Number(va & 0xfffn));
      expect(fetchedFrom(memory, tlb, ...halves(va))).toBe(HOST);
    }
  },
);

test.prop([addresses, addresses, sizes])('what is not allowed hits nowhere', (page, va, bytes) => {
  clearTlb(memory, tlb);
  fillEntry(memory, tlb, ...halves(page), HOST, { read: false, write: false, execute: false });
  for (const at of [page, va])
    expect([hits(at, bytes, TLB.read), hits(at, bytes, TLB.write), fetchedFrom(memory, tlb, ...halves(at))]).toEqual([false, false, null]);
});

test.prop([addresses.map((va) => BigInt.asUintN(64, BigInt.asIntN(48, va)))])(
  'stores are forbidden by frame, and an entry is cleared alone',
  (page) => {
    clearTlb(memory, tlb);
    const other = BigInt.asUintN(64, page + 4096n);
    fillEntry(memory, tlb, ...halves(page), HOST, { read: true, write: true, execute: true });
    fillEntry(memory, tlb, ...halves(other), HOST + 4096, { read: true, write: true, execute: true });
    forbidWrites(memory, tlb, HOST);
    expect([hits(page, 1, TLB.write), hits(page, 1, TLB.read), hits(other & ~0xfffn, 1, TLB.write)]).toEqual([false, true, true]);
    clearEntry(memory, tlb, indexOf(halves(page)[0]));
    expect([hits(page, 1, TLB.read), hits(other & ~0xfffn, 1, TLB.read)]).toEqual([false, true]);
  },
);
