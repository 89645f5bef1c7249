/** docs/reference.md is what the tables make. Written anew by: npm run reference */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { referencePage } from '../../bin/reference.ts';
import { propertyNames } from '../../src/lang/evaluate/methods.ts';
import { BUILTINS, CONFIG_KEYS, EVENTS, METHOD_DOCS, Quantity, type Value } from '../../src/lang/index.ts';
import { COMMANDS } from '../../src/shell/commands/table.ts';

const page = referencePage();

test('the committed page is up to date', () => {
  expect(readFileSync('docs/reference.md', 'utf8'), 'npm run reference').toBe(page);
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
