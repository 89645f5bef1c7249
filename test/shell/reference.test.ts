/** docs/reference.md is what the tables make. Written anew by: npm run reference */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { editorGrammar, GRAMMARS, referencePage } from '../../bin/reference.ts';
import { propertyNames } from '../../src/lang/evaluate/methods.ts';
import { BUILTINS, CONFIG_KEYS, EVENTS, METHOD_DOCS, Quantity, type Value } from '../../src/lang/index.ts';
import { COMMANDS } from '../../src/shell/commands/table.ts';

const page = referencePage();

test('the committed page is up to date', () => {
  expect(readFileSync('docs/reference.md', 'utf8'), 'npm run reference').toBe(page);
});

test('so is the grammar for editors, and every pattern in it is one', () => {
  const grammar = editorGrammar();
  for (const path of GRAMMARS) expect(readFileSync(path, 'utf8'), 'npm run reference').toBe(grammar);
  const { patterns } = JSON.parse(grammar) as {
    readonly patterns: readonly { readonly name?: string; readonly match?: string; readonly begin?: string }[];
  };
  for (const { match, begin } of patterns) expect(() => new RegExp(match ?? begin!)).not.toThrow();
  const named = (text: string): string | undefined =>
    patterns.find(({ match, begin }) => new RegExp(`^(?:${match ?? begin!})`).exec(text)?.[0] !== undefined)?.name;
  expect(named('64MiB')).toBe('constant.numeric.xm');
  expect(named('memory = 5')).toBe('support.type.property-name.xm');
  expect(named('while x')).toBe('keyword.control.xm');
  expect(named('abs(x)')).toBe('support.function.xm');
  expect(named('vcpu-list')).toBe('entity.name.function.xm');
  expect(named('# note')).toBe('comment.line.number-sign.xm');
});

test('nothing is left out', () => {
  for (const { name } of [...CONFIG_KEYS, ...EVENTS]) expect(page).toContain(`\`${name}\``);
  for (const { usage } of BUILTINS) expect(page).toContain(usage);
  for (const { name } of COMMANDS) expect(page).toContain(`### ${name}\n`);
});

test.each<[string, readonly Value[]]>([
  ['lists, ranges and tables', [[]]],
  ['texts', ['']],
  ['maps', [new Map()]],
  ['sizes, durations and percentages', [new Quantity('bytes', 1), new Quantity('ns', 1), new Quantity('percent', 1)]],
])('every method of %s has its line', (kind, samples) => {
  const names = samples.flatMap(propertyNames).filter((name) => name !== 'length');
  expect(Object.keys(METHOD_DOCS[kind]!).toSorted()).toEqual([...new Set(names)].toSorted());
});
