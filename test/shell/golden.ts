/** Recordings of the real xl and xentop, where the reference is at hand: beside the repository, never in it. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const FOLDER = resolve(import.meta.dirname, '../../../shared/reference/golden');

export const hasGolden: boolean = existsSync(FOLDER);
export const SKIP_REASON = 'the recordings of the real tools are not here';

/** What `command` printed in the recording called `file`; the `nth` time if it stands there more than once. */
export function golden(file: string, command: string, nth = 0): { readonly output: string; readonly exit: number } {
  const text = readFileSync(resolve(FOLDER, file), 'utf8');
  const blocks = text.split(/^### /m).filter((block) => block.slice(0, block.indexOf('\n')).replace(/^\.\/xl417 /, 'xl ') === command);
  const block = blocks[nth];
  if (block === undefined) throw new Error(`${file} has no recording of ${command}`);
  const [, output = '', exit = '0'] = /^[^\n]*\n([\s\S]*?)(?:\[exit (\d+)\]\n?)?$/.exec(block) ?? [];
  return { output, exit: Number(exit) };
}
