/** Any sequence of page-table operations leaves every reference and type count as a walk from scratch finds it. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryOp } from '../../../src/vmm/hypercalls/memory-op.ts';
import { mmuUpdate } from '../../../src/vmm/hypercalls/mmu-update.ts';
import { mmuextOp } from '../../../src/vmm/hypercalls/mmuext-op.ts';
import { updateVaMapping } from '../../../src/vmm/hypercalls/update-va-mapping.ts';
import { createHypervisor, type HypervisorHandle } from '../../../src/vmm/hypervisor.ts';
import { DOMID_SELF } from '../../../src/vmm/control/types.ts';
import { audit } from '../support/audit.ts';
import { call, put } from '../support/call.ts';
import { ok, tinyGuest, type TinyGuest } from '../support/tiny-guest.ts';

const FLAGS = { none: 0n, readOnly: 1n, writable: 3n, user: 7n, large: 0x83n, linear: 0x21n } as const;
const OPERATION = { unpin: 4, baseptr: 5, userBaseptr: 15, clear: 16, copy: 17 } as const;
/** Extents of a reservation are put here, in the argument page. */
const EXTENT = 512;

/** Frames by name: the first tables and pages of the guest (what it has got since is among them, by number), and what is not its own. */
const frame = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 19 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('shared' as const, 'machine to physical' as const, 'another’s' as const, 'beyond' as const, 'zero' as const),
  },
);
const index = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom(255, 256, 257, 271, 272, 511));
const flags = fc.constantFrom(...(Object.keys(FLAGS) as (keyof typeof FLAGS)[]));
const page = fc.integer({ min: 0, max: 18 });
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('entry' as const),
      table: frame,
      index,
      target: frame,
      flags,
      command: fc.constantFrom(0, 2, 3),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('map' as const), page, target: frame, flags }) },
  {
    weight: 6,
    arbitrary: fc.record({ op: fc.constant('protect' as const), page, flags: fc.constantFrom('none' as const, 'readOnly' as const) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('build' as const),
      page: fc.integer({ min: 6, max: 15 }),
      level: fc.integer({ min: 1, max: 4 }),
      index,
      target: frame,
      flags,
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('fill' as const), table: frame, index, target: frame, flags }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('pin' as const), table: frame, level: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constantFrom('unpin' as const, 'userBaseptr' as const, 'clear' as const), table: frame }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('baseptr' as const), table: frame }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('copy' as const), table: frame, from: frame }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('decrease' as const), frame }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constantFrom('increase' as const, 'populate' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Frame = typeof frame extends fc.Arbitrary<infer T> ? T : never;

interface Host {
  readonly handle: HypervisorHandle;
  readonly other: TinyGuest;
}

function newHost(): Host {
  const handle = createHypervisor({ memoryBytes: 2 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 0 });
  return { handle, other: tinyGuest(handle) };
}

/** A guest whose hypercalls are the steps. */
function play({ handle, other }: Host, steps: readonly Step[], after: (step: Step) => void): void {
  const { hypervisor } = handle;
  const guest = tinyGuest(handle);
  const { domain, vcpu } = guest;
  const { memory } = hypervisor.machine;
  const frames: number[] = [...guest.frames];
  const mfnOf = (name: Frame): number => {
    if (typeof name === 'number') return frames[name % frames.length]!;
    return {
      shared: domain.sharedInfoFrame,
      'machine to physical': hypervisor.frames.m2pFirst,
      'another’s': other.mfn(3),
      beyond: memory.frames + 7,
      zero: 0,
    }[name];
  };
  const entry = (target: Frame, name: keyof typeof FLAGS): bigint => (BigInt(mfnOf(target)) << 12n) | FLAGS[name];
  const extended = (command: number, a: number, b = 0): unknown =>
    call(vcpu, mmuextOp, put(guest, [0, 4, command], [8, 8, a], [16, 8, b]), 1, 0, DOMID_SELF);
  const reserve = (command: number, value: number): unknown => {
    const result = call(
      vcpu,
      memoryOp,
      command,
      put(guest, [EXTENT, 8, value], [0, 8, guest.va(1) + BigInt(EXTENT)], [8, 8, 1], [16, 4, 0], [24, 2, DOMID_SELF]),
    );
    if (result === 1 && command !== 1) frames.push(Number(guest.page(1).getBigUint64(EXTENT, true)));
    return result;
  };
  // The page of arguments stays what it is, and where it is.
  const spared = (name: Frame): boolean => mfnOf(name) === guest.mfn(1);
  const onTheWay = (table: Frame, at: number): boolean =>
    [0, 0, 2, 5].some((used, level) => mfnOf(table) === guest.frames[level] && used === at);
  const fill = (table: Frame, at: number, value: bigint): void => {
    // A store of the guest's own, if it has the page mapped writable: here, if it could have.
    const mfn = mfnOf(table);
    const { owner, type, typeCount } = hypervisor.frames;
    if (owner[mfn] === domain.domid && (typeCount[mfn] === 0 || type[mfn] === 5) && !spared(table))
      memory.view.setBigUint64(memory.address(mfn) + at * 8, value, true);
  };
  for (const s of steps) {
    switch (s.op) {
      case 'entry':
        if (onTheWay(s.table, s.index)) break;
        call(
          vcpu,
          mmuUpdate,
          put(guest, [0, 8, (BigInt(mfnOf(s.table)) << 12n) | BigInt(s.index * 8 + s.command)], [8, 8, entry(s.target, s.flags)]),
          1,
          0,
          DOMID_SELF,
        );
        break;
      case 'map':
        if (s.page !== 5) call(vcpu, updateVaMapping, guest.readOnly + BigInt(s.page * 4096), entry(s.target, s.flags), 0);
        break;
      case 'protect':
        // Its own page, so that it can become a page table.
        if (s.page !== 5) call(vcpu, updateVaMapping, guest.readOnly + BigInt(s.page * 4096), entry(s.page, s.flags), 0);
        break;
      case 'fill':
        fill(s.table, s.index, entry(s.target, s.flags));
        break;
      case 'build':
        // A page with one entry becomes a page table.
        call(vcpu, updateVaMapping, guest.readOnly + BigInt(s.page * 4096), entry(s.page, 'readOnly'), 0);
        fill(s.page, s.index, entry(s.target, s.flags));
        extended(s.level - 1, mfnOf(s.page));
        break;
      case 'pin':
        if (!spared(s.table)) extended(s.level - 1, mfnOf(s.table));
        break;
      case 'copy':
        if (!spared(s.table)) extended(OPERATION.copy, mfnOf(s.table), mfnOf(s.from));
        break;
      case 'unpin':
      case 'baseptr':
      case 'userBaseptr':
      case 'clear':
        if (!spared(s.table)) extended(OPERATION[s.op], mfnOf(s.table));
        break;
      case 'decrease':
        if (!spared(s.frame)) reserve(1, mfnOf(s.frame));
        break;
      case 'increase':
        reserve(0, 0);
        break;
      case 'populate':
        reserve(6, 3);
        break;
      default:
    }
    after(s);
  }
  ok(handle.controlFor(0).destroyDomain({ domid: guest.domid }));
}

test('references and types are what a walk from scratch counts, and a destroyed domain leaves nothing', () => {
  let host = newHost();
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }), (steps) => {
      const { hypervisor } = host.handle;
      const before = hypervisor.frames.freeCount;
      try {
        play(host, steps, () => expect(audit(hypervisor)).toEqual([]));
        expect(audit(hypervisor)).toEqual([]);
        expect(hypervisor.frames.freeCount).toBe(before);
      } catch (error) {
        host = newHost(); // this one is spoilt for the next case
        throw error;
      }
    }),
    { numRuns: 300 },
  );
}, 120_000);
