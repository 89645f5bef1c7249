/** Both engines do what a real processor did: vectors recorded on an AMD EPYC (record.ts). */
import { expect, test } from 'vitest';
import { replay } from './replay.ts';

test('MMX and SSE instructions do what they did on silicon, in both engines', { timeout: 240_000 }, () => {
  const { translated, wrong } = replay('vector');
  expect(wrong).toEqual([]);
  expect(translated).toBeGreaterThan(150_000);
});
