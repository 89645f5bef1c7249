/** What a diagnostic suggests is a change of the text, and the change does away with the diagnostic. */
import { expect, test } from 'vitest';
import { diagnose, diagnoseConfig, evaluateConfig, parse, type Problem } from '../../../src/lang/index.ts';
import { applied, fixesOf } from '../../../src/lang/services/index.ts';
import { fakeHost } from '../fake-host.ts';

function problemsOf(text: string, file: string): readonly Problem[] {
  if (file.endsWith('.cfg')) {
    return diagnoseConfig(text, evaluateConfig(text, file));
  }
  return diagnose(parse(text, file), fakeHost());
}

test.each([
  ['domain d { memroy = 4 }', 'domain d { memory = 4 }'],
  ['craete web.cfg', 'create web.cfg'],
  ['let count = 1\nprint $cuont', 'let count = 1\nprint $count'],
  ['let count = 1\nprint (cuont + 1)', 'let count = 1\nprint (count + 1)'],
  ['domain web { memory = 4 }\ndomain d { after = ["wbe"] }', 'domain web { memory = 4 }\ndomain d { after = ["web"] }'],
  ['domain web { memory = 4 }\ndestroy wbe', 'domain web { memory = 4 }\ndestroy web'],
  ['on crahsed { list }', 'on crashed { list }'],
  ['total = 5\n', 'let total = 5\n'],
  ['let unneeded = 5\n', 'let _unneeded = 5\n'],
  ['print abs(1)', 'print (abs(1))'],
])('%s', (text, expected) => {
  const problems = problemsOf(text, 'a.xm');
  const fixes = problems.flatMap((problem) => fixesOf(problem, text).map((fix) => ({ problem, fix })));
  expect(fixes).toHaveLength(1);
  const [{ problem, fix }] = fixes as [(typeof fixes)[number]];
  const fixed = applied(text, [fix.edit]);
  expect(fixed).toBe(expected);
  expect(problemsOf(fixed, 'a.xm').filter(({ code, span }) => code === problem.code && span.start === problem.span.start)).toEqual([]);
});

test.each([
  ['vcpu = 2\n', 'vcpus = 2\n'],
  ['on_crash = "restrat"\n', 'on_crash = "restart"\n'],
  ["on_crash = 'restrat'\n", "on_crash = 'restart'\n"],
])('%s', (text, expected) => {
  const [fix, ...more] = problemsOf(`kernel = "/k"\nname = "a"\n${text}`, 'a.cfg').flatMap((problem) =>
    fixesOf(problem, `kernel = "/k"\nname = "a"\n${text}`),
  );
  expect(more).toEqual([]);
  expect(applied(`kernel = "/k"\nname = "a"\n${text}`, [fix!.edit])).toBe(`kernel = "/k"\nname = "a"\n${expected}`);
});

test('what suggests nothing has no fix', () => {
  const text = 'let x = 1GiB + 10s\nprint $x';
  const problems = problemsOf(text, 'a.xm');
  expect(problems).toHaveLength(1);
  expect(fixesOf(problems[0]!, text)).toEqual([]);
});
