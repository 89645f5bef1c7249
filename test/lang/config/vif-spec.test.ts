import { describe, expect, test } from 'vitest';
import { parseVifRate, parseVifSpec } from '../../../src/lang/index.ts';
import { needsCorpus, vectors } from '../corpus.ts';

interface Oracle {
  readonly ok: boolean;
  readonly bytes_per_interval: number;
  readonly interval_usecs: number;
  readonly msg?: string;
}

describe(needsCorpus('rates'), () => {
  test.each(vectors<Oracle>('vifrate'))('$input', ({ input, oracle }) => {
    const rate = parseVifRate(input);
    if (oracle.ok) expect(rate).toEqual({ bytesPerInterval: oracle.bytes_per_interval, intervalUs: oracle.interval_usecs });
    else {
      const [, message] = /in vif: (.*)\n/.exec(oracle.msg!)!;
      expect(rate).toEqual({ message: message!.replaceAll('`', "'") });
    }
  });
});

test('blanks before a piece are dropped and blanks behind it belong to the value', () => {
  expect(parseVifSpec('bridge=br0, ip=1.2.3.4 , mac=0:16:3e:0:0:1').vif).toMatchObject({
    bridge: 'br0',
    ip: '1.2.3.4 ',
    mac: '00:16:3e:00:00:01',
  });
});

test('an unknown piece is ignored with a message, a bad rate is fatal', () => {
  expect(parseVifSpec('foo=1,mac=zz,bridge=b')).toMatchObject({
    vif: { bridge: 'b', mac: null },
    ignored: [{ piece: 'foo=1' }, { piece: 'mac=zz' }],
    fault: null,
  });
  expect(parseVifSpec('rate=1.5MB/s').fault).toMatchObject({ message: "invalid rate in '1.5MB/s'" });
});

test('an empty text is an interface with all defaults', () => {
  expect(parseVifSpec('')).toMatchObject({ vif: { mac: null, bridge: null }, ignored: [], fault: null });
});
