/** Both engines do what a real processor did: vectors recorded on an AMD EPYC (record.ts). */
import { expect, test } from 'vitest';
import { testedForms } from './cases.ts';
import { replay } from './replay.ts';
import { countVectors } from './vectors.ts';

test('integer instructions do what they did on silicon, in both engines', { timeout: 240_000 }, () => {
  const { translated, wrong } = replay('integer');
  expect(wrong).toEqual([]);
  expect(translated).toBeGreaterThan(100_000);
});

test('x87 instructions do what they did on silicon, in both engines', { timeout: 240_000 }, () => {
  const { translated, wrong } = replay('x87');
  expect(wrong).toEqual([]);
  expect(translated).toBeGreaterThan(50_000);
});

test('of every form that a program can run on its own there are hundreds of cases', () => {
  const recorded = countVectors(['integer', 'vector', 'x87']);
  // Of BSWAP and the double shifts, those whose result the manual leaves undefined are left out.
  const few = testedForms
    .map(({ description, text }) => `${description.name} ${text}`)
    .filter((name) => (recorded.get(name) ?? 0) < (/^(bswap|sh[lr]d) /.test(name) ? 300 : 500));
  expect(few).toEqual([]);
});
