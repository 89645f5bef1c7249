import { describe, expect, test } from 'vitest';
import { COMMAND_LINE } from '../../../src/lang/host.ts';
import type { ConfigRecord, DomainSettings } from '../../../src/lang/index.ts';
import { toDomainConfig } from '../../../src/shell/host/to-domain-config.ts';

const CPUS = 4;
const span = { file: '/etc/xen/web.cfg', start: 10, end: 14, line: 3, column: 1 };
const record: ConfigRecord = { file: '/etc/xen/web.cfg', entries: new Map(['cpus', 'cpus_soft'].map((key) => [key, { value: '', span }])) };

const convert = (some: Partial<DomainSettings>, from: ConfigRecord = record): ReturnType<typeof toDomainConfig> =>
  toDomainConfig(
    from,
    { name: 'web', kernel: '/boot/vmlinuz', xl: { create: {}, build: {}, pv: {}, top: {} }, disks: [], vifs: [], ...some },
    { cpus: CPUS, cwd: '/home/ada' },
  );

describe('settings become what is built', () => {
  test.each<[Partial<DomainSettings>, Record<string, unknown>]>([
    [{}, { name: 'web', kernel: '/boot/vmlinuz' }],
    [
      { kernel: 'images/vmlinuz', ramdisk: '../initrd' },
      { kernel: '/etc/xen/images/vmlinuz', ramdisk: '/etc/initrd' },
    ],
    [
      { memoryMiB: 64, maxMemoryMiB: 128, cmdline: 'root=/dev/xvda1 ro' },
      { memoryMiB: 64, maxMemoryMiB: 128, cmdline: 'root=/dev/xvda1 ro' },
    ],
    [
      { vcpus: 2, cpus: '0-3,^1' },
      { vcpus: 2, cpus: [[0, 2, 3]] },
    ],
    [{ vcpus: 2, cpus: 'all' }, { cpus: [[0, 1, 2, 3]] }],
    [{ vcpus: 3, cpus: ['1', '2-3'] }, { cpus: [[1], [2, 3], [0, 1, 2, 3]] }],
    [{ vcpus: 1, maxVcpus: 2, cpus: ['1', '2', '3'] }, { cpus: [[1], [2]] }],
    [{ cpusSoft: '2' }, { cpusSoft: [[2]] }],
    [
      { cpuWeight: 512, cap: 50, onCrash: 'preserve' },
      { cpuWeight: 512, cap: 50, onCrash: 'preserve' },
    ],
  ])('%o', (settings, expected) => {
    const { config, problems } = convert(settings);
    expect(problems).toEqual([]);
    expect(config).toMatchObject(expected);
  });

  test('and nothing else comes along', () => {
    expect(convert({ type: 'pv', onWatchdog: 'destroy', onSoftReset: 'soft-reset' }).config).toEqual({
      name: 'web',
      kernel: '/boot/vmlinuz',
    });
  });
});

describe('CPUs that the host does not have say where they stand', () => {
  test.each<[Partial<DomainSettings>, string]>([
    [{ cpus: '^1' }, 'vcpu hard affinity map is empty'],
    [{ cpus: '9' }, 'vcpu hard affinity map is empty'],
    [{ cpusSoft: '9' }, 'vcpu soft affinity map is empty'],
  ])('%o', (settings, message) => {
    expect(convert(settings).problems).toEqual([{ code: 'XM1050', severity: 'error', message, span, help: 'the host has CPUs 0 to 3' }]);
  });
});

test.each([
  ['/etc/xen/web.cfg', '/etc/xen/images/vmlinuz'],
  ['/srv/common.xm', '/srv/images/vmlinuz'],
  ['../guests/web.cfg', '/home/guests/images/vmlinuz'],
  [COMMAND_LINE, '/home/ada/images/vmlinuz'],
])('a relative path that was written in %s', (file, kernel) => {
  const entries = new Map([['kernel', { value: 'images/vmlinuz', span: { ...span, file } }]]);
  expect(convert({ kernel: 'images/vmlinuz' }, { ...record, entries }).config.kernel).toBe(kernel);
});
