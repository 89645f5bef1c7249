/** The programs of examples/scripts, run as a person runs them: by `xm`, in virtual time. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

function xm(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [resolve(ROOT, 'bin/xm'), ...args], { cwd: ROOT, encoding: 'utf8', timeout: 60_000 });
}

test('pebble.cfg is created and listed', () => {
  const { status, stdout } = xm('-c', 'create examples/scripts/pebble.cfg; list');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^pebble +1 +16 /m);
});

test('hello.xm talks to its guest', () => {
  expect(xm('run', '--virtual', 'examples/scripts/hello.xm')).toMatchObject({ status: 0 });
});

test('fair-share.xm: the same shares every time', { timeout: 60_000 }, () => {
  const runs = [1, 2].map(() => xm('run', '--virtual', 'examples/scripts/fair-share.xm'));
  expect(runs.map(({ status }) => status)).toEqual([0, 0]);
  expect(runs[0]!.stdout).toBe(runs[1]!.stdout);
});

test('what check warns of is told before a script runs, and does not stop it', () => {
  const folder = mkdtempSync(resolve(tmpdir(), 'xenolith-'));
  const file = resolve(folder, 'some.xm');
  writeFileSync(file, 'let unused = 3\nprint "done"\n');
  const { status, stdout, stderr } = xm('run', file);
  rmSync(folder, { recursive: true });
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'done\n' });
  expect(stderr).toMatch(/^warning: 'unused' is never used\n.*some\.xm:1:5\n/);
});
