/** The decoder against iced-x86 on chance, on our own forms and on every opcode. */
import { expect, test } from 'vitest';
import { EXCEPTIONS } from './exceptions.ts';
import { Oracle } from './oracle.ts';
import { everyEncoding, formSequences, randomSequences } from './sequences.ts';

const used = new Set<string>();
function compare(bytes: Uint8Array): number {
  const oracle = new Oracle(bytes);
  oracle.run();
  expect(oracle.wrong.slice(0, 10)).toEqual([]);
  for (const reason of oracle.used.keys()) used.add(reason);
  return oracle.agreed;
}

test('a million random sequences decode as iced-x86 decodes them', { timeout: 60_000 }, () => {
  expect(compare(randomSequences(1_000_000))).toBeGreaterThan(600_000);
});

test('a million of our own forms with random prefixes and operands decode as iced-x86 decodes them', { timeout: 60_000 }, () => {
  expect(compare(formSequences(1_000_000))).toBeGreaterThan(600_000);
});

test('every opcode with every mandatory prefix decodes as iced-x86 decodes it', () => {
  expect(compare(everyEncoding())).toBeGreaterThan(20_000);
});

test('every declared exception is needed', () => {
  expect(EXCEPTIONS.map(({ reason }) => reason).filter((reason) => !used.has(reason))).toEqual([]);
});
