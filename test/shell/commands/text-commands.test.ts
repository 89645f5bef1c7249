/** Commands that only read and write files: no machine is started for them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { xm, type XmRun } from '../main/fake-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'xenolith-text-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function withoutMachine(...argv: string[]): Promise<XmRun> {
  const ran = await xm(argv);
  expect(ran.machineOptions).toBeNull();
  return ran;
}

test('plan prints what would happen, line by line', async () => {
  const path = file('plan.xm', 'let free = host.free_memory\nif free > 1GiB {\n  destroy web\n}\nlist\n');
  expect(await withoutMachine('plan', path)).toMatchObject({
    stdout: '   2  if free > 1GiB:\n   3    destroy web\n',
    stderr: '',
    exitCode: 0,
  });
  expect(JSON.parse((await withoutMachine('plan', path, '--json')).stdout)).toEqual([
    { line: 2, step: 'if free > 1GiB:' },
    { line: 3, step: '  destroy web' },
  ]);
});

test('plan refuses a script that could not run', async () => {
  const { stderr, exitCode } = await withoutMachine('plan', file('bad.xm', 'destory web\n'));
  expect(exitCode).toBe(2);
  expect(stderr).toContain("did you mean 'destroy'?");
});

test('fmt writes files in place, keeps their mode, and leaves nothing behind', async () => {
  const path = file('web.cfg', 'name="web"\nvcpus=2 # two\n');
  const { mode } = statSync(path);
  expect(await withoutMachine('fmt', path)).toMatchObject({ stdout: '', stderr: `formatted ${path}\n`, exitCode: 0 });
  expect(readFileSync(path, 'utf8')).toBe('name = "web"\nvcpus = 2  # two\n');
  expect(statSync(path).mode).toBe(mode);
  expect(readdirSync(folder).filter((name) => name.includes('.new'))).toEqual([]);
  expect(await withoutMachine('fmt', path)).toMatchObject({ stdout: '', stderr: '', exitCode: 0 });
});

test('fmt --check writes nothing and ends with 1', async () => {
  const path = file('check.cfg', 'name="web"\n');
  const { stderr, exitCode } = await withoutMachine('fmt', '--check', path);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`not in the usual form: ${path}`);
  expect(readFileSync(path, 'utf8')).toBe('name="web"\n');
});

test('a mistake in one file keeps all of them as they are', async () => {
  const good = file('good.xm', 'let x=1\n');
  const bad = file('broken.xm', 'let = 1\n');
  const { stderr, exitCode } = await withoutMachine('fmt', good, bad);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('broken.xm:1:5');
  expect(readFileSync(good, 'utf8')).toBe('let x=1\n');
});

test('fmt - goes from stdin to stdout', async () => {
  const ran = await xm(['fmt', '-'], { stdin: 'let x=1' });
  expect(ran).toMatchObject({ stdout: 'let x = 1\n', exitCode: 0 });
});
