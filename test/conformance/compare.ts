/**
 * Differential test against the processor this runs on: random cases of every form through `silicon` (see silicon.c) and through the interpreter.
 * Run by hand: gcc -O1 -static -o /tmp/silicon test/conformance/silicon.c && node test/conformance/compare.ts /tmp/silicon [cases per form] [seed] [forms] [32]
 * `forms` is a regular expression on names; 32: in 32-bit code.
 */
import { countedFlags, makeCase, testedForms, undefinedResult } from './cases.ts';
import { compatibilityForms, makeCompatibilityCase } from './compatibility-cases.ts';
import { differences } from './differences.ts';
import { Processor } from './interpreter.ts';
import { runOnSilicon } from './silicon.ts';
import { makeState } from './state.ts';

const [runner = '/tmp/silicon', perForm = '60', seed = '1', only = '', bits = '64'] = process.argv.slice(2);
const compatibility = bits === '32';
const make = compatibility ? makeCompatibilityCase : makeCase;
const cases = (compatibility ? compatibilityForms : testedForms)
  .filter(({ description }) => new RegExp(only).test(description.name))
  .flatMap((form) => Array.from({ length: Number(perForm) }, (_, i) => make(form, Math.imul(Number(seed) * 7919 + form.index, 65537) + i)))
  .map((testCase) => ({ ...testCase, state: makeState(testCase.recipe) }))
  .filter((testCase) => !undefinedResult(testCase, testCase.state));
const silicon = runOnSilicon(runner, cases, compatibility);
const interpreter = new Processor('interpreter', compatibility ? 'flat' : 'long');
const failures = new Map<string, { count: number; first: string }>();
cases.forEach((testCase, i) => {
  const ours = interpreter.run(testCase.code, testCase.state);
  const problems = differences(testCase.form.description.name, countedFlags(testCase, testCase.state), testCase.state, ours, silicon[i]!);
  if (problems.length === 0) return;
  const key = `${testCase.form.description.name} [${testCase.form.text}]`;
  const known = failures.get(key);
  if (known) known.count++;
  else failures.set(key, { count: 1, first: `${Buffer.from(testCase.code).toString('hex')} ${problems.join('; ')}` });
});
for (const [key, { count, first }] of failures) console.log(`${key}: ${count} differ; ${first}`);
console.log(`${cases.length} cases, ${[...failures.values()].reduce((sum, { count }) => sum + count, 0)} differ`);
process.exit(failures.size === 0 ? 0 : 1);
