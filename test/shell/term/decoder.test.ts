import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { createDecoder } from '../../../src/shell/term/decoder.ts';
import type { InputEvent } from '../../../src/shell/term/input-event.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function decode(text: string, flush = true): InputEvent[] {
  const decoder = createDecoder();
  const events = decoder.feed(encode(text));
  return flush ? [...events, ...decoder.flush()] : events;
}

const show = (event: InputEvent): string => {
  if (event.kind === 'key') return event.text === '' ? event.chord : `'${event.text}'`;
  return event.kind === 'paste' ? `paste(${JSON.stringify(event.text)})` : `focus(${event.gained})`;
};

const chords = (text: string): string => decode(text).map(show).join(' ');

/** Bytes after ESC are written with ^[ for legibility. */
const TABLE: readonly (readonly [bytes: string, keys: string])[] = [
  ['a', "'a'"],
  ['aB ', "'a' 'B' ' '"],
  ['é日👍', "'é' '日' '👍'"],
  ['\r', 'enter'],
  ['\n', 'ctrl+j'],
  ['\t', 'tab'],
  ['\u007f', 'backspace'],
  ['\b', 'ctrl+h'],
  ['\u0000', 'ctrl+space'],
  ['\u0001', 'ctrl+a'],
  ['\u001a', 'ctrl+z'],
  ['\u001c', 'ctrl+\\'],
  ['\u001d', 'ctrl+]'],
  ['\u001e', 'ctrl+^'],
  ['\u001f', 'ctrl+_'],
  ['^[', 'escape'],
  ['^[^[', 'escape escape'],
  ['^[x', 'alt+x'],
  ['^[é', 'alt+é'],
  ['^[\r', 'alt+enter'],
  ['^[\u007f', 'alt+backspace'],
  ['^[\u0002', 'ctrl+alt+b'],
  ['^[_', 'alt+_'],
  ['^[_^[_', 'alt+_ alt+_'],
  ['^[]', 'alt+]'],
  ['^[[', 'alt+['],
  ['^[O', 'alt+O'],
  ['^[[A', 'up'],
  ['^[OB', 'down'],
  ['^[[1;5C', 'ctrl+right'],
  ['^[[1;3D', 'alt+left'],
  ['^[[1;6H', 'ctrl+shift+home'],
  ['^[[1;33D', 'alt+left'],
  ['^[^[[A', 'alt+up'],
  ['^[[a', 'shift+up'],
  ['^[Od', 'ctrl+left'],
  ['^[O5P', 'ctrl+f1'],
  ['^[OP', 'f1'],
  ['^[[11~', 'f1'],
  ['^[[[A', 'f1'],
  ['^[[15~', 'f5'],
  ['^[[24;2~', 'shift+f12'],
  ['^[[3~', 'delete'],
  ['^[[3;5~', 'ctrl+delete'],
  ['^[[3^', 'ctrl+delete'],
  ['^[[2~', 'insert'],
  ['^[[5~^[[6~', 'pageup pagedown'],
  ['^[[1~^[[4~^[[7~^[[8~', 'home end home end'],
  ['^[[H^[OF', 'home end'],
  ['^[[Z', 'shift+tab'],
  ['^[OM', 'enter'],
  ['^[Ok^[Ov', "'+' '6'"],
  ['^[[97;5u', 'ctrl+a'],
  ['^[[95;5u', 'ctrl+_'],
  ['^[[97:65;2u', "'A'"],
  ['^[[13;3u', 'alt+enter'],
  ['^[[27u', 'escape'],
  ['^[[57414u', 'enter'],
  ['^[[57401u', "'2'"],
  ['^[[97;1:3u', ''],
  ['^[[1;1:3A', ''],
  ['^[[57441u', ''],
  ['^[[27;5;105~', 'ctrl+i'],
  ['^[[27;2;13~', 'shift+enter'],
  ['^[[I^[[O', 'focus(true) focus(false)'],
  ['^[[<0;10;5Ma', "'a'"],
  ['^[[<0;10;5ma', "'a'"],
  ['^[[M !!a', "'a'"],
  ['^[[12;40Ra', "'a'"],
  ['^[[1;2R', 'shift+f3'],
  ['^[[?62;22ca', "'a'"],
  ['^[[?2026;2$ya', "'a'"],
  ['^[]11;rgb:0000/0000/0000^[\\a', "'a'"],
  ['^[]11;rgb:0000/0000/0000\u0007a', "'a'"],
  ['^[P>|term 1.0^[\\a', "'a'"],
  ['^[[200~one\rtwo\r\nthree^[[201~x', 'paste("one\\ntwo\\nthree") \'x\''],
  ['^[[200~^[[A\u0003^[[201~', 'paste("\\u001b[A\\u0003")'],
  ['^[[201~a', "'a'"],
  ['^[[1;5\u0003', 'ctrl+c'],
];

describe('the keyboard decoder', () => {
  test.each(TABLE)('%j is %s', (bytes, keys) => {
    expect(chords(bytes.replaceAll('^[', '\u001b'))).toBe(keys);
  });

  property.prop([
    fc.array(fc.constantFrom(...TABLE.map(([bytes]) => bytes.replaceAll('^[', '\u001b'))), { maxLength: 6 }),
    fc.array(fc.nat(200)),
  ])('chunks may be cut anywhere', (parts, cuts) => {
    const bytes = encode(parts.join(''));
    const whole = createDecoder();
    const expected = [...whole.feed(bytes), ...whole.flush()];
    const decoder = createDecoder();
    const events: InputEvent[] = [];
    let from = 0;
    for (const cut of [...cuts, bytes.length].map((at) => Math.min(at, bytes.length)).toSorted((a, b) => a - b)) {
      events.push(...decoder.feed(bytes.subarray(from, cut)));
      from = cut;
    }
    events.push(...decoder.flush());
    expect(events).toEqual(expected);
  });

  property.prop([fc.uint8Array({ maxLength: 64 })])('any bytes at all leave it ready for the next key', (noise) => {
    const decoder = createDecoder();
    decoder.feed(noise);
    decoder.flush();
    decoder.flush();
    expect(decoder.waiting).toBe('nothing');
    expect(decoder.feed(encode('q')).map(show)).toEqual(["'q'"]);
  });

  test('a lone escape waits for what may follow', () => {
    const decoder = createDecoder();
    expect(decoder.feed(encode('\u001b'))).toEqual([]);
    expect(decoder.waiting).toBe('sequence');
    expect(decoder.feed(encode('[A')).map(show)).toEqual(['up']);
    expect(decoder.waiting).toBe('nothing');
  });

  test('a broken UTF-8 sequence is one replacement character and loses nothing after it', () => {
    const decoder = createDecoder();
    expect(decoder.feed(new Uint8Array([0xe6, 0x97, 0x61])).map(show)).toEqual(["'\ufffd'", "'a'"]);
    expect(decoder.feed(new Uint8Array([0xff, 0x62])).map(show)).toEqual(["'\ufffd'", "'b'"]);
  });

  test('a paste without an end is delivered when time is up', () => {
    const decoder = createDecoder();
    decoder.feed(encode('\u001b[200~half'));
    expect(decoder.waiting).toBe('paste');
    expect(decoder.flush().map(show)).toEqual(['paste("half")']);
  });
});
