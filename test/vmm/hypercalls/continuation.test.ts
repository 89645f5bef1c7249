/** A call with billions of requests, all in memory that a few frames show again and again: it is done a little at a time, and others run meanwhile. */
import { beforeEach, describe, expect, test } from 'vitest';
import { DOMID_SELF } from '../../../src/vmm/control/types.ts';
import { dispatchHypercall } from '../../../src/vmm/hypercalls/dispatch.ts';
import { mmuUpdate } from '../../../src/vmm/hypercalls/mmu-update.ts';
import { mmuextOp } from '../../../src/vmm/hypercalls/mmuext-op.ts';
import { updateVaMapping } from '../../../src/vmm/hypercalls/update-va-mapping.ts';
import { createHypervisor, type HypervisorHandle } from '../../../src/vmm/hypervisor.ts';
import { call, put } from '../support/call.ts';
import { ok, tinyGuest, type TinyGuest } from '../support/tiny-guest.ts';

const MMU_UPDATE = 1n;
const MULTICALL = 13n;
const CONSOLE_IO = 18n;
const GRANT_TABLE_OP = 20n;
const MMUEXT_OP = 26n;
const XEN_VERSION = 17n;
const SYSCALL = [0x0f, 0x05];
const JUMP_TO_SELF = [0xeb, 0xfe];
/** From here on the same page, again and again, for a gigabyte. */
const HALL_OF_MIRRORS = 3n << 21n;
const MIRROR = 5;
const TABLE = 6;
const COUNTS = 7;
const GIGABYTE = 1 << 30;

let handle: HypervisorHandle;
let guest: TinyGuest;

beforeEach(() => {
  handle = createHypervisor({ memoryBytes: 8 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 0, nsPerInstruction: 1000 });
  guest = tinyGuest(handle, { code: [...SYSCALL, ...JUMP_TO_SELF] });
  for (let i = 0; i < 512; i++) guest.page(TABLE).setBigUint64(i * 8, (BigInt(guest.mfn(MIRROR)) << 12n) | 3n, true);
  expect(call(guest.vcpu, updateVaMapping, guest.va(TABLE), (BigInt(guest.mfn(TABLE)) << 12n) | 1n, 0)).toBe(0);
  expect(call(guest.vcpu, mmuextOp, put(guest, [0, 4, 0], [8, 8, guest.mfn(TABLE)]), 1, 0, DOMID_SELF)).toBe(0);
  for (let i = 3; i < 512; i++)
    expect(
      call(
        guest.vcpu,
        mmuUpdate,
        put(guest, [0, 8, (BigInt(guest.frames[2]!) << 12n) + BigInt(i * 8)], [8, 8, (BigInt(guest.mfn(TABLE)) << 12n) | 7n]),
        1,
        0,
        DOMID_SELF,
      ),
    ).toBe(0);
});

const RAX = 0;
const [RDI, RSI, RDX, R10] = [7, 6, 2, 10];

/** The page of mirrors, full of this. */
function fill(...words: readonly bigint[]): void {
  for (let i = 0; i < 512; i++) guest.page(MIRROR).setBigUint64(i * 8, words[i % words.length]!, true);
}

/** As SYSCALL leaves it. */
function issue(number: bigint, ...args: readonly bigint[]): void {
  const { context } = guest.vcpu;
  context.setGpr(RAX, number);
  [RDI, RSI, RDX, R10].forEach((index, i) => context.setGpr(index, args[i] ?? 0n));
  context.rip = guest.va(0) + 2n;
}

/** Until it has its result; how many times it was issued. */
function finish(): number {
  const { context } = guest.vcpu;
  for (let times = 1; ; times++) {
    dispatchHypercall(guest.vcpu);
    if (context.rip !== guest.va(0)) return times;
    context.rip += 2n;
  }
}

