/** Whatever stands in a text, and wherever the cursor is: an answer, and edits that can be made. */
import { fc, test as property } from '@fast-check/vitest';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  analyse,
  declarations,
  definition,
  folding,
  hiddenNames,
  hover,
  meantAt,
  outline,
  rename,
  sitesOf,
} from '../../../src/lang/services/index.ts';
import { VOCABULARY, worldOf } from './world.ts';

const TEXTS = readdirSync('examples/scripts').map((name) => [`/work/${name}`, readFileSync(`examples/scripts/${name}`, 'utf8')] as const);
const PIECES = [
  '{',
  '}',
  '(',
  '"',
  "'",
  '${',
  '\n',
  ' ',
  'let ',
  'x',
  'as ',
  '=> ',
  'domain ',
  'fn f(',
  'on crashed of "',
  '🙂',
  '\r',
  '|',
];

const edited = fc
  .tuple(fc.constantFrom(...TEXTS), fc.array(fc.tuple(fc.nat(), fc.nat(12), fc.constantFrom(...PIECES)), { maxLength: 4 }))
  .map(([[file, original], edits]) => {
    let text = original;
    for (const [at, length, insert] of edits) {
      const start = at % (text.length + 1);
      text = text.slice(0, start) + insert + text.slice(start + length);
    }
    return { file, text };
  });

property.prop([edited, fc.nat()], { numRuns: 300 })('every question has an answer', ({ file, text }, at) => {
  const world = worldOf({ [file]: text });
  const offset = at % (text.length + 1);
  hover(world, VOCABULARY, file, offset);
  definition(world, file, offset);
  declarations(world, file, offset);
  hiddenNames(world, file, offset);
  const { program, symbols, unresolved, things } = world.analysis(file)!;
  for (const { start, end } of [...folding(text, program.dialect), ...outline(program), ...things, ...unresolved]) {
    expect(start).toBeLessThanOrEqual(end);
    expect(end).toBeLessThanOrEqual(text.length);
  }
  for (const { name, sites } of symbols) for (const { start, end } of sites) expect(text.slice(start, end)).toBe(name);
  const meant = meantAt(world, file, offset);
  const result = rename(world, VOCABULARY, file, offset, 'another');
  expect('refused' in result || meant !== null).toBe(true);
  if (!meant || 'refused' in result) return;
  expect(result.edits).toHaveLength(sitesOf(world, meant, file).length);
  const sorted = result.edits.toSorted((a, b) => a.start - b.start);
  for (const [index, { start, end }] of sorted.entries())
    expect(sorted[index + 1]?.start ?? end).toBeGreaterThanOrEqual(Math.max(start, end));
});

test('a text of 1 MiB of garbage is looked through in less than ten seconds', () => {
  const garbage = Array.from({ length: 2 ** 18 }, (_, at) => ['{[', '("', '$x ', '\\\n', 'é'][(at * 7919) % 5]).join('');
  const started = performance.now();
  analyse(garbage, '/work/g.xm', 'script', VOCABULARY);
  folding(garbage, 'script');
  expect(performance.now() - started).toBeLessThan(10_000);
});
