/**
 * Records the vectors in vectors/ on the processor this runs on. Run by hand:
 * gcc -O1 -static -o /tmp/silicon test/conformance/silicon.c && node test/conformance/record.ts /tmp/silicon [cases per form] [group]
 */
import { writeFileSync } from 'node:fs';
import type { Form } from '../../src/hw/cpu/decode/table.ts';
import { makeCase, testedForms, type Case } from './cases.ts';
import { compatibilityForms, makeCompatibilityCase, makeSegmentedCase, reachesMemory } from './compatibility-cases.ts';
import { runOnSilicon } from './silicon.ts';
import { makeState } from './state.ts';
import { countedFlags, undefinedResult } from './undefined.ts';
import { fileOf, packVectors, type Group, type Vector } from './vectors.ts';

const [runner = '/tmp/silicon', perForm = '500', only = ''] = process.argv.slice(2);
const isX87 = (name: string): boolean => /^(f|wait|emms)/.test(name);
const isVector = (text: string): boolean => /[VWUPQN][a-z]/.test(text);
/** In 32-bit code most forms do what they do in 64-bit code: fewer cases tell that. */
const FEWER = 25;

function record(group: Group, cases: readonly Case[]): void {
  if (only !== '' && only !== group) return;
  const complete = cases
    .map((testCase) => ({ ...testCase, state: makeState(testCase.recipe) }))
    .filter((testCase) => !undefinedResult(testCase, testCase.state));
  const outcomes = runOnSilicon(runner, complete, group === 'segments' ? 'segments' : group === 'compatibility' ? 'flat' : 'long');
  const vectors = complete.map((testCase, i): Vector => {
    const { form, code, recipe, state } = testCase;
    return { name: `${form.description.name} ${form.text}`, code, recipe, flagsMask: countedFlags(testCase, state), outcome: outcomes[i]! };
  });
  const file = packVectors(vectors);
  writeFileSync(fileOf(group), file);
  console.log(`${group}: ${vectors.length} cases, ${file.length} bytes`);
}

const casesOf = (form: Form, count: number, make: (form: Form, seed: number) => Case): Case[] =>
  Array.from({ length: count }, (_, i) => make(form, Math.imul(form.index + 1, 65537) + i));
const groups = Map.groupBy(testedForms, ({ description, text }): Group =>
  isX87(description.name) ? 'x87' : isVector(text) ? 'vector' : 'integer',
);
for (const [group, forms] of groups)
  record(
    group,
    forms.flatMap((form) => casesOf(form, Number(perForm), makeCase)),
  );
record(
  'compatibility',
  compatibilityForms.flatMap((form) => casesOf(form, Number(perForm) / (form.description.only === 32 ? 1 : FEWER), makeCompatibilityCase)),
);
record(
  'segments',
  compatibilityForms.filter(reachesMemory).flatMap((form) => casesOf(form, Number(perForm) / FEWER, makeSegmentedCase)),
);
