/**
 * Every hypercall of the table with pointers that lead nowhere and numbers that mean nothing: the answer is an errno (or a documented count), and
 * nothing of anybody's has changed.
 */
import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { asRax, runHypercall } from '../../../src/vmm/hypercalls/dispatch.ts';
import { Continuation, NO_RESULT, type Hypercall } from '../../../src/vmm/hypercalls/hypercall.ts';
import { iret } from '../../../src/vmm/hypercalls/iret.ts';
import { HYPERCALLS } from '../../../src/vmm/hypercalls/table.ts';
import { updateVaMapping } from '../../../src/vmm/hypercalls/update-va-mapping.ts';
import { createHypervisor, type HypervisorHandle } from '../../../src/vmm/hypervisor.ts';
import { audit } from '../support/audit.ts';
import { call, result } from '../support/call.ts';
import { ok, tinyGuest, type TinyGuest } from '../support/tiny-guest.ts';

const COMMANDS = 48;
const GARBAGE = [99, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].map(BigInt);
const READ_ONLY_PAGE = 9;
const PLAIN_PAGE = 8;
const LAST_PAGE = 11;
const LAST_ERRNO = -4095n;

let handle: HypervisorHandle;
let guest: TinyGuest;
let other: TinyGuest;

beforeEach(() => {
  handle = createHypervisor({ memoryBytes: 2 * 1024 * 1024, cpus: 1, clock: 'virtual', dom0MemoryMiB: 0 });
  newGuests();
});

function newGuests(): void {
  guest = tinyGuest(handle, { maxVcpus: 2 });
  other = tinyGuest(handle);
  expect(call(guest.vcpu, updateVaMapping, guest.va(READ_ONLY_PAGE), (BigInt(guest.mfn(READ_ONLY_PAGE)) << 12n) | 1n, 0)).toBe(0);
}

const places = (): readonly (readonly [string, bigint])[] => [
  ['null', 0n],
  ['unmapped', guest.unmapped],
  ['not canonical', 0x8000_0000_0000n],
  ['canonical but for its upper bits', (1n << 60n) | guest.va(PLAIN_PAGE)],
  ['the machine-to-physical table', 0xffff_8000_0000_0000n],
  ['the hypervisor', 0xffff_8780_0000_0000n],
  ['into an unmapped page', guest.va(LAST_PAGE) + 4095n],
  ['the end of the address space', 0xffff_ffff_ffff_ffffn],
];

const hypercalls = [...HYPERCALLS.values()].filter((hypercall) => hypercall !== iret);
const isPointer = (argument: string): boolean => argument.endsWith('*');
const isCommand = (argument: string): boolean => argument === 'cmd';

/** All that a hypercall could have spoilt: the frames of both domains. */
function memoryOf(...guests: readonly TinyGuest[]): string {
  const { memory } = handle.hypervisor.machine;
  return guests
    .flatMap(({ frames }) => frames)
    .map((mfn) => Buffer.from(memory.frame(mfn)).toString('base64'))
    .join();
}

function answer({ number }: Hypercall, args: readonly bigint[]): bigint {
  const value = runHypercall(
    guest.vcpu,
    number,
    Array.from({ length: 6 }, (_, i) => args[i] ?? 0n),
  );
  if (value === NO_RESULT || value instanceof Continuation) throw new Error('neither a result nor an error');
  return BigInt.asIntN(64, asRax(value));
}

/** Arguments for every command with `pointer` in one place, a good page in the others, and a count of one. */
function* argumentLists(hypercall: Hypercall, pointer: bigint): Generator<bigint[]> {
  const commands = hypercall.args.some(isCommand) ? [...Array.from({ length: COMMANDS }, (_, i) => BigInt(i)), ...GARBAGE] : [0n];
  for (const command of commands)
    for (const [position, argument] of hypercall.args.entries()) {
      if (!isPointer(argument)) continue;
      yield hypercall.args.map((name, i) =>
        i === position
          ? pointer
          : isCommand(name)
            ? command
            : isPointer(name)
              ? guest.va(PLAIN_PAGE)
              : name === 'foreigndom'
                ? 0x7ff0n
                : name === 'vcpuid'
                  ? 0n
                  : 1n,
      );
    }
}

/** Answers that are neither 0 nor an errno: what is asked has one. */
const ANSWERS: Readonly<Record<string, Readonly<Record<number, (value: bigint) => boolean>>>> = {
  xen_version: { 0: (value) => value >> 16n === 4n, 7: (value) => value === 4096n },
  memory_op: { 2: (value) => value === BigInt(handle.hypervisor.machine.memory.frames) },
  vcpu_op: { 3: (value) => value === 1n },
};

