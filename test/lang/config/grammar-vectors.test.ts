/** What libxlutil accepts and makes of it, snippet by snippet. */
import { describe, expect, test } from 'vitest';
import { evaluateConfig, isError, type Value } from '../../../src/lang/index.ts';
import { needsCorpus, vectors } from '../corpus.ts';

interface Oracle {
  readonly accept: boolean;
  readonly settings?: readonly { readonly name: string; readonly shadowed: boolean; readonly value: XlValue }[];
}
type XlValue = string | null | readonly XlValue[];

/** Rejected by libxlutil, accepted here with a warning: the meaning is plain. */
const ACCEPTED: Readonly<Record<string, string>> = {
  'a="x"+"y"\n': 'two texts one after the other, as in old Python configurations',
  'a=0X10\n': 'upper-case hexadecimal',
  'a=True\n': 'Python’s True',
  'a=yes\n': 'yes',
  '# c': 'a comment at the end without a newline',
  'a=1\r\n': 'line ends of Windows',
  '\ufeffa=1\n': 'a byte order mark',
  'import os\n': 'the beginning of an old xm file',
  'def f(x):\n  return x\n': 'a function of an old xm file',
};

const asXl = (value: Value): XlValue => (Array.isArray(value) ? value.map((item: Value) => asXl(item)) : String(value));

describe(needsCorpus('libxlutil’s grammar'), () => {
  const cases = vectors<Oracle>('grammar');

  test.each(cases)('$input', ({ input, oracle }) => {
    const { config, problems } = evaluateConfig(input, 'CFG', [], { strictXl: true });
    const accepted = !problems.some(isError);
    if (input in ACCEPTED) {
      expect(oracle.accept, 'the list names what xl rejects').toBe(false);
      expect(accepted).toBe(true);
      expect(problems.length, 'it is accepted with a warning').toBeGreaterThan(0);
      return;
    }
    expect(accepted, JSON.stringify(problems)).toBe(oracle.accept);
    if (!oracle.accept) return;
    expect(problems).toEqual([]);
    const wanted = new Map(oracle.settings!.filter(({ shadowed }) => !shadowed).map(({ name, value }) => [name, value]));
    expect(new Map([...config.entries].map(([name, { value }]) => [name, asXl(value)]))).toEqual(wanted);
  });
});
