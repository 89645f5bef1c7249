/** Which code becomes a region, and what the compiler is told about it. */
import { expect, test } from 'vitest';
import { buildHandlers } from '../../../../src/hw/cpu/interpreter/handlers.ts';
import { Bench, CODE } from '../harness.ts';

const IF = 0x04;
const SECTION = 'metadata.code.branch_hint';

test('a loop that was passed over because another region has it too asks again, and gets its own', () => {
  const bench = new Bench(8);
  // outer: mov ecx, 100; a: dec ecx; jnz a; mov ecx, 100; b: dec ecx; jnz b; jmp outer
  const loop = [0xb9, 100, 0, 0, 0, 0xff, 0xc9, 0x75, 0xfc];
  const turn = 2 * (1 + 2 * 100) + 1;
  bench.run([...loop, ...loop, 0xeb, 0xec], 2 * turn + 1 + 2 * 10);
  expect(bench.machine.translation!.regions).toBe(0);
  // Always interrupted in loop a, which goes on at its head.
  for (let i = 0; i < 50; i++) bench.go(turn);
  expect(bench.context.rip).toBe(CODE + 5n);
  expect(bench.machine.translation!.regions).toBe(2);
});

test('where interrupts return to no region begins', () => {
  const bench = new Bench(8);
  // a: inc eax (four times); jmp a
  // Interrupted one instruction earlier each time: code that is known follows.
  bench.run([0xff, 0xc0, 0xff, 0xc0, 0xff, 0xc0, 0xff, 0xc0, 0xeb, 0xf6], 100);
  for (let i = 0; i < 1000; i++) bench.go(54);
  expect(bench.machine.translation!.regions).toBe(1);
});

test('branch hints point to ifs', () => {
  const { bytes } = buildHandlers(1024, 500);
  const sections = sectionsOf(bytes);
  const name = Buffer.from(SECTION);
  const hinted = sections.get(0)!;
  expect(Buffer.from(hinted.subarray(1, 1 + name.length))).toEqual(name);
  // The memory and the table are imported too.
  const imported = reader(sections.get(2)!)() - 2;
  const bodies = vector(sections.get(10)!);
  const number = reader(hinted, 1 + name.length);
  let seen = 0;
  for (let functions = number(); functions > 0; functions--) {
    const body = bodies[number() - imported]!;
    for (let count = number(), before = -1; count > 0; count--, seen++) {
      const place = number();
      expect(place).toBeGreaterThan(before);
      expect(body[place]).toBe(IF);
      expect([number(), number()]).toEqual([1, 0]);
      before = place;
    }
  }
  expect(number).toThrow('the end');
  expect(seen).toBeGreaterThan(1000);
});

/** Reads one LEB128 number after the other. */
function reader(bytes: Uint8Array, at: number = 0): () => number {
  return () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('the end');
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
}

/** A module's sections by number. */
function sectionsOf(bytes: Uint8Array): Map<number, Uint8Array> {
  const sections = new Map<number, Uint8Array>();
  for (let rest = bytes.subarray(8); rest.length > 0;) {
    const length = reader(rest, 1)();
    const start = 1 + bytesOf(length);
    sections.set(rest[0]!, rest.subarray(start, start + length));
    rest = rest.subarray(start + length);
  }
  return sections;
}
/** Byte vectors, each after its length. */
function vector(bytes: Uint8Array): readonly Uint8Array[] {
  const count = reader(bytes)();
  let rest = bytes.subarray(bytesOf(count));
  return Array.from({ length: count }, () => {
    const length = reader(rest)();
    const start = bytesOf(length);
    const item = rest.subarray(start, start + length);
    rest = rest.subarray(start + length);
    return item;
  });
}
const bytesOf = (value: number): number => Math.max(1, Math.ceil((32 - Math.clz32(value)) / 7));