describe.each(hypercalls.filter(({ args }) => args.some(isPointer)).map((hypercall) => [hypercall.name, hypercall] as const))(
  '%s',
  (_, hypercall) => {
    test('answers a bad pointer with an errno or, where the pointer does not matter, as ever', () => {
      for (const [place, pointer] of places())
        for (const args of argumentLists(hypercall, pointer)) {
          newGuests();
          const before = memoryOf(guest, other);
          const said = answer(hypercall, args);
          const documented = said <= 0n && said >= LAST_ERRNO ? true : (ANSWERS[hypercall.name]?.[Number(args[0])]?.(said) ?? false);
          expect([place, args, said, documented]).toEqual([place, args, said, true]);
          expect([place, args, memoryOf(guest, other) === before]).toEqual([place, args, true]);
          expect(audit(handle.hypervisor)).toEqual([]);
          for (const { domid } of [guest, other]) ok(handle.controlFor(0).destroyDomain({ domid }));
        }
    });

    test('does not write where the guest may only read', () => {
      for (const args of argumentLists(hypercall, guest.va(READ_ONLY_PAGE))) {
        newGuests();
        const writable = args.map((value) => (value === guest.va(READ_ONLY_PAGE) ? guest.va(PLAIN_PAGE) : value));
        const before = memoryOf(guest);
        const saidReadOnly = answer(hypercall, args);
        expect([args, memoryOf(guest) === before]).toEqual([args, true]);
        answer(hypercall, writable);
        // What is written to a writable page cannot be told in a read-only one.
        if (memoryOf(guest) !== before && !ignoresUnwritable(hypercall, args)) expect([args, saidReadOnly]).toEqual([args, -14n]);
        for (const { domid } of [guest, other]) ok(handle.controlFor(0).destroyDomain({ domid }));
      }
    });
  },
);

/** mmu_update and mmuext_op tell how far they got only if they can: what was done stays done. */
function ignoresUnwritable({ args: names }: Hypercall, args: readonly bigint[]): boolean {
  return args[names.indexOf('pdone*')] === guest.va(READ_ONLY_PAGE);
}

test.each(hypercalls.filter(({ args }) => args.some(isCommand)).map((hypercall) => [hypercall.name, hypercall] as const))(
  '%s refuses commands that it does not have, and looks at 32 bits of them only',
  (_, hypercall) => {
    for (const garbage of GARBAGE)
      expect(
        answer(
          hypercall,
          hypercall.args.map((name) => (isCommand(name) ? garbage : isPointer(name) ? guest.va(PLAIN_PAGE) : 0n)),
        ),
      ).toBeLessThan(0n);
    for (let command = 0n; command < 16n; command++) {
      const told = [command, (1n << 32n) | command].map((cmd) => {
        newGuests();
        const said = answer(
          hypercall,
          hypercall.args.map((name) => (isCommand(name) ? cmd : isPointer(name) ? guest.unmapped : 0n)),
        );
        for (const { domid } of [guest, other]) ok(handle.controlFor(0).destroyDomain({ domid }));
        return said;
      });
      expect([command, told[1]]).toEqual([command, told[0]]);
    }
  },
);

test('a number without a hypercall is ENOSYS', () => {
  for (let number = 0; number < 256; number++)
    if (!HYPERCALLS.has(number)) expect(result(runHypercall(guest.vcpu, number, [0n]))).toBe('ENOSYS');
  for (const number of [0x7fff_ffff, 0xffff_ffff]) expect(result(runHypercall(guest.vcpu, number, [0n]))).toBe('ENOSYS');
});

test('whatever the arguments and what they point to, no exception, and nothing of another domain changes', () => {
  const word = fc.oneof(
    fc.nat({ max: 32 }).map(BigInt),
    fc.constantFrom<bigint | 'page' | 'tables' | 'readOnly' | 'frame' | 'foreign'>(
      'page',
      'page',
      'tables',
      'readOnly',
      'frame',
      'foreign',
      0x7ff0n,
      0x7ff0_7ff0n,
    ),
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    fc.constantFrom(0n, 0xffff_ffffn, 0x8000_0000n, (1n << 64n) - 1n, 0x8000_0000_0000n, 0xffff_8000_0000_0000n),
  );
  const one = fc.record({
    hypercall: fc.constantFrom(...hypercalls),
    args: fc.array(word, { minLength: 6, maxLength: 6 }),
    content: fc.array(fc.tuple(fc.nat({ max: 15 }), word), { maxLength: 8 }),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 20, size: 'max' }), (calls) => {
      newGuests();
      const value = (name: typeof word extends fc.Arbitrary<infer T> ? T : never): bigint => {
        if (typeof name === 'bigint') return name;
        return {
          page: guest.va(PLAIN_PAGE),
          tables: guest.readOnly,
          readOnly: guest.va(READ_ONLY_PAGE),
          frame: BigInt(guest.mfn(3)),
          foreign: BigInt(other.mfn(3)),
        }[name];
      };
      const before = memoryOf(other);
      for (const { hypercall, args, content } of calls) {
        if (handle.hypervisor.frames.type[guest.mfn(PLAIN_PAGE)] === 5)
          for (const [at, name] of content) guest.page(PLAIN_PAGE).setBigUint64(at * 8, value(name), true);
        const said = runHypercall(guest.vcpu, hypercall.number, args.map(value));
        expect(said === NO_RESULT || said instanceof Continuation || typeof asRax(said) === 'bigint').toBe(true);
      }
      expect(memoryOf(other) === before).toBe(true);
      expect(audit(handle.hypervisor)).toEqual([]);
      for (const { domid } of [guest, other]) ok(handle.controlFor(0).destroyDomain({ domid }));
      expect(audit(handle.hypervisor)).toEqual([]);
    }),
    { numRuns: 400 },
  );
}, 60_000);
