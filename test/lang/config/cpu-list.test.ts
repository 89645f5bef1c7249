import { describe, expect, test } from 'vitest';
import { evaluateConfig, parseCpuList, readConfig } from '../../../src/lang/index.ts';
import { needsCorpus, vectors } from '../corpus.ts';

const HOST = { cpus: 8 };

test.each([
  ['all', [0, 1, 2, 3, 4, 5, 6, 7]],
  ['2', [2]],
  ['0-3,^1', [0, 2, 3]],
  ['0-3,^1,1', [0, 1, 2, 3]],
  ['^1,0-2', [0, 1, 2]],
  ['node:0', [0, 1, 2, 3, 4, 5, 6, 7]],
  ['nodes:0-1,^0', [1, 2, 3, 4, 5, 6, 7]],
  ['6-99', [6, 7]],
  ['99', []],
  ['', []],
])('%s', (text, cpus) => {
  expect(parseCpuList(text, HOST)).toEqual({ cpus });
});

test.each(['3-1', 'a', '0 - 3', '1,,x', '^all', '-1'])('%s is no list of CPUs', (text) => {
  expect(parseCpuList(text, HOST)).toHaveProperty('fault');
});

interface Oracle {
  readonly rc: number;
  readonly stderr: readonly string[];
  readonly config: { readonly b_info: { readonly vcpu_hard_affinity?: readonly (readonly number[])[] } } | null;
}

describe(needsCorpus('affinities of xl create'), () => {
  const cases = vectors<Oracle>('xl-create-dryrun').filter(({ input }) => /\bcpus=/.test(input) && /\bvcpus=/.test(input));
  test.each(cases)('$input', ({ input, oracle }) => {
    const { settings, problems } = readConfig(evaluateConfig(input, 'CFG').config);
    const lists = [settings.cpus ?? []].flat();
    const results = lists.map((text) => parseCpuList(text, HOST));
    const bad = problems.some(({ code }) => code === 'XM1050') || results.some((result) => 'fault' in result || result.cpus.length === 0);
    expect(bad).toBe(oracle.rc !== 0);
    if (bad) return;
    const each = typeof settings.cpus === 'string' ? [results[0], results[0]] : results;
    expect(each.map((result) => ('cpus' in result! ? result.cpus : null))).toEqual(oracle.config!.b_info.vcpu_hard_affinity);
  });
});

describe(needsCorpus('masks of xl vcpu-pin'), () => {
  test.each(vectors<{ rc: number; stdout: string }>('xl-dryrun').filter(({ input }) => input[0] === 'vcpu-pin' && input[2] !== 'x'))(
    '$input',
    ({ input, oracle }) => {
      const lists = (input as unknown as readonly string[]).slice(3).map((text) => parseCpuList(text, HOST));
      expect(lists.some((list) => 'fault' in list)).toBe(oracle.rc !== 0);
      if (oracle.stdout.startsWith('cpumap: 0,2-3')) expect(lists[0]).toEqual({ cpus: [0, 2, 3] });
      if (oracle.stdout.startsWith('cpumap: none')) expect(lists[0]).toEqual({ cpus: [] });
    },
  );
});
