/** xm as a process: what only a real one can show. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { expect, test } from 'vitest';

const MAIN = resolve(import.meta.dirname, '../../../src/shell/main.ts');

function start(...argv: string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...argv], { stdio: ['pipe', 'pipe', 'pipe'] });
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function end(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((closed) => child.once('close', closed));
  return { code, stdout, stderr };
}

const firstOutput = (child: ChildProcess): Promise<unknown> => new Promise((seen) => child.stdout!.once('data', seen));

test('a line on stdin runs on a machine of its own', async () => {
  const child = start();
  child.stdin!.end('domname 0; exit 4\n');
  expect(await end(child)).toEqual({ code: 4, stdout: 'Domain-0\n', stderr: '' });
});

test('a reader that goes away ends it quietly', async () => {
  const child = start('top', '-b', '-d', '0.05');
  await firstOutput(child);
  child.stdout!.destroy();
  expect(await end(child)).toMatchObject({ code: 0, stderr: '' });
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends it with %i', async (signal, code) => {
  const child = start('top', '-b', '-d', '0.05');
  await firstOutput(child);
  child.kill(signal);
  expect((await end(child)).code).toBe(code);
});

/** What node loads before the first line runs: the closure of the import lines that are not `import(…)` and not types. */
function staticImports(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (!file.startsWith('/')) return seen;
  for (const [, types, names, from] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export) (type )?(\{[^}]*\}|[^'"{]*)\s*(?:from )?['"]([^'"]+)['"]/gm,
  )) {
    const onlyTypes =
      types !== undefined ||
      (names!.startsWith('{') &&
        names!
          .slice(1, -1)
          .split(',')
          .every((name) => name.trim() === '' || name.trim().startsWith('type ')));
    if (!onlyTypes) staticImports(from!.startsWith('.') ? resolve(dirname(file), from!) : from!, seen);
  }
  return seen;
}

test('nothing heavy is loaded before it is needed', () => {
  const loaded = [...staticImports(MAIN)];
  expect(loaded.some((file) => file.endsWith('commands/table.ts'))).toBe(true);
  const heavy = loaded.filter((file) =>
    /^(?:ink|react|chalk|chevrotain|fzf|string-width|@xterm|vscode-)|\/(?:shell\/lsp\/|ui\/.*\.tsx|vmm\/|hw\/|lang\/(?:services\/)?index\.ts|dom0\/link\/)/.test(
      file,
    ),
  );
  expect(heavy).toEqual([]);
});
