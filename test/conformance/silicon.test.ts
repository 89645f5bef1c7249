/** Both engines do what a real processor did: vectors recorded on an AMD EPYC (record.ts). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { testedForms } from './cases.ts';
import { compatibilityForms } from './compatibility-cases.ts';
import { differences } from './differences.ts';
import { Processor } from './interpreter.ts';
import { unpackVectors } from './vectors.ts';

const STEP = 3;
const read = (group: string): Uint8Array => readFileSync(new URL(`vectors/${group}.bin`, import.meta.url));

describe('recorded on silicon', () => {
  const recorded = { compatibility: new Set<string>(), long: new Set<string>() };
  test.each([
    ['integer', 'long'],
    ['vector', 'long'],
    ['x87', 'long'],
    ['compatibility', 'flat'],
    ['compatibility', 'segmented'],
  ] as const)('%s instructions in %s code', { timeout: 60_000 }, (group, kind) => {
    const compatibility = group === 'compatibility';
    const interpreter = new Processor('interpreter', kind);
    const wrong: string[] = [];
    for (const { name, code, state, flagsMask, outcome } of unpackVectors(read(group))) {
      recorded[compatibility ? 'compatibility' : 'long'].add(name);
      const problems = differences(name.split(' ')[0]!, flagsMask, state, interpreter.run(code, state), outcome);
      if (problems.length > 0) wrong.push(`${name}: ${Buffer.from(code).toString('hex')} ${problems.join('; ')}`);
    }
    expect(wrong.slice(0, 10)).toEqual([]);
  });

  // A region for each case takes time: a part of them, never the same part of any form.
  test.each(['integer', 'vector', 'compatibility'])('%s instructions, translated', { timeout: 60_000 }, (group) => {
    const translator = new Processor('translator', group === 'compatibility' ? 'flat' : 'long');
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

  test.each([
    ['64-bit code', 'long', testedForms],
    ['32-bit code', 'compatibility', compatibilityForms],
  ] as const)('every form that a program can run on its own in %s', (_, kind, tested) => {
    const missing = tested.map(({ description, text }) => `${description.name} ${text}`).filter((name) => !recorded[kind].has(name));
    expect(missing).toEqual([]);
  });
});
