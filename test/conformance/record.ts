/**
 * Records the vectors in vectors/ on the processor this runs on. Run by hand:
 * gcc -O1 -static -o /tmp/silicon test/conformance/silicon.c && node test/conformance/record.ts /tmp/silicon [cases per form] [group]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Form } from '../../src/hw/cpu/decode/table.ts';
import { countedFlags, makeCase, testedForms, undefinedResult, type Case } from './cases.ts';
import { compatibilityForms, makeCompatibilityCase } from './compatibility-cases.ts';
import { runOnSilicon } from './silicon.ts';
import { makeState } from './state.ts';
import { packVectors, type Vector } from './vectors.ts';

const [runner = '/tmp/silicon', perForm = '100', only = ''] = process.argv.slice(2);
const directory = new URL('vectors/', import.meta.url);
const isX87 = (name: string): boolean => /^(f|wait|emms)/.test(name);
const isVector = (text: string): boolean => /[VWUPQN][a-z]/.test(text);
const groups = Map.groupBy(testedForms, ({ description, text }) =>
  isX87(description.name) ? 'x87' : isVector(text) ? 'vector' : 'integer',
);
/** In 32-bit code most forms do what they do in 64-bit code: fewer cases tell that. */
const FEWER = 5;
const compatibilityCases = ({ description: { only: size } }: Form): number => Number(perForm) / (size === 32 ? 1 : FEWER);

function record(group: string, cases: readonly Case[], compatibility: boolean): void {
  if (only !== '' && only !== group) return;
  const complete = cases
    .map((testCase) => ({ ...testCase, state: makeState(testCase.recipe) }))
    .filter((testCase) => !undefinedResult(testCase, testCase.state));
  const outcomes = runOnSilicon(runner, complete, compatibility);
  const vectors = complete.map((testCase, i): Vector => {
    const { form, code, recipe, state } = testCase;
    return { name: `${form.description.name} ${form.text}`, code, recipe, flagsMask: countedFlags(testCase, state), outcome: outcomes[i]! };
  });
  const file = packVectors(vectors);
  writeFileSync(new URL(`${group}.bin`, directory), file);
  console.log(`${group}: ${vectors.length} cases, ${file.length} bytes`);
}

mkdirSync(directory, { recursive: true });
const seeds = (form: Form, count: number): number[] => Array.from({ length: count }, (_, i) => Math.imul(form.index + 1, 65537) + i);
for (const [group, forms] of groups)
  record(
    group,
    forms.flatMap((form) => seeds(form, Number(perForm)).map((seed) => makeCase(form, seed))),
    false,
  );
record(
  'compatibility',
  compatibilityForms.flatMap((form) => seeds(form, compatibilityCases(form)).map((seed) => makeCompatibilityCase(form, seed))),
  true,
);