describe('done in pieces, and to the end', () => {
  test('mmu_update, with the whole count', () => {
    fill((BigInt(guest.mfn(8)) << 12n) + 8n, 0x1234n);
    issue(MMU_UPDATE, HALL_OF_MIRRORS, 1000n, guest.va(COUNTS), BigInt(DOMID_SELF));
    expect(finish()).toBe(4);
    expect(guest.vcpu.context.gpr(RAX)).toBe(0n);
    expect(guest.page(COUNTS).getUint32(0, true)).toBe(1000);
    expect(guest.page(8).getBigUint64(8, true)).toBe(0x1234n);
  });

  test('mmuext_op, and the error of a later piece', () => {
    fill(6n, 0n, 0n); // TLB_FLUSH_LOCAL; pages end within an operation, so the last one reads something else
    issue(MMUEXT_OP, HALL_OF_MIRRORS, 600n, guest.va(COUNTS), BigInt(DOMID_SELF));
    finish();
    const done = guest.page(COUNTS).getUint32(0, true);
    expect(done).toBeGreaterThanOrEqual(170);
    fill(6n, 0n, 0n);
    issue(MMUEXT_OP, HALL_OF_MIRRORS + BigInt(GIGABYTE) - (6n << 20n) - 24n * 300n - 16n, 301n, guest.va(COUNTS), BigInt(DOMID_SELF));
    finish();
    expect(guest.page(COUNTS).getUint32(0, true)).toBeLessThan(301);
  });

  test('multicall, with a long call in it', () => {
    const entry = (i: number, ...words: readonly bigint[]): void =>
      words.forEach((word, j) => guest.page(1).setBigUint64(i * 64 + j * 8, word, true));
    fill((BigInt(guest.mfn(8)) << 12n) + 8n, 0x77n);
    entry(0, XEN_VERSION, 0n, 7n);
    entry(1, MMU_UPDATE, 0n, HALL_OF_MIRRORS, 700n, guest.va(COUNTS), BigInt(DOMID_SELF));
    entry(2, XEN_VERSION, 0n, 7n);
    issue(MULTICALL, guest.va(1), 3n);
    expect(finish()).toBe(3);
    expect(guest.vcpu.context.gpr(RAX)).toBe(0n);
    expect([0, 1, 2].map((i) => guest.page(1).getBigUint64(i * 64 + 8, true))).toEqual([4096n, 0n, 4096n]);
    expect(guest.page(COUNTS).getUint32(0, true)).toBe(700);
  });

  test('console_io', () => {
    fill(0x2e2e_2e2e_2e2e_2e2en);
    issue(CONSOLE_IO, 0n, 10_000n, HALL_OF_MIRRORS);
    expect(finish()).toBe(3);
    expect(guest.vcpu.context.gpr(RAX)).toBe(0n);
  });

  test('grant_table_op', () => {
    fill(0n);
    issue(GRANT_TABLE_OP, 1n, HALL_OF_MIRRORS, 600n);
    expect(finish()).toBe(3);
    expect(guest.vcpu.context.gpr(RAX)).toBe(0n);
  });
});

test.each([
  ['mmu_update', MMU_UPDATE, (): bigint[] => [HALL_OF_MIRRORS, 0x3f0_0000n, 0n, BigInt(DOMID_SELF)]],
  ['multicall', MULTICALL, (): bigint[] => [HALL_OF_MIRRORS, 0xf0_0000n]],
  ['console_io', CONSOLE_IO, (): bigint[] => [0n, 0x3f00_0000n, HALL_OF_MIRRORS]],
])('domain 0 gets its turn during %s of a gigabyte, and can end it', async (name, number, args) => {
  fill(...(name === 'multicall' ? [XEN_VERSION, 0n, 7n, 0n, 0n, 0n, 0n, 0n] : [(BigInt(guest.mfn(8)) << 12n) + 8n, 0x2e2e_2e2en]));
  issue(number, ...args());
  guest.vcpu.context.rip = guest.va(0);
  ok(handle.controlFor(0).unpauseDomain({ domid: guest.domid }));
  handle.start();
  await new Promise<void>((resolve) => void handle.at(50_000, () => resolve(handle.stop())));
  expect(guest.vcpu.context.rip).toBe(guest.va(0)); // still at it
  expect(guest.vcpu.context.retired).toBeGreaterThan(10);
  ok(handle.controlFor(0).destroyDomain({ domid: guest.domid }));
});
