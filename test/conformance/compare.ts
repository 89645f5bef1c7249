/**
 * Differential test against the processor this runs on: random cases of every form through `silicon` (see silicon.c) and through both engines.
 * Run by hand: gcc -O1 -static -o /tmp/silicon test/conformance/silicon.c && node test/conformance/compare.ts /tmp/silicon [cases per form] [seed] [forms] [32|segments]
 * `forms` is a regular expression on names; 32: in 32-bit code; segments: with segments that are not flat.
 */
import { makeCase, testedForms } from './cases.ts';
import { compatibilityForms, makeCompatibilityCase, makeSegmentedCase, reachesMemory } from './compatibility-cases.ts';
import { differences } from './differences.ts';
import { Processor, type Code, type Outcome } from './processor.ts';
import { runOnSilicon } from './silicon.ts';
import { makeState } from './state.ts';
import { countedFlags, undefinedResult } from './undefined.ts';

const [runner = '/tmp/silicon', perForm = '60', seed = '1', only = '', bits = '64'] = process.argv.slice(2);
const kind: Code = bits === '64' ? 'long' : bits === '32' ? 'flat' : 'segments';
const make = { long: makeCase, flat: makeCompatibilityCase, segmented: makeCompatibilityCase, segments: makeSegmentedCase, reachesMemory }[
  kind
];
const cases = (kind === 'long' ? testedForms : kind === 'segments' ? compatibilityForms.filter(reachesMemory) : compatibilityForms)
  .filter(({ description }) => new RegExp(only).test(description.name))
  .flatMap((form) => Array.from({ length: Number(perForm) }, (_, i) => make(form, Math.imul(Number(seed) * 7919 + form.index, 65537) + i)))
  .map((testCase) => ({ ...testCase, state: makeState(testCase.recipe) }))
  .filter((testCase) => !undefinedResult(testCase, testCase.state));
const silicon = runOnSilicon(runner, cases, kind);
const interpreter = new Processor('interpreter', kind);
const translator = new Processor('translator', kind);
const translated = [...translator.runTranslated(cases)];
const failures = new Map<string, { count: number; first: string }>();
cases.forEach((testCase, i) => {
  const { form, code, state } = testCase;
  const differ = (ours: Outcome | null): string[] =>
    ours ? differences(form.description.name, countedFlags(testCase, state), state, ours, silicon[i]!) : [];
  const problems = [...differ(interpreter.run(testCase)), ...differ(translated[i]!).map((problem) => `translated: ${problem}`)];
  if (problems.length === 0) return;
  const key = `${form.description.name} [${form.text}]`;
  const known = failures.get(key);
  if (known) known.count++;
  else failures.set(key, { count: 1, first: `${Buffer.from(code).toString('hex')} ${problems.join('; ')}` });
});
for (const [key, { count, first }] of failures) console.log(`${key}: ${count} differ; ${first}`);
console.log(`${cases.length} cases, ${[...failures.values()].reduce((sum, { count }) => sum + count, 0)} differ`);
process.exit(failures.size === 0 ? 0 : 1);
