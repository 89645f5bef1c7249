/** What the translator makes of a dozen regions, as text, with each instruction above what became of it. `npx vitest run test/hw/cpu/translator --update` accepts a change. */
import { LONG } from '../../../../src/hw/cpu/code-mode.ts';
import { Decoder, DecoderOptions, Formatter, FormatterSyntax } from 'iced-x86';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { buildRegion } from '../../../../src/hw/cpu/translator/build-region.ts';
import { planRegion } from '../../../../src/hw/cpu/translator/plan-region.ts';
import { RegionEmitter } from '../../../../src/hw/cpu/translator/region-emitter.ts';
import { shapeRegion } from '../../../../src/hw/cpu/translator/shape-region.ts';
import { remark, wasmText } from './wasm-text.ts';

const PAGE = 0x40_0000;
const FUNCTIONS = ['slowRead', 'slowWrite', 'finishWrite', 'jump', 'materialize', 'runSse'];
const index = (name: string): number => FUNCTIONS.indexOf(name);
const HELPERS = {
  handlerType: 0,
  slowRead: index('slowRead'),
  slowWrite: index('slowWrite'),
  finishWrite: index('finishWrite'),
  jump: index('jump'),
  materialize: index('materialize'),
  named: { runSse: index('runSse') },
};

const REGIONS: Readonly<Record<string, readonly number[]>> = {
  'a move between registers': [0x48, 0x89, 0xd8, 0xc3],
  'flags that nobody reads': [0x01, 0xd8, 0x29, 0xc8, 0x31, 0xd0, 0xc3],
  'compare and branch, fused': [0x39, 0xd8, 0x7c, 0x01, 0x90, 0xc3],
  'a counted loop': [0x31, 0xc0, 0x01, 0xc8, 0x83, 0xe9, 0x01, 0x75, 0xf9, 0xc3],
  'a load': [0x8b, 0x43, 0x08, 0xc3],
  'a store': [0x89, 0x43, 0x08, 0xc3],
  'push and pop': [0x53, 0x5b, 0xc3],
  'a loop over memory': [0x8b, 0x07, 0x01, 0xc8, 0x48, 0x83, 0xc7, 0x04, 0x48, 0x39, 0xf7, 0x72, 0xf3, 0xc3],
  'a call and a return inside': [0xe8, 0x01, 0x00, 0x00, 0x00, 0xc3, 0xff, 0xc0, 0xc3],
  'a shift by a register': [0xd3, 0xe0, 0xc3],
  'a byte register': [0x00, 0xc4, 0xc3],
  'a vector addition': [0x66, 0x0f, 0xfe, 0xc1, 0xc3],
  'an addition of doubles': [0xf2, 0x0f, 0x58, 0xc1, 0xc3],
  'two loops with one head': [0xff, 0xc9, 0x75, 0xfc, 0x89, 0xd9, 0xff, 0xca, 0x75, 0xf6, 0xc3],
  'flags of two branches': [0x39, 0xd8, 0x7c, 0x02, 0x77, 0x01, 0x90, 0xc3],
};

/** The instructions in NASM's syntax, by address. */
function assembly(code: readonly number[]): Map<number, string> {
  const decoder = new Decoder(64, Uint8Array.from(code), DecoderOptions.None);
  decoder.ip = BigInt(PAGE);
  const formatter = new Formatter(FormatterSyntax.Nasm);
  const lines = new Map(
    decoder.decodeAll().map((instruction) => [Number(instruction.ip), `${instruction.ip.toString(16)}  ${formatter.format(instruction)}`]),
  );
  decoder.free();
  formatter.free();
  return lines;
}

test.each(Object.entries(REGIONS))('%s', async (name, code) => {
  const page = new Uint8Array(4096);
  page.set(code);
  const plan = planRegion(page, 0, LONG, new Set(), () => true);
  const t = new RegionEmitter(HELPERS, 0x1000, PAGE);
  const lines = assembly(code);
  const addresses = [...lines.keys()];
  const begin = t.begin.bind(t);
  t.begin = (decoded, va, unretired) => {
    begin(decoded, va, unretired);
    t.code.bytes(remark(addresses.indexOf(va)));
  };
  buildRegion(t, shapeRegion(plan), PAGE, (va) => va - PAGE + 0x2000);
  const { locals, code: body } = t.finish();
  const listing = [...lines.values()];
  const text = `${listing.map((line) => `;; ${line}`).join('\n')}\n;; ${locals.length} locals\n${wasmText(body.view(), FUNCTIONS, listing)}\n`;
  await expect(text).toMatchFileSnapshot(resolve(import.meta.dirname, 'golden', `${name.replace(/\W+/g, '-')}.txt`));
});
