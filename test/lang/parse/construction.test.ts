import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { createLexer } from '../../../src/lang/parse/lexer.ts';
import { StatementParser } from '../../../src/lang/parse/statement-parser.ts';

test('the vocabulary and the grammar have no faults, with all of Chevrotain’s checks on', () => {
  createLexer(true);
  expect(() => new StatementParser(true)).not.toThrow();
});

test('lexer and parser are built in less than 40 ms', () => {
  const start = performance.now();
  createLexer(false);
  const parser = new StatementParser(false);
  expect(parser.errors).toEqual([]);
  expect(performance.now() - start).toBeLessThan(40);
});

test('splitting a plain command line needs no grammar', () => {
  const lang = resolve(import.meta.dirname, '../../../src/lang');
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, from] of readFileSync(file, 'utf8').matchAll(/^import (?!type)[^;]*from '([^']+)'/gm)) {
      expect(from, `${file} imports ${from}`).toMatch(/^\./);
      visit(resolve(file, '..', from!));
    }
  };
  visit(join(lang, 'words.ts'));
  expect(seen.size).toBeLessThan(6);
});

test('no file of the room is longer than 500 lines', () => {
  const lang = resolve(import.meta.dirname, '../../../src/lang');
  for (const file of readdirSync(lang, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
    expect(readFileSync(join(lang, file), 'utf8').split('\n').length, file).toBeLessThanOrEqual(500);
  }
});
