/** The interpreter does what a real processor did: vectors recorded on an AMD EPYC (record.ts). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { testedForms } from './cases.ts';
import { differences } from './differences.ts';
import { Interpreter } from './interpreter.ts';
import { unpackVectors } from './vectors.ts';

const read = (group: string): Uint8Array => readFileSync(new URL(`vectors/${group}.bin`, import.meta.url));

describe('recorded on silicon', () => {
  const recorded = new Set<string>();
  test.each(['integer', 'vector', 'x87'])('%s instructions', { timeout: 60_000 }, (group) => {
    const interpreter = new Interpreter();
    const wrong: string[] = [];
    for (const { name, code, state, flagsMask, outcome } of unpackVectors(read(group))) {
      recorded.add(name);
      const problems = differences(name.split(' ')[0]!, flagsMask, state, interpreter.run(code, state), outcome);
      if (problems.length > 0) wrong.push(`${name}: ${Buffer.from(code).toString('hex')} ${problems.join('; ')}`);
    }
    expect(wrong.slice(0, 10)).toEqual([]);
  });

  test('every form that a program can run on its own', () => {
    const missing = testedForms.map(({ description, text }) => `${description.name} ${text}`).filter((name) => !recorded.has(name));
    expect(missing).toEqual([]);
  });
});
