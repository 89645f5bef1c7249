import { describe, expect, test } from 'vitest';
import { parsePciSpec } from '../../../src/lang/index.ts';
import { needsCorpus, vectors } from '../corpus.ts';

interface Oracle {
  readonly ok: boolean;
  readonly domain: number;
  readonly bus: number;
  readonly dev: number;
  readonly func: number;
  readonly vdevfn: number;
  readonly msitranslate: number;
  readonly power_mgmt: number;
  readonly permissive: number;
  readonly seize: number;
}

describe(needsCorpus('PCI devices as libxlutil reads them'), () => {
  test.each(vectors<Oracle>('pci'))('$input', ({ input, oracle }) => {
    const result = parsePciSpec(input);
    expect('device' in result).toBe(oracle.ok);
    if (!('device' in result)) return;
    const { domain, bus, dev, func, vdevfn, msitranslate, power_mgmt: powerMgmt, permissive, seize } = oracle;
    expect(result.device).toMatchObject({ domain, bus, dev, func, vdevfn, msitranslate, powerMgmt, permissive, seize });
  });
});

test.each<[string, object | null]>([
  ['0000:01:02.3@4,permissive=1', { domain: 0, bus: 1, dev: 2, func: 3, vdevfn: 32, permissive: 1 }],
  ['ffff:ff:1f.7', { domain: 0xffff, bus: 0xff, dev: 0x1f, func: 7 }],
  ['01:00.*', { func: -1 }],
  ['bdf=01:00.0,vslot=2,seize=1', { bus: 1, vdevfn: 16, seize: 1 }],
  ['name=nic0,msitranslate=1', { name: 'nic0', msitranslate: 1 }],
  ['01:00.0,name=nic0', null],
  ['01:20.0', null],
  ['100:00.0', null],
  ['01:00', null],
  ['01:00.0@20', null],
  ['01:00.0,rdm_policy=loose', null],
  ['01:00.0,nonsense=1', null],
  ['01:00.0,permissive', null],
  ['', null],
])('%s', (spec, device) => {
  const result = parsePciSpec(spec);
  if (device === null) expect(result).toHaveProperty('fault');
  else expect(result).toMatchObject({ device });
});
