/** Alt-E: the line in the person's own editor. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TerminalOwner } from '../term/terminal.ts';

/** Resolves with the edited text; rejects with a plain message when the editor failed. */
export async function editExternally(
  terminal: TerminalOwner,
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const editor = env['VISUAL'] || env['EDITOR'] || 'vi';
  const folder = await mkdtemp(join(tmpdir(), 'xenolith-'));
  try {
    const file = join(folder, 'line.xm');
    await writeFile(file, `${text}\n`);
    await terminal.lend(
      () =>
        new Promise<void>((resolve, reject) => {
          // $EDITOR may carry arguments ("code -w"): the shell takes it apart, the file name is passed beside it.
          const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
          child.on('error', reject);
          child.on('exit', (code) =>
            code === 0 ? resolve() : reject(new Error(`${editor} ended with ${code ?? 'a signal'}; the line is as it was`)),
          );
        }),
    );
    return (await readFile(file, 'utf8')).replace(/\n+$/, '');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
