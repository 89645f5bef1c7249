/** The decoder against iced-x86 on real code, mutated: pebble's, and what programs of this machine have. */
import { Decoder, DecoderOptions } from 'iced-x86';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { Oracle } from './oracle.ts';
import { codeOf, mutatedSequences } from './sequences.ts';

const PEBBLE = resolve(import.meta.dirname, '../../../../examples/guests/pebble/pebble.elf');
const PROGRAMS = [PEBBLE, process.execPath, '/lib/x86_64-linux-gnu/libc.so.6', '/lib/x86_64-linux-gnu/libm.so.6', '/usr/bin/gcc'];
const MOST = 1 << 20;

/** Where instructions begin, by running through it. */
function startsOf(code: Uint8Array): number[] {
  const decoder = new Decoder(64, code, DecoderOptions.None);
  const starts: number[] = [];
  while (decoder.canDecode) {
    starts.push(decoder.position);
    decoder.decode().free();
  }
  decoder.free();
  return starts;
}

test('a million mutations of real code decode as iced-x86 decodes them', { timeout: 90_000 }, () => {
  const programs = PROGRAMS.map((path) => codeOf(path, MOST)).filter((code) => code !== null);
  expect(programs.length).toBeGreaterThan(0);
  let agreed = 0;
  for (const code of programs) {
    const oracle = new Oracle(mutatedSequences(code, startsOf(code), Math.ceil(1_000_000 / programs.length)));
    oracle.run();
    expect(oracle.wrong.slice(0, 10)).toEqual([]);
    agreed += oracle.agreed;
  }
  expect(agreed).toBeGreaterThan(800_000);
});
