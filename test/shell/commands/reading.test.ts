/** Commands that only look, beyond what the recordings of xl cover. */
import { describe, expect, test } from 'vitest';
import { Table } from '../../../src/lang/values.ts';
import { openShell } from '../harness.ts';

const json = async (line: string): Promise<unknown> => JSON.parse((await openShell().run(line)).stdout) as unknown;

describe('--json gives full values', () => {
  test('of domains', async () => {
    const [first] = (await json('list --json web-1')) as Record<string, unknown>[];
    expect(first).toEqual({
      name: 'web-1',
      id: 1,
      mem: 536870912,
      vcpus: 2,
      state: 'blocked',
      time: 12700000000,
      cpu: expect.closeTo(0.341, 3) as number,
      weight: 256,
      cap: 50,
      max_mem: 536870912,
      uptime: 3720000000000,
      reason: null,
      pool: 'Pool-0',
      uuid: '10111213-1415-1617-1819-1a1b1c1d1e1f',
    });
  });

  test('of chosen fields', async () => {
    expect(await json('list --json=name,state 0')).toEqual([{ name: 'Domain-0', state: 'running' }]);
  });

  test.each<[string, unknown]>([
    ['domid --json web-1', 1],
    ['domname --json 1', 'web-1'],
    ['info --json xen_version', '4.17.0-stub'],
    ['xenstore-read --json /local/domain/1/name', 'web-1'],
    ['sched-credit --json -s', { tslice_ms: 30, ratelimit_us: 1000, migration_delay_us: 0 }],
    ['sched-credit --json -d web-1', [{ name: 'web-1', id: 1, weight: 256, cap: 50 }]],
    ['uptime --json web-1', [{ name: 'web-1', id: 1, uptime: 3720000000000 }]],
    [
      'vcpu-list --json crashed-dom',
      [
        { name: 'crashed-dom', id: 5, vcpu: 0, cpu: 5, state: 'runnable', time: 1600000000, hard: 'all', soft: 'all' },
        { name: 'crashed-dom', id: 5, vcpu: 1, cpu: null, state: 'offline', time: 1600000000, hard: 'all', soft: 'all' },
      ],
    ],
  ])('%s', async (line, expected) => {
    expect(await json(line)).toEqual(expected);
  });

  test('info as an object', async () => {
    expect(await json('info --json')).toMatchObject({ nr_cpus: '8', xen_version: '4.17.0-stub' });
  });

  test('xenstore as nodes', async () => {
    expect(await json('xenstore-ls --json /local/domain/1')).toEqual([
      { path: '/local/domain/1/name', value: 'web-1', permissions: 'n0,r1' },
      { path: '/local/domain/1/data', value: 'tab\there \\ é\u0001', permissions: 'n1' },
    ]);
  });

  test('list -l is the JSON of xl: domid and config', async () => {
    const listed = (await json('list -l web-1')) as readonly Record<string, unknown>[];
    expect(listed).toMatchObject([
      {
        domid: 1,
        config: {
          c_info: { type: 'pv', name: 'web-1' },
          b_info: { max_vcpus: 2, avail_vcpus: [0, 1], max_memkb: 524288, sched_params: { weight: 256, cap: 50 } },
        },
      },
    ]);
  });
});

describe('other formats', () => {
  test.each([
    ['list 1 --format=csv --columns=name,mem', 'name,mem\nweb-1,536870912\n'],
    ['list 1 --format=tsv --columns=name,mem', 'name\tmem\nweb-1\t536870912\n'],
    ['list 1 --columns=name,state', 'name\tstate\nweb-1\tblocked\n'],
    ['list 1 --columns=name,state --no-header', 'web-1\tblocked\n'],
    ['list 1 --format=ndjson --columns=name,id', '{"name":"web-1","id":1}\n'],
    ['list 1 --format=yaml --columns=name,id', '- name: web-1\n  id: 1\n'],
    ['list 1 --format=table --columns=name,mem', 'Name       Mem\nweb-1  512 MiB\n'],
  ])('%s', async (line, expected) => {
    expect((await openShell().run(line)).stdout).toBe(expected);
  });

  test('xl tables without their heading', async () => {
    expect((await openShell().run('list --no-header 1')).stdout).toMatch(/^web-1 .*\n$/);
    expect((await openShell().run('sched-credit --no-header')).stdout).toMatch(/^Domain-0 /);
  });
});

