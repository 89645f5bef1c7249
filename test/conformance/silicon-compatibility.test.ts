/** 32-bit code does what it did on a real processor: vectors recorded on an AMD EPYC (record.ts). */
import { expect, test } from 'vitest';
import { compatibilityForms } from './compatibility-cases.ts';
import { replay } from './replay.ts';
import { countVectors } from './vectors.ts';

test('32-bit instructions do what they did on silicon, in both engines', { timeout: 240_000 }, () => {
  const { translated, wrong } = replay('compatibility');
  expect(wrong).toEqual([]);
  expect(translated).toBeGreaterThan(15_000);
});

test(
  '32-bit instructions do so too where each address is checked against its segment, which the interpreter does',
  { timeout: 240_000 },
  () => {
    expect(replay('compatibility', 'segmented')).toEqual({ translated: 0, wrong: [] });
  },
);

test(
  '32-bit instructions do what they did on silicon with segments that have bases, limits and 16-bit offsets',
  { timeout: 240_000 },
  () => {
    expect(replay('segments')).toEqual({ translated: 0, wrong: [] });
  },
);

test('of every form that 32-bit code has there are cases', () => {
  const recorded = countVectors(['compatibility']);
  expect(compatibilityForms.map(({ description, text }) => `${description.name} ${text}`).filter((name) => !recorded.has(name))).toEqual(
    [],
  );
});
