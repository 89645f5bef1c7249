/** What scripts written for the real tools depend on, byte for byte. */
import { describe, expect, test } from 'vitest';
import { golden, hasGolden, SKIP_REASON } from '../golden.ts';
import { openShell } from '../harness.ts';

const withoutTime = (text: string): string => text.replaceAll(/^ \d\d:\d\d:\d\d/gm, ' TIME');

describe.skipIf(!hasGolden)(`commands print what xl prints${hasGolden ? '' : ` (skipped: ${SKIP_REASON})`}`, () => {
  const same = [
    'list',
    'list -v',
    'list -Z',
    'list -c',
    'list -n',
    'list 1',
    'vcpu-list',
    'vcpu-list 1',
    'info',
    'info xen_version',
    'uptime',
    'domid web-1',
    'domname 5',
    'dmesg',
    'li',
  ];
  test.each(same)('%s', async (line) => {
    expect((await openShell().run(line)).stdout).toBe(golden('xl-tables.txt', `xl ${line}`).output);
  });

  test.each(['sched-credit', 'sched-credit -d web-1', 'sched-credit -s'])('%s', async (line) => {
    expect((await openShell().run(line)).stdout).toBe(golden('xl-more.txt', `xl ${line}`).output);
  });

  test('uptime -s, but for the time of day', async () => {
    expect(withoutTime((await openShell().run('uptime -s')).stdout)).toBe(withoutTime(golden('xl-tables.txt', 'xl uptime -s').output));
  });

  test('info -n has the same topology, without devices, which this machine has none of', async () => {
    const recorded = golden('xl-tables.txt', 'xl info -n').output.replace(/device topology[\s\S]*?(?=numa_info)/, '');
    expect((await openShell().run('info -n')).stdout).toBe(recorded);
  });

  test.each(['xentop -b -i 2 -d 1', 'xentop -b -i 1 -f'])('%s', async (recorded) => {
    expect((await openShell().run(recorded.replace('xentop', 'top'))).stdout).toBe(golden('xentop-batch.txt', recorded).output);
  });

  test('xentop -v puts the virtual CPUs under each domain', async () => {
    const recorded = golden('xentop-batch.txt', 'xentop -b -i 1 -v -n -x').output.replace(/^VBD .*\n/m, '');
    expect((await openShell().run('top -b -i 1 -v -n -x')).stdout).toBe(recorded);
  });

  test('xentop -r repeats the heading before each domain', async () => {
    const recorded = golden('xentop-batch.txt', 'xentop -b -i 1 -r').output;
    expect((await openShell().run('top -b -i 1 -r')).stdout.slice(0, recorded.length)).toBe(recorded);
  });

  test.each([
    ['domname 99', 'xl-tables.txt'],
    ['domid nosuch', 'xl-tables.txt'],
    ['sched-credit -w 10', 'xl-more.txt'],
    ['mem-set 1 5x', 'xl-more.txt'],
    ['vcpu-set web-1 abc', 'xl-more.txt'],
    ['vcpu-set web-1 99', 'xl-more.txt'],
    ['list -q', 'xl-tables.txt'],
  ])('%s fails in the words of xl', async (line, file) => {
    const { stderr, exitCode } = await openShell().run(line);
    expect(stderr.split('\n')[0]).toBe(`error: ${golden(file, `xl ${line}`).output.trim()}`);
    expect(exitCode).not.toBe(0);
  });
});