describe('xenstore-ls', () => {
  test('indents by one blank a level and escapes values', async () => {
    expect((await openShell().run('xenstore-ls')).stdout).toBe(
      `tool = ""\nlocal = ""\n domain = ""\n  1 = ""\n   name = "web-1"\n   data = "tab\\there \\\\ \\xc3\\xa9\\001"\n`,
    );
  });

  test('-f prints whole paths', async () => {
    expect((await openShell().run('xenstore-ls -f /local/domain')).stdout).toMatch(
      /^\/local\/domain\/1 = ""\n\/local\/domain\/1\/name = "web-1"\n/,
    );
  });

  test('-p adds permissions behind dots that line up', async () => {
    const [first, second] = (await openShell().run('xenstore-ls -p /local/domain')).stdout.split('\n');
    expect(first).toBe('1 = "" . . . . . . . . . . . . . . . . . . . . . . . . . . .  (n0,r1)');
    expect(second!.indexOf('(')).toBe(first!.indexOf('('));
  });
});

test('help is there for every command, from its record', async () => {
  const { COMMANDS } = await import('../../../src/shell/commands/table.ts');
  const all = (await openShell().run('help')).stdout;
  for (const { name, summary, options } of COMMANDS) {
    expect(all).toContain(`  ${name}`);
    const page = (await openShell().run(`help ${name}`)).stdout;
    expect(page).toContain(`Usage: xm ${name}`);
    expect(page.replaceAll(/\s+/g, ' ')).toContain(summary);
    for (const { long } of options) expect(page).toContain(`--${long}`);
    expect(await openShell().run(`${name} --help`)).toMatchObject({ stdout: page });
    for (const line of page.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  }
});

test('help exit-codes lists them all', async () => {
  const { stdout } = await openShell().run('help exit-codes');
  for (const code of [0, 1, 2, 3, 4, 5, 124, 130]) expect(stdout).toMatch(new RegExp(`^ +${code}  `, 'm'));
});

describe('top', () => {
  test('as JSON is one line a sample, keyed by domain', async () => {
    const lines = (await openShell().run('top --json -i 2')).stdout.trim().split('\n');
    expect(lines).toHaveLength(2);
    const { domains } = JSON.parse(lines[1]!) as { domains: { name: string; cpuPercent: number }[] };
    expect(domains.find(({ name }) => name === 'web-1')?.cpuPercent).toBeCloseTo(40);
  });

  test('is the live view on a terminal, unless a table is asked for', async () => {
    const opened: unknown[] = [];
    const terminal = {
      top: async (options: unknown) => void opened.push(options),
      attachConsole: () => Promise.reject(new Error('not asked')),
    };
    await openShell({ terminal }).run('top -d 0.5');
    expect(opened).toEqual([{ delayMs: 500 }]);
    expect((await openShell({ terminal }).run('top -b -i 1')).stdout).toMatch(/^ +NAME/);
    expect(opened).toHaveLength(1);
  });

  test('-z puts Domain-0 first', async () => {
    expect((await openShell().run('top -b -z -i 1')).stdout.split('\n')[1]).toMatch(/^ +Domain-0/);
  });
});

describe('console without a terminal', () => {
  test('is stdin to the guest and the guest to stdout, until the guest ends', async () => {
    const { stdout, exitCode } = await openShell({ input: ['hello ', 'bye'] }).run('console web-1');
    expect(stdout).toBe('booting web-1\r\n> HELLO BYE');
    expect(exitCode).toBe(0);
  });

  test('is left when stdin has ended and the guest is silent', async () => {
    expect((await openShell({ input: ['hello'] }).run('console web-1')).stdout).toBe('booting web-1\r\n> HELLO');
  });

  test('of no such domain is refused', async () => {
    expect(await openShell().run('console nosuch')).toMatchObject({ exitCode: 3 });
  });
});

test('a value that goes on down the pipeline is a table with everything in it', async () => {
  const { value } = await openShell().run('list');
  expect(value).toBeInstanceOf(Table);
  expect((value as Table).columns.map(({ name }) => name)).toContain('uuid');
});
