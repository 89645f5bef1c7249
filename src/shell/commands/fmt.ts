/** fmt: scripts and configurations in their usual form. */
import { chmodSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { dialectOfFile } from '../host/text-kind.ts';
import { textFailure, ShellFailure } from './failure.ts';
import type { Command, CommandContext } from './command.ts';
import { NOTHING } from './command.ts';

const STDIN = 'standard input';

/** Beside the file and then in its place: whoever reads it meanwhile sees the old text or the new one. */
function replaceFile(path: string, text: string): void {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.new`);
  try {
    writeFileSync(beside, text, { flag: 'wx' });
    chmodSync(beside, statSync(path).mode);
    renameSync(beside, path);
  } catch (error) {
    throw new ShellFailure('failed', `cannot write ${path}: ${(error as Error).message}`);
  }
}

async function formatted(text: string, path: string): Promise<string> {
  const { format } = await import('../../lang/index.ts');
  const result = format(text, path, { dialect: path === STDIN ? 'script' : dialectOfFile(path) });
  if ('text' in result) return result.text;
  throw textFailure(result.problems, new Map([[path, text]]));
}

async function standardInput({ pipe }: CommandContext): Promise<string> {
  if (!pipe) throw new ShellFailure('not-supported', 'at the prompt there is no other standard input than your keys');
  const chunks: Uint8Array[] = [];
  for await (const chunk of pipe.input) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export const fmt: Command = {
  name: 'fmt',
  group: 'shell',
  summary: 'Put scripts and configurations into their usual form',
  details:
    'Only blanks change: lines stay lines, comments and blank lines stay where they are, and signs and comments that were aligned stay aligned. ' +
    'A file with mistakes is refused and left as it is. With - the text comes from stdin and goes to stdout.',
  positionals: [{ name: 'file', kind: 'file', summary: 'files; - is stdin', required: true, rest: true }],
  options: [{ long: 'check', summary: 'write nothing, and end with 1 if a file would change', value: null }],
  effect: 'modifies',
  offline: true,
  examples: [
    { run: 'fmt web.cfg fleet.xm', says: 'both, in place' },
    { run: 'fmt --check web.cfg', says: 'in CI' },
  ],
  async run(context, args) {
    const { host, cwd } = context;
    const changed: string[] = [];
    const names = args.texts('file');
    // All are read before one is written: a file with mistakes stops the work before it has begun.
    const wanted: { readonly path: string; readonly text: string; readonly name: string }[] = [];
    for (const name of names) {
      if (name === '-') return { kind: 'text', text: await formatted(await standardInput(context), STDIN) };
      const { path, text } = await host.readFile(name, cwd);
      const result = await formatted(text, name);
      if (result === text) continue;
      changed.push(name);
      wanted.push({ path, text: result, name });
    }
    if (args.flag('check')) {
      if (changed.length > 0)
        throw new ShellFailure('failed', `not in the usual form: ${changed.join(', ')}`, { hint: `xm fmt ${changed.join(' ')}` });
      return NOTHING;
    }
    for (const { path, text } of wanted) replaceFile(path, text);
    if (changed.length > 0) context.note(`formatted ${changed.join(', ')}`);
    return NOTHING;
  },
};
