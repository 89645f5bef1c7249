import { describe, expect, test } from 'vitest';
import { Quantity } from '../../../src/lang/values.ts';
import type { CommandWord } from '../../../src/lang/index.ts';
import type { Command } from '../../../src/shell/commands/command.ts';
import { NOTHING } from '../../../src/shell/commands/command.ts';
import { parseWords } from '../../../src/shell/commands/parse-words.ts';
import { COMMANDS } from '../../../src/shell/commands/table.ts';
import { callOf } from '../../../src/shell/one-shot.ts';

const sample: Command = {
  name: 'sample',
  group: 'shell',
  summary: 'A command for tests',
  positionals: [
    { name: 'first', kind: 'text', summary: 'one', required: true },
    { name: 'more', kind: 'text', summary: 'others', required: false, rest: true },
  ],
  options: [
    { long: 'all', short: 'a', summary: 'a switch', value: null },
    { long: 'wait', short: 'w', summary: 'another switch', value: null },
    { long: 'delay', short: 'd', summary: 'with a value', value: 'number' },
    { long: 'delta', summary: 'begins like delay', value: 'number' },
  ],
  effect: 'reads',
  examples: [],
  run: () => Promise.resolve(NOTHING),
};

const words = (line: string): readonly CommandWord[] => callOf(['sample', ...line.split(' ').filter((word) => word !== '')]).words;

function read(line: string): Record<string, unknown> {
  const { args } = parseWords(sample, words(line));
  return { first: args.text('first'), more: args.texts('more'), all: args.flag('all'), wait: args.flag('wait'), delay: args.text('delay') };
}

const nothing = { first: 'x', more: [], all: false, wait: false, delay: undefined };

describe('words are read as getopt_long reads them', () => {
  test.each([
    ['x', {}],
    ['x y z', { more: ['y', 'z'] }],
    ['-a x', { all: true }],
    ['x -a', { all: true }],
    ['-aw x', { all: true, wait: true }],
    ['--all --wait x', { all: true, wait: true }],
    ['--al x', { all: true }],
    ['-d 2 x', { delay: '2' }],
    ['-d2 x', { delay: '2' }],
    ['-d=2 x', { delay: '2' }],
    ['-ad 2 x', { all: true, delay: '2' }],
    ['--delay 2 x', { delay: '2' }],
    ['--delay=2 x', { delay: '2' }],
    ['--delay=a=b x', { delay: 'a=b' }],
    ['-d 1 -d 2 x', { delay: '2' }],
    ['-- -a', { first: '-a' }],
    ['x -- -a --all', { more: ['-a', '--all'] }],
    ['- x', { first: '-', more: ['x'] }],
    ['-5 x', { first: '-5', more: ['x'] }],
  ])('%s', (line, expected) => {
    expect(read(line)).toEqual({ ...nothing, ...expected });
  });
});

describe('wrong words are refused with what would be right', () => {
  test.each([
    ['', "'xm sample' requires at least 1 argument.", 'usage: xm sample [OPTIONS] FIRST [MORE...]'],
    ['x -q', "option `q' not supported.", 'usage: xm sample [OPTIONS] FIRST [MORE...]'],
    ['x --wiat', "option `wiat' not supported.", "did you mean '--wait'?"],
    ['x --del 1', "option '--del' is ambiguous: --delay, --delta", 'usage: xm sample [OPTIONS] FIRST [MORE...]'],
    ['x --all=yes', "option '--all' takes no value", 'usage: xm sample [OPTIONS] FIRST [MORE...]'],
    ['x -d', "option '-d' requires an argument: with a value", 'usage: xm sample [OPTIONS] FIRST [MORE...]'],
    ['x --format=jsn', "there is no format 'jsn'", "did you mean 'json'?"],
  ])('%s', (line, message, hint) => {
    let failure: unknown;
    try {
      parseWords(sample, words(line));
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code: 'usage', message, hint });
  });
});

test('a quoted word is never an option', () => {
  const [word] = words('--all');
  expect(parseWords(sample, [{ ...word!, quoted: true }]).args.text('first')).toBe('--all');
});

test('a value that is not text arrives as it is', () => {
  const [option, value] = words('--delay 2s');
  const seconds = new Quantity('ns', 2e9);
  const { args } = parseWords(sample, [option!, { ...value!, value: seconds }, ...words('x')]);
  expect(args.value('delay')).toBe(seconds);
});

test('how the result is shown can be said for any command', () => {
  expect(parseWords(sample, words('x --json')).output).toEqual({ format: 'json', columns: null, heading: true });
  expect(parseWords(sample, words('x --json=name,mem')).output).toEqual({ format: 'json', columns: ['name', 'mem'], heading: true });
  expect(parseWords(sample, words('x --format csv --columns a,b --no-header')).output).toEqual({
    format: 'csv',
    columns: ['a', 'b'],
    heading: false,
  });
});

test('asking for help asks for nothing else', () => {
  expect(parseWords(sample, words('--help')).help).toBe(true);
  expect(parseWords(sample, words('-h')).help).toBe(true);
});

describe('every command', () => {
  test.each(COMMANDS.map((command) => [command.name, command] as const))('%s has a record that holds together', (_, command) => {
    const longs = command.options.map(({ long }) => long);
    const shorts = command.options.flatMap(({ short }) => short ?? []);
    expect(new Set(longs).size).toBe(longs.length);
    expect(new Set(shorts).size).toBe(shorts.length);
    expect(shorts.every((short) => short.length === 1)).toBe(true);
    expect(command.summary).toMatch(/^[A-Z].*[^.]$/);
    expect(command.examples.length).toBeGreaterThan(0);
    const firstOptional = command.positionals.findIndex(({ required }) => !required);
    if (firstOptional >= 0) expect(command.positionals.slice(firstOptional).every(({ required }) => !required)).toBe(true);
    expect(command.positionals.slice(0, -1).every(({ rest }) => rest !== true)).toBe(true);
  });

  const examples = COMMANDS.flatMap((command) =>
    command.examples.map(({ run }) => [run.split(' | ').find((stage) => stage.startsWith(command.name))!, command] as const),
  );
  test.each(examples)('%s, an example of its help, can be read', (line, command) => {
    const [name, ...rest] = line.split(' ');
    expect(name).toBe(command.name);
    expect(() => parseWords(command, callOf(['', ...rest]).words)).not.toThrow();
  });
});
