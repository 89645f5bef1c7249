import { expect, test } from 'vitest';
import { didYouMean, evaluateConfig, checkConfig, explainProblem, formatProblem, PROBLEM_CODES } from '../../../src/lang/index.ts';
import { PROBLEMS } from '../../../src/lang/problems/table.ts';

test('a diagnostic shows what, where, the line, and what to do', () => {
  const text = 'name = "web"\nkernel = "/k"\nextra = ""\nvcpus = 1\nmemroy = 256\n';
  const [problem] = checkConfig(evaluateConfig(text, 'web.cfg').config);
  expect(problem!.code).toBe('XM1042');
  expect(formatProblem(problem!, text)).toBe(
    ["error: unknown key 'memroy'", '  --> web.cfg:5:1', '   5 | memroy = 256', "     | ^^^^^^ did you mean 'memory'?"].join('\n'),
  );
});

test('colours come on request', () => {
  const [problem] = evaluateConfig('a = @\n', 'x.cfg').problems;
  expect(formatProblem(problem!, 'a = @\n', true)).toContain('\u001b[1;31merror:');
  expect(formatProblem(problem!, 'a = @\n')).not.toContain('\u001b');
});

test('tabs, wide line numbers and control characters keep the underline below its place', () => {
  const text = `${'\n'.repeat(99_998)}\ta\t= @ \u001b[31m\n`;
  const [problem] = evaluateConfig(text, 'x.cfg').problems;
  const [, , line, underline] = formatProblem(problem!, text).split('\n');
  expect(line!.indexOf('@')).toBe(underline!.indexOf('^'));
  expect(line).not.toContain('\u001b');
});

test('nothing of a file gets to the terminal as it is', () => {
  for (const text of ['a = 1 \u001b[31m\n', 'a = 1 \u009b31m\n', 'on_crash = "\u001b[2J"\n', 'mem\u001b]ory = 1\n']) {
    const evaluated = evaluateConfig(text, 'x\u001b[1m.cfg');
    const problems = [...evaluated.problems, ...checkConfig(evaluated.config)];
    expect(problems.length).toBeGreaterThan(0);
    // oxlint-disable-next-line no-control-regex
    for (const problem of problems)
      expect(formatProblem({ ...problem, help: '\u0007' }, text)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  }
});

test.each([
  ['at its end', 'x'.repeat(100_000), ''],
  ['in its middle', 'x'.repeat(50_000), '\ty'.repeat(50_000)],
  ['at its start', '', 'y'.repeat(100_000)],
])('of a line that goes on for ever the place is shown: %s', (_, before, after) => {
  const text = `name = "${before}\ta"@${after}\n`;
  const start = text.indexOf('@');
  const span = { file: 'x.cfg', line: 1, column: start + 1, start, end: start + 1 };
  const [, , line, underline] = formatProblem({ code: 'XM1001', severity: 'error', message: 'no', span }, text).split('\n');
  expect(line!.indexOf('@')).toBe(underline!.indexOf('^'));
  expect(line!.length).toBeLessThan(700);
  expect([line!.includes('| …'), line!.endsWith('…')]).toEqual([before !== '', after !== '']);
});

test('codes are stable, unique and explained', () => {
  expect(new Set(PROBLEM_CODES).size).toBe(PROBLEM_CODES.length);
  expect(PROBLEM_CODES.every((code) => /^XM1\d{3}$/.test(code))).toBe(true);
  expect(explainProblem('xm1042')).toMatchObject({ code: 'XM1042', severity: 'error', title: 'an unknown configuration key' });
  expect(explainProblem('XM9999')).toBeNull();
  for (const { explanation, title } of Object.values(PROBLEMS)) expect(explanation.length, title).toBeGreaterThan(10);
});

test.each([
  ['memroy', 'memory'],
  ['vcpu', 'vcpus'],
  ['maxcpus', 'maxvcpus'],
  ['lsit', 'list'],
  ['zzzzzz', undefined],
])('%s', (word, meant) => {
  expect(didYouMean(word, ['memory', 'maxmem', 'vcpus', 'maxvcpus', 'list'])).toBe(
    meant === undefined ? undefined : `did you mean '${meant}'?`,
  );
});
