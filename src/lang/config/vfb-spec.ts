/** Graphical consoles as `xl create -n` prints them (tools/xl/xl_parse.c); nothing here shows one. Each comes with a keyboard. */
import type { ConfigRecord } from '../host.ts';
import { integerOf, isList, textOf } from './config-number.ts';
import type { XlJson } from './resources.ts';

type Part = 'vnc' | 'sdl' | null;

/** In libxl's order; `part` is the record that the field belongs to. */
const FIELDS: readonly { readonly key: string; readonly part: Part; readonly field: string; readonly type: 'truth' | 'number' | 'text' }[] =
  [
    { key: 'vnc', part: 'vnc', field: 'enable', type: 'truth' },
    { key: 'vnclisten', part: 'vnc', field: 'listen', type: 'text' },
    { key: 'vncpasswd', part: 'vnc', field: 'passwd', type: 'text' },
    { key: 'vncdisplay', part: 'vnc', field: 'display', type: 'number' },
    { key: 'vncunused', part: 'vnc', field: 'findunused', type: 'truth' },
    { key: 'sdl', part: 'sdl', field: 'enable', type: 'truth' },
    { key: 'opengl', part: 'sdl', field: 'opengl', type: 'truth' },
    { key: 'display', part: 'sdl', field: 'display', type: 'text' },
    { key: 'xauthority', part: 'sdl', field: 'xauthority', type: 'text' },
    { key: 'keymap', part: null, field: 'keymap', type: 'text' },
  ];

function framebuffer(devid: number, given: (key: string) => string | null): XlJson {
  const parts: Record<'vnc' | 'sdl' | 'own', Record<string, XlJson>> = { vnc: {}, sdl: {}, own: {} };
  for (const { key, part, field, type } of FIELDS) {
    const text = given(key);
    if (text === null) continue;
    const number = integerOf(text) ?? 0;
    parts[part ?? 'own'][field] = type === 'text' ? text : type === 'number' ? number : number === 0 ? 'False' : 'True';
  }
  return { devid, vnc: parts.vnc, sdl: parts.sdl, ...parts.own };
}

/** Of a PV domain: those of `vfb`, else the one that the top-level keys describe. Unknown parts of a specification are ignored, as in xl. */
export function framebuffers({ entries }: ConfigRecord): Readonly<Record<string, XlJson>> {
  const list = entries.get('vfb')?.value;
  const of = (key: string): string | null => textOf(entries.get(key)?.value ?? null);
  const specs = list !== undefined && isList(list) ? list.map(textOf).filter((text) => text !== null) : [];
  const found = specs.map((spec, devid) => {
    const pieces = new Map(spec.split(',').map((piece) => pairOf(piece)));
    return framebuffer(devid, (key) => pieces.get(key) ?? null);
  });
  if (list === undefined && (integerOf(of('vnc') ?? '') ?? 0) !== 0) found.push(framebuffer(0, of));
  return found.length === 0 ? {} : { vfbs: found, vkbs: found.map((_, devid) => ({ devid })) };
}

function pairOf(piece: string): readonly [string, string] {
  const equals = piece.indexOf('=');
  return equals < 0 ? [piece.trim(), ''] : [piece.slice(0, equals).trim(), piece.slice(equals + 1)];
}
