/** The table of instructions in docs/instructions.md, made of their descriptions. Run this file to write it. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { FLAT, LONG } from '../../src/hw/cpu/code-mode.ts';
import { decode, TRUNCATED, type Decoded } from '../../src/hw/cpu/decode/decoder.ts';
import { existsIn, forms, type Form } from '../../src/hw/cpu/decode/table.ts';
import { canTranslate } from '../../src/hw/cpu/translator/can-translate.ts';
import { randomFrom } from './state.ts';
import { countVectors } from './vectors.ts';

export const PAGE: string = resolve(import.meta.dirname, '../../docs/instructions.md');
const TRIES = 5000;

/** Some encoding of a form. */
function encoding(form: Form): Decoded {
  const random = randomFrom(form.index);
  const byte = (): number => random(256);
  for (let i = 0; i < TRIES; i++) {
    const prefix = form.prefix === '66' ? [0x66] : form.prefix === 'F2' ? [0xf2] : form.prefix === 'F3' ? [0xf3] : [];
    const map = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]][form.map]!;
    const inOpcode = form.operands.some(({ source }) => source === 'opcode') ? random(8) : 0;
    const second = form.exact >= 0 ? form.exact : byte();
    const bytes = Uint8Array.from([
      ...prefix,
      ...(i % 2 ? [0x48] : []),
      ...map,
      form.opcode + inOpcode,
      second,
      ...Array.from({ length: 12 }, byte),
    ]);
    const decoded = decode(bytes, 0, bytes.length, existsIn(form, 64) ? LONG : FLAT);
    if (decoded !== TRUNCATED && !('undefined' in decoded) && decoded.form === form) return decoded;
  }
  throw new Error(`no encoding of ${form.description.name} ${form.text} was found`);
}

export function instructionTable(): string {
  const long = countVectors(['integer', 'vector', 'x87']);
  const compatibility = countVectors(['compatibility']);
  const rows = forms()
    .map((form) => {
      const { name } = form.description;
      return [
        name,
        `\`${form.text}\``,
        canTranslate(encoding(form)) ? 'yes' : 'interpreter',
        String(long.get(`${name} ${form.text}`) ?? ''),
        existsIn(form, 32) ? (existsIn(form, 64) ? '' : 'only ') + (compatibility.get(`${name} ${form.text}`) ?? '') : 'none',
      ];
    })
    .toSorted(([a], [b]) => (a! < b! ? -1 : a! > b! ? 1 : 0));
  const names = new Set(rows.map(([name]) => name));
  return [
    '# Instructions',
    '',
    `Made of the descriptions in src/hw/cpu/isa by test/conformance/instruction-table.ts: ${names.size} instructions in ${rows.length} forms.`,
    '',
    'The interpreter runs all of them. "yes": the translator puts the form into regions; else a region ends at it. Cases are those recorded on a real',
    'processor that the tests run, in 64-bit code and in 32-bit code of compatibility mode. "only": 64-bit code does not have the form, "none": 32-bit code does',
    'not.',
    '',
    '| instruction | form | translated | cases | in 32-bit code |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
  ].join('\n');
}

if (process.argv[1] === import.meta.filename) writeFileSync(PAGE, instructionTable());
