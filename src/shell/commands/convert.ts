/** convert: an old xm file as a configuration of today. */
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from './command.ts';
import { NOTHING } from './command.ts';
import { ShellFailure, textFailure, usage } from './failure.ts';

function givenValues(words: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    words.map((word) => {
      const [, name, value] = /^(\w+)=(.*)$/s.exec(word) ?? [];
      if (name === undefined) throw usage(`'${word}' is no NAME=VALUE`);
      return [name, value!];
    }),
  );
}

export const convert: Command = {
  name: 'convert',
  group: 'shell',
  summary: 'Write an old xm file as a modern configuration',
  details:
    'Old xm files were programs of Python. The result has the values that they came to, with the comments of the file, and the keys of xl in place of those that only xm knew. ' +
    'What the file asks for (xm_vars) is given as NAME=VALUE.',
  positionals: [
    { name: 'file', kind: 'config-file', summary: 'the old file', required: true },
    { name: 'value', kind: 'key-value', summary: 'NAME=VALUE, for what the file asks for', required: false, rest: true },
  ],
  options: [{ long: 'output', short: 'o', summary: 'write to this file, which must not exist', value: 'file' }],
  effect: 'reads',
  offline: true,
  examples: [
    { run: 'convert xmexample1 -o web.cfg', says: 'into a file' },
    { run: 'convert xmexample2 vmid=3', says: 'for one of the domains that it describes' },
  ],
  async run({ host, cwd, note }, args) {
    const { convertFile, format } = await import('../../lang/index.ts');
    const name = args.text('file')!;
    const { text } = await host.readFile(name, cwd);
    const result = convertFile(text, name, givenValues(args.texts('value')));
    if ('problem' in result) throw textFailure([result.problem], new Map([[name, text]]));
    for (const line of new Set(result.notes)) note(line);
    const usual = format(result.text, name, { dialect: 'config' });
    if (!('text' in usual)) throw new Error(`what became of ${name} cannot be read: ${usual.problems[0]!.message}`);
    const output = args.text('output');
    if (output === undefined) return { kind: 'text', text: usual.text };
    const path = resolve(cwd, output);
    if (existsSync(path)) throw new ShellFailure('failed', `${output} is there already`, { hint: 'another name, or remove it first' });
    writeFileSync(path, usual.text);
    return NOTHING;
  },
};
