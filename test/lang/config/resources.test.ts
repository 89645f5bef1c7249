/** Keys without effect here that xl reads: what it refuses, and what create -n prints of them. */
import { expect, test } from 'vitest';
import { evaluateConfig, isError, readConfig } from '../../../src/lang/index.ts';

function read(text: string): { readonly errors: readonly string[]; readonly fields: object } {
  const { settings, problems } = readConfig(evaluateConfig(`name = "a"\nkernel = "/k"\n${text}\n`, 'x.cfg').config);
  return {
    errors: problems.filter(isError).map(({ span, message }) => `${span.line}:${span.column} ${message}`),
    fields: { ...settings.xl.build, ...settings.xl.top },
  };
}

test.each<[string, object]>([
  [
    'ioports = ["2f8-2ff", "60"]',
    {
      ioports: [
        { first: 0x2f8, number: 8 },
        { first: 0x60, number: 1 },
      ],
    },
  ],
  ['irqs = [7, "8"]', { irqs: [7, 8] }],
  [
    'iomem = ["fd000,10", "0x1,0x2@ff"]',
    {
      iomem: [
        { start: 0xfd000, number: 16 },
        { start: 1, number: 2, gfn: 0xff },
      ],
    },
  ],
  ['tsc_mode = "native"', { tsc_mode: 'native' }],
  ['tsc_mode = 1', { tsc_mode: 'always_emulate' }],
  ['tsc_mode = "default"', {}],
  [
    'cpuid = "host,fpu=0,sse3=1,nx=k"',
    {
      cpuid: {
        cpuid: [
          { leaf: 1, edx: `${'x'.repeat(31)}0`, ecx: `${'x'.repeat(31)}1` },
          { leaf: 0x80000001, edx: `${'x'.repeat(11)}k${'x'.repeat(20)}` },
        ],
        msr: [],
      },
    },
  ],
  [
    'cpuid = ["7,0:ebx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1", "nonsense"]',
    { cpuid: { cpuid: [{ leaf: 7, subleaf: 0, ebx: `${'x'.repeat(31)}1` }], msr: [] } },
  ],
  [
    'channel = ["connection=pty,name=x", "connection=socket,path=/x"]',
    {
      channels: [
        { devid: 0, name: 'x', 'connection.pty': {} },
        { devid: 1, 'connection.socket': { path: '/x' } },
      ],
    },
  ],
  ['bootloader = "pygrub"\nbootloader_args = "-q -x"', { bootloader: 'pygrub', bootloader_args: ['-q', '-x'] }],
  ['nomigrate = 1\nlocaltime = 0\nmax_event_channels = 10', { disable_migrate: 'True', localtime: 'False', event_channels: 10 }],
  ['pci = ["01:02.3,permissive=1"]', { pcidevs: [{ bus: 1, dev: 2, func: 3, permissive: 'True' }] }],
  ['dtdev = ["/soc/x"]', { dtdevs: [{ path: '/soc/x' }] }],
  ['vnuma = [["pnode=0", "size=512", "vcpus=0", "vdistances=10"]]', {}],
])('%s', (text, fields) => {
  expect(read(text)).toEqual({ errors: [], fields });
});

test.each([
  ['ioports = ["60", "x"]', "3:18 'ioports': 'x' is no I/O port or range of ports"],
  ['ioports = ["10000"]', "3:12 'ioports': '10000' is beyond the last I/O port, ffff"],
  ['ioports = ["2ff-2f8"]', "3:12 'ioports': '2ff-2f8' is no I/O port or range of ports"],
  ['irqs = ["seven"]', "3:9 'irqs': 'seven' is no interrupt number"],
  ['iomem = ["x"]', "3:10 'iomem': 'x' is not START,NUMBER[@GFN] in hexadecimal pages"],
  ['iomem = ["1,2,3"]', "3:10 'iomem': '1,2,3' is not START,NUMBER[@GFN] in hexadecimal pages"],
  ['tsc_mode = "foo"', "3:12 'tsc_mode': invalid value 'foo' (one of default, always_emulate, native, native_paravirt)"],
  ['tsc_mode = 9', "3:12 'tsc_mode': invalid value '9' (one of default, always_emulate, native, native_paravirt)"],
  ['timer_mode = 1', "3:14 'timer_mode': it is not supported for PV guests"],
  ['channel = ["name=x"]', "3:12 'channel': a channel needs connection=pty or connection=socket"],
  ['channel = ["connection=carrier-pigeon"]', "3:12 'channel': unknown connection 'carrier-pigeon'"],
  ['pci = ["01:00.9"]', "3:8 'pci': '01:00.9' is neither a device nor a parameter in the device '01:00.9'"],
  ['vnuma = [["pnode=9","size=512","vcpus=0","vdistances=10"]]', "3:10 'vnuma': invalid pnode number: 9: the host has one node"],
  ['vnuma = [["pnode=0","size=512"]]', "3:10 'vnuma': a virtual node needs vcpus="],
])('%s is refused', (text, message) => {
  expect(read(text).errors).toEqual([message]);
});
