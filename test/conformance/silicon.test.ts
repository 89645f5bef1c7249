/** Both engines do what a real processor did: vectors recorded on an AMD EPYC (record.ts). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { testedForms } from './cases.ts';
import { differences } from './differences.ts';
import { Processor } from './interpreter.ts';
import { unpackVectors } from './vectors.ts';

const STEP = 3;
const read = (group: string): Uint8Array => readFileSync(new URL(`vectors/${group}.bin`, import.meta.url));

describe('recorded on silicon', () => {
  const recorded = new Set<string>();
  test.each(['integer', 'vector', 'x87'])('%s instructions', { timeout: 60_000 }, (group) => {
    const interpreter = new Processor();
    const wrong: string[] = [];
    for (const { name, code, state, flagsMask, outcome } of unpackVectors(read(group))) {
      recorded.add(name);
      const problems = differences(name.split(' ')[0]!, flagsMask, state, interpreter.run(code, state), outcome);
      if (problems.length > 0) wrong.push(`${name}: ${Buffer.from(code).toString('hex')} ${problems.join('; ')}`);
    }
    expect(wrong.slice(0, 10)).toEqual([]);
  });

  // A region for each case takes time: a part of them, never the same part of any form.
  test.each(['integer', 'vector', 'x87'])('%s instructions, translated', { timeout: 60_000 }, (group) => {
    const translator = new Processor('translator');
    const wrong: string[] = [];
    let translated = 0;
    for (const [i, { name, code, state, flagsMask, outcome }] of [...unpackVectors(read(group))].entries()) {
      if (i % STEP !== 0) continue;
      const ours = translator.runTranslated(code, state);
      if (ours === null) continue;
      translated++;
      const problems = differences(name.split(' ')[0]!, flagsMask, state, ours, outcome);
      if (problems.length > 0) wrong.push(`${name}: ${Buffer.from(code).toString('hex')} ${problems.join('; ')}`);
    }
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(translated).toBeGreaterThan(1000);
  });

  test('every form that a program can run on its own', () => {
    const missing = testedForms.map(({ description, text }) => `${description.name} ${text}`).filter((name) => !recorded.has(name));
    expect(missing).toEqual([]);
  });
});
