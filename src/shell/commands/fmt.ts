/** fmt: scripts and configurations in their usual form. */
import { isUtf8 } from 'node:buffer';
import { chmodSync, chownSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { dialectOfFile } from '../host/text-kind.ts';
import { textFailure, ShellFailure } from './failure.ts';
import type { Command, CommandContext } from './command.ts';
import { NOTHING } from './command.ts';

const STDIN = 'standard input';

/**
 * Beside the file and then in its place, when all of it is on the disk: whoever reads it meanwhile, and whoever loses power, has the old text or the
 * new one. A link stays one; the file keeps its mode and its owner.
 */
function replaceFile(name: string, text: string): void {
  const path = realpathSync(name);
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.new`);
  const { mode, uid, gid } = statSync(path);
  try {
    writeFileSync(beside, text, { flag: 'wx', mode, flush: true });
    chmodSync(beside, mode);
    if (process.getuid?.() === 0) chownSync(beside, uid, gid);
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new ShellFailure('failed', `cannot write ${name}: ${(error as Error).message}`);
  }
}

/** Before any file is written. What was read as text must be all that is in the file: bytes that are no UTF-8 would be lost. */
function checkReplaceable(path: string, name: string): void {
  // Who may write into the folder could replace it all the same; but not to do so is what read-only asks for.
  if ((statSync(path).mode & 0o222) === 0) throw new ShellFailure('failed', `cannot write ${name}: it is read-only`);
  if (!isUtf8(readFileSync(path)))
    throw new ShellFailure('failed', `${name} is not in UTF-8`, { hint: 'iconv -f latin1 -t utf8 converts it, if it is Latin-1' });
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
    'A file that cannot be read is refused, with its mistakes, and left as it is. With - the text comes from stdin and goes to stdout.',
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
      if (!args.flag('check')) checkReplaceable(path, name);
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
