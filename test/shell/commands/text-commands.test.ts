/** Commands that only read and write files: no machine is started for them. */
import { chmodSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
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

test('fmt writes through a link, and keeps away from read-only files and from what is no UTF-8', async () => {
  const path = file('linked.xm', 'let x=1\n');
  const link = join(folder, 'link.xm');
  symlinkSync('linked.xm', link);
  expect((await withoutMachine('fmt', link)).exitCode).toBe(0);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe('let x = 1\n');

  const before = file('before.xm', 'let x=1\n');
  const locked = file('locked.xm', 'let x=1\n');
  chmodSync(locked, 0o444);
  expect((await withoutMachine('fmt', before, locked)).stderr).toContain('it is read-only');
  expect(readFileSync(before, 'utf8')).toBe('let x=1\n');

  const latin = join(folder, 'latin.cfg');
  writeFileSync(latin, Buffer.from('name="x" # caf\xe9\n', 'latin1'));
  expect((await withoutMachine('fmt', latin)).stderr).toContain('is not in UTF-8');
  expect(readFileSync(latin, 'latin1')).toBe('name="x" # caf\xe9\n');
});

test('check goes on behind a file that is not there, and tells file by file', async () => {
  const first = file('first.xm', 'let unused = 1\nnope + 1\n');
  const second = file('second.xm', 'let b = 1\n');
  const { stderr, exitCode } = await withoutMachine('check', first, join(folder, 'missing.xm'), second);
  expect(exitCode).toBe(2);
  expect([...stderr.matchAll(/^(?:error|warning): .*\n +--> .*?([\w.]+):/gm)].map((match) => match[1])).toEqual([
    'first.xm',
    'missing.xm',
    'second.xm',
  ]);
});

test('file names in SARIF are URIs', async () => {
  const path = file('odd #1%.xm', 'nope + 1\n');
  expect((await withoutMachine('check', '--sarif', path)).stdout).toContain('odd%20%231%25.xm"');
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

test('check says everything at once, with its place, and ends with 2', async () => {
  const script = file('all.xm', 'let unused = 1\nlist --nonsense\nwait 5\ndomain x { memroy = 5 }\n');
  const config = file('all.cfg', 'name = "x"\nkernel = "/k"\nvcpu = 2\nmemory = "much"\n');
  const { stderr, exitCode } = await withoutMachine('check', script, config);
  expect(exitCode).toBe(2);
  const heads = stderr.split('\n').filter((line) => /^(?:error|warning)/.test(line));
  expect(heads).toEqual([
    "error: option `nonsense' not supported.",
    'error: a duration is needed, not an integer',
    "error: unknown key 'memroy'",
    "error: unknown key 'vcpu'",
    "error: 'memory' must be a number of MiB, not 'much'",
  ]);
});

test('check of good files says nothing', async () => {
  expect(await withoutMachine('check', 'examples/scripts/fleet.xm', 'examples/scripts/pebble.cfg')).toMatchObject({
    stdout: '',
    stderr: '',
    exitCode: 0,
  });
});

test('warnings are shown; they end with 1 only if asked', async () => {
  const path = file('warn.xm', 'let unused = 1\n');
  const shown = await withoutMachine('check', path);
  expect(shown.exitCode).toBe(0);
  expect(shown.stderr).toContain("warning: 'unused' is never used");
  expect((await withoutMachine('check', '-W', path)).exitCode).toBe(1);
});

test('--strict-xl tells what real xl would reject', async () => {
  const path = file('own.cfg', 'name = "x"\r\nkernel = "/k"\r\nmemory = 64MiB\r\nlocaltime = yes # last');
  expect(await withoutMachine('check', path)).toMatchObject({ stderr: '', exitCode: 0 });
  const { stderr, exitCode } = await withoutMachine('check', '--strict-xl', path);
  expect(exitCode).toBe(0);
  expect(stderr.match(/^warning: .*$/gm)).toEqual([
    'warning: the lines end as on Windows (CR LF)',
    "warning: xl does not write numbers as '64MiB'",
    'warning: xl has no names as values',
    'warning: the last line is a comment without a newline',
  ]);
  expect(stderr).toContain('xl would reject this');
});

test('a key that xl ignores is told; one that is nearly a key is a mistake', async () => {
  const path = file('keys.cfg', 'name = "x"\nkernel = "/k"\nprovisioning_ticket = "OPS-1"\n');
  const { stderr, exitCode } = await withoutMachine('check', path);
  expect(exitCode).toBe(0);
  expect(stderr).toContain("warning: unknown key 'provisioning_ticket': it has no effect");
});

test('check --json is a list with places, --sarif is what CI servers read', async () => {
  const path = file('json.xm', 'list\ndestory web\n');
  const json = await withoutMachine('check', path, '--json');
  expect(json.exitCode).toBe(2);
  expect(JSON.parse(json.stdout)).toEqual([
    {
      file: path,
      line: 2,
      column: 1,
      start: 5,
      end: 12,
      severity: 'error',
      code: 'XM1102',
      message: "unknown command 'destory'",
      help: "did you mean 'destroy'?",
    },
  ]);
  const { stdout, exitCode } = await withoutMachine('check', '--sarif', path);
  expect(exitCode).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'xenolith', rules: [{ id: 'XM1102', defaultConfiguration: { level: 'error' } }] } },
        results: [
          {
            ruleId: 'XM1102',
            ruleIndex: 0,
            level: 'error',
            message: { text: "unknown command 'destory' (did you mean 'destroy'?)" },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: path },
                  region: { startLine: 2, startColumn: 1, endLine: 2, endColumn: 8 },
                },
              },
            ],
          },
        ],
      },
    ],
  });
  expect(JSON.parse((await withoutMachine('check', '--sarif', 'examples/scripts/fleet.xm')).stdout)).toMatchObject({
    runs: [{ results: [] }],
  });
});

test('convert writes an old xm file as one of today, and never over another', async () => {
  const path = file('old', "import os\nname = 'a-%s' % os.uname()[4]\ncpu = 1\nbuilder = 'linux'\n");
  const { stdout, stderr, exitCode } = await withoutMachine('convert', path);
  expect({ stdout, exitCode }).toEqual({ stdout: 'name = "a-x86_64"\ncpus = "1"\n', exitCode: 0 });
  expect(stderr).toContain('cpu is cpus now');
  const target = join(folder, 'new.cfg');
  expect((await withoutMachine('convert', path, '-o', target)).exitCode).toBe(0);
  expect(readFileSync(target, 'utf8')).toBe(stdout);
  expect((await withoutMachine('convert', path, '-o', target)).stderr).toContain('is there already');
  expect((await withoutMachine('convert', file('bad', 'x = open("/etc/passwd")\n'))).stderr).toContain(
    'files cannot be read: write the value itself',
  );
});

test('the examples have no mistakes and their usual form', async () => {
  const names = readdirSync('examples/scripts').map((name) => `examples/scripts/${name}`);
  expect(names.filter((name) => name.endsWith('.xm')).length).toBeGreaterThanOrEqual(15);
  const checked = names.filter((name) => !/(?:grub|old-xm)\.cfg$/.test(name));
  expect(await withoutMachine('check', '-W', ...checked)).toMatchObject({ stderr: '', exitCode: 0 });
  expect(await withoutMachine('check', '-W', 'examples/scripts/old-xm.cfg', 'number=3')).toMatchObject({ stderr: '', exitCode: 0 });
  expect(await withoutMachine('fmt', '--check', ...names.filter((name) => !name.endsWith('old-xm.cfg')))).toMatchObject({
    stderr: '',
    exitCode: 0,
  });
});
