/** Grants between two domains and domain 0 against a model: what is answered, the entries' busy bits, every count; and nothing is left at the end. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MappedFrames } from '../../../src/vmm/control/types.ts';
import { Errno } from '../../../src/vmm/errno.ts';
import { GTF } from '../../../src/vmm/grants/grant-table.ts';
import { DOMID_SELF } from '../../../src/vmm/control/types.ts';
import { grantTableOp } from '../../../src/vmm/hypercalls/grant-table-op.ts';
import { memoryOp } from '../../../src/vmm/hypercalls/memory-op.ts';
import { updateVaMapping } from '../../../src/vmm/hypercalls/update-va-mapping.ts';
import { createHypervisor, type HypervisorHandle } from '../../../src/vmm/hypervisor.ts';
import { audit, type Held } from '../support/audit.ts';
import { call, put } from '../support/call.ts';
import { ok, tinyGuest, type TinyGuest } from '../support/tiny-guest.ts';

const STATUS = { okay: 0, generalError: -1, badDomain: -2, badRef: -3, badHandle: -4, badPage: -9 } as const;
const BEYOND = 512;
const NOBODY = 30_000;
const HOST_MAP = 2;
const READONLY = 4;

const who = fc.integer({ min: 0, max: 1 });
/** Pages that are granted are 6 to 8, those that grants are mapped at 3 to 5; the rest of the frames are page tables and somebody else's. */
const granted = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(6, 7, 8) },
  { weight: 1, arbitrary: fc.constantFrom('table' as const, 'other’s' as const, 'beyond' as const) },
);
const ref = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 2 }) }, { weight: 1, arbitrary: fc.constant(BEYOND) });
const window = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(3, 4, 5) },
  { weight: 1, arbitrary: fc.constantFrom('unmapped' as const, 'hypervisor' as const) },
);
const flags = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(1, 5) }, { weight: 1, arbitrary: fc.constantFrom(0, 2, 3, 0x101, 0x19) });
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('grant' as const),
      d: who,
      ref: fc.integer({ min: 0, max: 2 }),
      flags,
      to: fc.constantFrom(0, 1, 1, 1, 2),
      frame: granted,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('map' as const),
      d: who,
      from: fc.constantFrom(0, 1, 1, 1, 2),
      ref,
      readonly: fc.boolean(),
      at: window,
      pte: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('unmap' as const),
      d: who,
      handle: fc.integer({ min: 0, max: 4 }),
      at: window,
      right: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('replace' as const),
      d: who,
      at: fc.constantFrom(3, 4, 5),
      with: fc.constantFrom('own' as const, 'nothing' as const, 'granted' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('hold' as const), d: who, ref, readonly: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('let go' as const), index: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('give back' as const), d: who, page: fc.constantFrom(6, 7, 8) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Pin {
  readonly domid: number;
  readonly mfn: number;
  readers: number;
  writers: number;
}
interface Mapping {
  readonly granter: number;
  readonly ref: number;
  readonly mfn: number;
  readonly writable: boolean;
  readonly pte: boolean;
}

class World {
  readonly handle: HypervisorHandle;
  readonly guests: readonly TinyGuest[];
  /** Of each domain: the entries as its kernel sees them, what is in use of them, and what it has mapped by handle. */
  readonly entries: { flags: number; domid: number; mfn: number }[][];
  readonly pins: readonly Map<number, Pin>[] = [new Map(), new Map()];
  readonly handles: readonly Map<number, Mapping>[] = [new Map(), new Map()];
  /** What the windows show: the entry's frame and whether it is writable. */
  readonly windows: readonly Map<number, { mfn: number; writable: boolean } | null>[];
  readonly held: { domain: number; ref: number; mapped: MappedFrames; mfn: number; writable: boolean }[] = [];

  constructor(handle: HypervisorHandle) {
    this.handle = handle;
    this.guests = [tinyGuest(handle), tinyGuest(handle)];
    this.entries = this.guests.map(() => Array.from({ length: 3 }, () => ({ flags: 0, domid: 0, mfn: 0 })));
    this.windows = this.guests.map((guest) => new Map([3, 4, 5].map((i) => [i, { mfn: guest.mfn(i), writable: true }])));
    for (const { domid } of this.guests) ok(handle.controlFor(0).grantTable({ domid, frames: 1 }));
    for (const d of [0, 1]) for (const at of [0, 1]) this.grant(d, at, GTF.permitAccess, this.domid(1 - d), this.guests[d]!.mfn(6 + at));
  }

  domid(index: number): number {
    return this.guests[index]?.domid ?? NOBODY;
  }

  view(d: number, at: number): { view: DataView; at: number } {
    const { view } = this.handle.hypervisor.machine.memory;
    return { view, at: this.guests[d]!.domain.grants.entry(at) };
  }

  grant(d: number, at: number, value: number, domid: number, mfn: number): void {
    const entry = this.view(d, at);
    entry.view.setUint16(entry.at, value, true);
    entry.view.setUint16(entry.at + 2, domid, true);
    entry.view.setUint32(entry.at + 4, mfn, true);
    this.entries[d]![at] = { flags: value, domid, mfn };
  }

  /** The frame, held in the model as the hypervisor ought to; or why not. */
  acquire(d: number, at: number, user: number, writable: boolean): number {
    if (at >= BEYOND) return STATUS.badRef;
    const entry = this.entries[d]![at]!;
    const pin = this.pins[d]!.get(at);
    const { frames } = this.handle.hypervisor;
    if (pin ? pin.domid !== user : (entry.flags & 0x103) !== 1 || entry.domid !== user) return STATUS.generalError;
    if (writable && !pin?.writers && entry.flags & GTF.readonly) return STATUS.generalError;
    const mfn = pin?.mfn ?? entry.mfn;
    if (!pin && frames.owner[mfn] !== this.domid(d)) return STATUS.badPage;
    if (writable && frames.isPageTable(mfn)) return STATUS.generalError;
    const held = pin ?? { domid: user, mfn, readers: 0, writers: 0 };
    if (writable) held.writers++;
    else held.readers++;
    this.pins[d]!.set(at, held);
    entry.flags |= GTF.reading | (writable ? GTF.writing : 0);
    return mfn;
  }

  release(d: number, at: number, writable: boolean): void {
    const pin = this.pins[d]!.get(at)!;
    const entry = this.entries[d]![at]!;
    if (writable) pin.writers--;
    else pin.readers--;
    if (writable && pin.writers === 0) entry.flags &= ~GTF.writing;
    if (pin.readers + pin.writers > 0) return;
    entry.flags &= ~GTF.reading;
    this.pins[d]!.delete(at);
  }

  heldFrames(): Held[] {
    return this.held.map(({ mfn, writable }) => ({ mfn, writable }));
  }
}

function play(world: World, s: Step): void {
  const { handle, guests } = world;
  switch (s.op) {
    case 'grant': {
      const frame =
        typeof s.frame === 'number'
          ? guests[s.d]!.mfn(s.frame)
          : { table: guests[s.d]!.frames[3]!, 'other’s': guests[1 - s.d]!.mfn(6), beyond: 0xffff_ffff }[s.frame];
      // 0: to domain 0, 1: to the other one, 2: to itself
      world.grant(s.d, s.ref, s.flags, s.to === 0 ? 0 : world.domid(s.to === 1 ? 1 - s.d : s.d), frame);
      return;
    }
    case 'map':
      return map(world, s);
    case 'unmap':
      return unmap(world, s);
    case 'replace': {
      const guest = guests[s.d]!;
      const foreign = [...world.handles[s.d]!.values()][0];
      const shown = world.windows[s.d]!.get(s.at)!;
      const mfn = s.with === 'own' ? guest.mfn(s.at) : s.with === 'granted' ? foreign?.mfn : undefined;
      const entry = mfn === undefined ? 0n : (BigInt(mfn) << 12n) | 3n;
      // A frame that is somebody else's comes by a grant only; the same entry again is no change.
      const same = shown !== null && shown?.mfn === mfn && shown?.writable;
      const { frames } = handle.hypervisor;
      // One's own, if it is no page table: a domain may have granted itself one, to read.
      const own = mfn === undefined || (frames.owner[mfn] === guest.domid && !frames.isPageTable(mfn));
      expect([s, call(guest.vcpu, updateVaMapping, guest.va(s.at), entry, 0)]).toEqual([s, own || same ? 0 : 'EBUSY']);
      if (own) world.windows[s.d]!.set(s.at, mfn === undefined ? null : { mfn, writable: true });
      return;
    }
    case 'hold': {
      const mapped = handle.guestCalls(0).mapGrant({ domid: world.domid(s.d), refs: [s.ref], readonly: s.readonly });
      const mfn = world.acquire(s.d, s.ref, 0, !s.readonly);
      expect([s, mapped instanceof Errno]).toEqual([s, mfn < 0]);
      if (!(mapped instanceof Errno)) world.held.push({ domain: s.d, ref: s.ref, mapped, mfn, writable: !s.readonly });
      return;
    }
    case 'let go': {
      const [one] = world.held.splice(s.index, 1);
      if (!one) return;
      one.mapped[Symbol.dispose]();
      world.release(one.domain, one.ref, one.writable);
      return;
    }
    case 'give back': {
      const guest = guests[s.d]!;
      const had = guest.domain.pages.has(guest.mfn(s.page));
      expect(
        call(
          guest.vcpu,
          memoryOp,
          1,
          put(guest, [512, 8, guest.mfn(s.page)], [0, 8, guest.va(1) + 512n], [8, 8, 1], [16, 4, 0], [24, 2, DOMID_SELF]),
        ),
      ).toBe(had ? 1 : 0);
      return;
    }
    default:
  }
}

function addressOf(guest: TinyGuest, at: number | 'unmapped' | 'hypervisor', pte: boolean): bigint {
  if (typeof at !== 'number') return at === 'unmapped' ? 0x1000_0000_0000n : 0xffff_8000_0000_0000n;
  return pte ? (BigInt(guest.frames[3]!) << 12n) | BigInt((4 + at) * 8) : guest.va(at);
}

function map(world: World, s: Extract<Step, { op: 'map' }>): void {
  const guest = world.guests[s.d]!;
  const granter = s.from === 2 ? 2 : s.from === 1 ? 1 - s.d : s.d;
  put(
    guest,
    [0, 8, addressOf(guest, s.at, s.pte)],
    [8, 4, HOST_MAP | (s.readonly ? READONLY : 0) | (s.pte ? 16 : 0)],
    [12, 4, s.ref],
    [16, 2, world.domid(granter)],
    [18, 2, 77],
  );
  expect(call(guest.vcpu, grantTableOp, 0, guest.va(1), 1)).toBe(0);
  const status = guest.page(1).getInt16(18, true);
  const mfn = granter === 2 ? STATUS.badDomain : world.acquire(granter, s.ref, guest.domid, !s.readonly);
  if (mfn < 0) return expect([s, status]).toEqual([s, mfn]);
  if (typeof s.at !== 'number') {
    world.release(granter, s.ref, !s.readonly);
    return expect([s, status]).toEqual([s, STATUS.generalError]);
  }
  expect([s, status]).toEqual([s, STATUS.okay]);
  const handle = guest.page(1).getUint32(20, true);
  expect(world.handles[s.d]!.has(handle)).toBe(false);
  expect(guest.page(1).getBigUint64(24, true)).toBe(BigInt(mfn) << 12n);
  world.handles[s.d]!.set(handle, { granter, ref: s.ref, mfn, writable: !s.readonly, pte: s.pte });
  world.windows[s.d]!.set(s.at, { mfn, writable: !s.readonly });
}

function unmap(world: World, s: Extract<Step, { op: 'unmap' }>): void {
  const guest = world.guests[s.d]!;
  // One of those that are there, or one that is not.
  const handles = [...world.handles[s.d]!.keys()];
  const handle = s.handle === 4 ? 1000 : (handles[s.handle % handles.length] ?? 0);
  const mapping = world.handles[s.d]!.get(handle);
  const at = s.right
    ? ([...world.windows[s.d]!].find(([, shown]) => shown?.mfn === mapping?.mfn && shown?.writable === mapping?.writable)?.[0] ?? s.at)
    : s.at;
  put(guest, [0, 8, addressOf(guest, at, mapping?.pte ?? false)], [8, 8, 0], [16, 4, handle], [20, 2, 77]);
  expect(call(guest.vcpu, grantTableOp, 1, guest.va(1), 1)).toBe(0);
  const status = guest.page(1).getInt16(20, true);
  const shown = typeof at === 'number' ? world.windows[s.d]!.get(at) : null;
  if (!mapping) return expect([s, status]).toEqual([s, STATUS.badHandle]);
  if (shown?.mfn !== mapping.mfn || shown.writable !== mapping.writable) return expect([s, status]).toEqual([s, STATUS.generalError]);
  expect([s, status]).toEqual([s, STATUS.okay]);
  world.handles[s.d]!.delete(handle);
  world.windows[s.d]!.set(at as number, null);
  world.release(mapping.granter, mapping.ref, mapping.writable);
}

function check(world: World): void {
  const { hypervisor } = world.handle;
  expect(audit(hypervisor, world.heldFrames())).toEqual([]);
  for (const d of [0, 1]) {
    const { domain } = world.guests[d]!;
    for (const at of [0, 1, 2]) {
      const entry = world.view(d, at);
      expect([at, entry.view.getUint16(entry.at, true)]).toEqual([at, world.entries[d]![at]!.flags]);
    }
    expect(new Map(domain.grants.active)).toEqual(world.pins[d]);
    expect(domain.grants.handles.size).toBe(world.handles[d]!.size);
    for (const [at, shown] of world.windows[d]!) {
      const { memory } = hypervisor.machine;
      const entry = memory.view.getBigUint64(memory.address(world.guests[d]!.frames[3]!) + (4 + at) * 8, true);
      expect([at, entry & ~0x64n]).toEqual([at, shown ? (BigInt(shown.mfn) << 12n) | (shown.writable ? 3n : 1n) : 0n]);
      if (shown)
        expect(world.guests[d]!.vcpu.environment.permits(shown.mfn, shown.writable ? 'write' : 'read')).toBe(
          mayStillTouch(world, d, shown),
        );
    }
  }
}

/** One's own frame always; a granted one while a handle that allows it is there. */
function mayStillTouch(world: World, d: number, shown: { mfn: number; writable: boolean }): boolean {
  if (world.handle.hypervisor.frames.owner[shown.mfn] === world.domid(d)) return true;
  return [...world.handles[d]!.values()].some(({ mfn, writable }) => mfn === shown.mfn && (writable || !shown.writable));
}

test('mappings, copies in domain 0, revocation and giving back behave as the model says, and leave nothing', () => {
  let handle = createHypervisor({ memoryBytes: 2 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 0 });
  const seen = { mapped: 0, unmapped: 0, held: 0 };
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 10, maxLength: 100, size: 'max' }),
      fc.boolean(),
      fc.boolean(),
      (steps, firstFirst, heldLast) => {
        const { hypervisor } = handle;
        const before = hypervisor.frames.freeCount;
        try {
          const world = new World(handle);
          for (const s of steps) {
            const before = world.handles[0]!.size + world.handles[1]!.size;
            play(world, s);
            check(world);
            const after = world.handles[0]!.size + world.handles[1]!.size;
            if (after > before) seen.mapped++;
            if (after < before) seen.unmapped++;
            seen.held = Math.max(seen.held, world.held.length);
          }
          const letGo = (): void => {
            for (const { mapped } of world.held.splice(0)) mapped[Symbol.dispose]();
          };
          if (!heldLast) letGo();
          for (const d of firstFirst ? [0, 1] : [1, 0]) {
            ok(handle.controlFor(0).destroyDomain({ domid: world.domid(d) }));
            expect(audit(hypervisor, world.heldFrames())).toEqual([]);
          }
          letGo();
          expect(audit(hypervisor)).toEqual([]);
          expect(hypervisor.frames.freeCount).toBe(before);
        } catch (error) {
          handle = createHypervisor({ memoryBytes: 2 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 0 });
          throw error;
        }
      },
    ),
    { numRuns: 200 },
  );
  // The cases are worth something only if grants do get mapped and unmapped in them.
  expect(seen.mapped).toBeGreaterThan(500);
  expect(seen.unmapped).toBeGreaterThan(200);
  expect(seen.held).toBeGreaterThan(1);
}, 60_000);
