/**
 * Records the vectors in vectors/ on the processor this runs on. Run by hand:
 * gcc -O1 -static -o /tmp/silicon test/conformance/silicon.c && node test/conformance/record.ts /tmp/silicon [cases per form]
 */
import { writeFileSync } from 'node:fs';
import { makeCase, testedForms } from './cases.ts';
import { runOnSilicon } from './silicon.ts';
import { makeState } from './state.ts';
import { countedFlags, undefinedResult } from './undefined.ts';
import { fileOf, packVectors, type Group, type Vector } from './vectors.ts';

const [runner = '/tmp/silicon', perForm = '500'] = process.argv.slice(2);
const isX87 = (name: string): boolean => /^(f|wait|emms)/.test(name);
const isVector = (text: string): boolean => /[VWUPQN][a-z]/.test(text);
const groups = Map.groupBy(testedForms, ({ description, text }): Group =>
  isX87(description.name) ? 'x87' : isVector(text) ? 'vector' : 'integer',
);
for (const [group, forms] of groups) {
  const cases = forms
    .flatMap((form) => Array.from({ length: Number(perForm) }, (_, i) => makeCase(form, Math.imul(form.index + 1, 65537) + i)))
    .map((testCase) => ({ ...testCase, state: makeState(testCase.recipe) }))
    .filter((testCase) => !undefinedResult(testCase, testCase.state));
  const outcomes = runOnSilicon(runner, cases);
  const vectors = cases.map((testCase, i): Vector => {
    const { form, code, recipe, state } = testCase;
    return { name: `${form.description.name} ${form.text}`, code, recipe, flagsMask: countedFlags(testCase, state), outcome: outcomes[i]! };
  });
  const file = packVectors(vectors);
  writeFileSync(fileOf(group), file);
  console.log(`${group}: ${forms.length} forms, ${vectors.length} cases, ${file.length} bytes`);
}
