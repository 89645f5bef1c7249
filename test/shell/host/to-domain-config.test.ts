import { describe, expect, test } from 'vitest';
import { Quantity } from '../../../src/lang/values.ts';
import type { ConfigRecord, Value } from '../../../src/lang/index.ts';
import { toDomainConfig } from '../../../src/shell/host/to-domain-config.ts';

const CPUS = 4;

function record(settings: Readonly<Record<string, Value>>): ConfigRecord {
  const entries = Object.entries({ name: 'web', kernel: '/boot/vmlinuz', ...settings }).map(([key, value], at) => {
    const span = { file: '/etc/xen/web.cfg', start: at * 10, end: at * 10 + key.length, line: at + 1, column: 1 };
    return [key, { value, span }] as const;
  });
  return { file: '/etc/xen/web.cfg', entries: new Map(entries) };
}

const convert = (settings: Readonly<Record<string, Value>>): Record<string, unknown> => ({ ...toDomainConfig(record(settings), CPUS).config });

describe('keys of xl.cfg become what is built', () => {
  test.each<[Record<string, Value>, Record<string, unknown>]>([
    [{}, { name: 'web', kernel: '/boot/vmlinuz' }],
    [{ kernel: 'images/vmlinuz', ramdisk: '../initrd' }, { kernel: '/etc/xen/images/vmlinuz', ramdisk: '/etc/xen/../initrd'.replace('/xen/..', '') }],
    [{ memory: 64n, maxmem: '128' }, { memoryMiB: 64, maxMemoryMiB: 128 }],
    [{ memory: new Quantity('bytes', 64 * 2 ** 20) }, { memoryMiB: 64 }],
    [{ memory: '0x40' }, { memoryMiB: 64 }],
    [{ memory: '0100' }, { memoryMiB: 64 }],
    [{ root: '/dev/xvda1', extra: 'ro quiet' }, { cmdline: 'root=/dev/xvda1 ro quiet' }],
    [{ root: '/dev/xvda1' }, { cmdline: 'root=/dev/xvda1' }],
    [{ cmdline: 'console=hvc0', root: 'x', extra: 'y' }, { cmdline: 'console=hvc0' }],
    [{ vcpus: 2n, maxvcpus: 4n }, { vcpus: 2, maxVcpus: 4 }],
    [{ vcpus: 0n }, { vcpus: 1 }],
    [{ cpu_weight: 512n, cap: 50n }, { cpuWeight: 512, cap: 50 }],
    [{ vcpus: 2n, cpus: '0-3,^1' }, { cpus: [[0, 2, 3]] }],
    [{ vcpus: 2n, cpus: 'all' }, { cpus: [[0, 1, 2, 3]] }],
    [{ vcpus: 3n, cpus: ['1', '2-3'] }, { cpus: [[1], [2, 3], [0, 1, 2, 3]] }],
    [{ vcpus: 2n, cpus: [1n, 2n, 3n] }, { cpus: [[1], [2]] }],
    [{ cpus_soft: '2' }, { cpusSoft: [[2]] }],
    [{ on_crash: 'rename-restart', on_reboot: 'destroy', on_poweroff: 'preserve' }, { onCrash: 'rename-restart', onReboot: 'destroy', onPoweroff: 'preserve' }],
  ])('%o', (settings, expected) => {
    expect(convert(settings)).toMatchObject(expected);
  });
});

describe('what cannot be built says where', () => {
  test.each<[Record<string, Value>, string, number]>([
    [{ kernel: null }, 'there is no kernel to boot', 2],
    [{ name: null }, 'Domain name must be specified.', 1],
    [{ memory: 'lots' }, "memory must be a whole number, not 'lots'", 3],
    [{ vcpus: 4n, maxvcpus: 2n }, 'maxvcpus (2) is less than vcpus (4)', 4],
    [{ cpus: '3-1' }, 'Invalid pcpu range: 3-1.', 3],
    [{ cpus: '^1' }, 'vcpu hard affinity map is empty', 3],
    [{ cpus: '9' }, 'vcpu hard affinity map is empty', 3],
  ])('%o', (settings, message, line) => {
    const { config, problems } = toDomainConfig(record(settings), CPUS);
    expect(config).toBeNull();
    expect(problems).toMatchObject([{ severity: 'error', message, span: { line } }]);
  });
});
