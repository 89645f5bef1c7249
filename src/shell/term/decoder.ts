/**
 * Bytes from the terminal → input events. Chunks may be cut anywhere: inside a UTF-8 character, a sequence, a paste. Only a lone ESC
 * is ambiguous; the owner of the terminal calls `flush` when nothing has followed it for a while.
 */
import { csiKey, linuxFunctionKey, ss3Key } from './control-sequence.ts';
import { characterKey, type InputEvent, type KeyEvent, namedKey, NO_MODIFIERS } from './input-event.ts';
import { CONTROL_KEYS } from './key-codes.ts';

const ESC = 0x1b;
const BEL = 0x07;
const PASTE_END = new TextEncoder().encode('\u001b[201~');
/** A sequence longer than this is noise: give it up rather than swallow the person's typing for ever. */
const LONGEST_SEQUENCE = 4096;

export interface Decoder {
  feed(bytes: Uint8Array): InputEvent[];
  /** Nothing more is coming: a lone ESC is the Escape key, an unfinished paste is delivered. */
  flush(): InputEvent[];
  /** What the decoder waits for. */
  readonly waiting: 'nothing' | 'sequence' | 'paste';
}

/** What stands at the front of the bytes; `event` null: swallowed. 'incomplete': more bytes are needed. */
interface Parsed {
  readonly length: number;
  readonly event: InputEvent | null;
  readonly pasteBegins?: boolean;
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;
const ascii = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));

export function createDecoder(): Decoder {
  let held: Uint8Array = new Uint8Array(0);
  let paste: Uint8Array[] | null = null;

  function drain(final: boolean): InputEvent[] {
    const events: InputEvent[] = [];
    let bytes = held;
    for (;;) {
      if (paste) {
        const end = indexOf(bytes, PASTE_END);
        if (end < 0 && !final) {
          // The end marker may be cut: hold back as much as could be its beginning.
          const safe = Math.max(0, bytes.length - (PASTE_END.length - 1));
          paste.push(bytes.slice(0, safe));
          bytes = bytes.subarray(safe);
          break;
        }
        paste.push(bytes.slice(0, end < 0 ? bytes.length : end));
        events.push({ kind: 'paste', text: pastedText(paste) });
        paste = null;
        bytes = bytes.subarray(end < 0 ? bytes.length : end + PASTE_END.length);
        continue;
      }
      if (bytes.length === 0) break;
      const parsed = parse(bytes) ?? (final || bytes.length > LONGEST_SEQUENCE ? parseUnfinished(bytes) : null);
      if (!parsed) break;
      bytes = bytes.subarray(parsed.length);
      if (parsed.pasteBegins) paste = [];
      else if (parsed.event) events.push(parsed.event);
    }
    held = bytes.slice();
    return events;
  }

  return {
    feed(bytes) {
      held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      return drain(false);
    },
    flush: () => drain(true),
    get waiting() {
      if (paste) return 'paste';
      return held.length > 0 ? 'sequence' : 'nothing';
    },
  };
}

function indexOf(bytes: Uint8Array, needle: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(needle);
}

function pastedText(pieces: readonly Uint8Array[]): string {
  return Buffer.concat(pieces).toString('utf8').replace(/\r\n?/g, '\n');
}

function parse(bytes: Uint8Array): Parsed | null {
  return bytes[0] === ESC ? parseEscape(bytes) : parseCharacter(bytes);
}

function parseEscape(bytes: Uint8Array): Parsed | null {
  const next = bytes[1];
  if (next === undefined) return null;
  switch (String.fromCharCode(next)) {
    case '[':
      return parseCsi(bytes);
    case 'O':
      return parseSs3(bytes);
    case ']':
    case 'P':
    case '_':
    case '^':
    case 'X':
      return parseString(bytes);
    case '\u001b':
      return parseDoubleEscape(bytes);
    default: {
      const character = parseCharacter(bytes.subarray(1));
      return character && { length: character.length + 1, event: withAlt(character.event) };
    }
  }
}

/** ESC before a sequence is Alt on rxvt and in iTerm; before anything else it is the Escape key, pressed first. */
function parseDoubleEscape(bytes: Uint8Array): Parsed | null {
  const third = bytes[2];
  if (third === undefined) return null;
  if (third !== 0x5b && third !== 0x4f) return { length: 1, event: namedKey('escape') };
  const inner = parseEscape(bytes.subarray(1));
  return inner && { length: inner.length + 1, event: withAlt(inner.event) };
}

function withAlt(event: InputEvent | null): InputEvent | null {
  if (event?.kind !== 'key') return event;
  const { chord, text } = event as KeyEvent;
  if (text !== '') return characterKey(text, { ...NO_MODIFIERS, alt: true });
  return { kind: 'key', chord: chord.startsWith('ctrl+') ? `ctrl+alt+${chord.slice(5)}` : `alt+${chord}`, text: '' };
}

/** ECMA-48 5.4: parameter bytes 3/0–3/15, intermediate bytes 2/0–2/15, final byte 4/0–7/14. */
function parseCsi(bytes: Uint8Array): Parsed | null {
  if (bytes[2] === 0x5b) return bytes[3] === undefined ? null : { length: 4, event: linuxFunctionKey(ascii(bytes, 3, 4)) };
  // X10 mouse report: three bytes follow, of any value.
  if (bytes[2] === 0x4d) return bytes.length < 6 ? null : { length: 6, event: null };
  let at = 2;
  while (at < bytes.length && bytes[at]! >= 0x30 && bytes[at]! <= 0x3f) at++;
  const parametersEnd = at;
  while (at < bytes.length && bytes[at]! >= 0x20 && bytes[at]! <= 0x2f) at++;
  const final = bytes[at];
  if (final === undefined) return null;
  if (final < 0x40 || final > 0x7e) return { length: at, event: null }; // broken off: drop it, read on from here
  const parameters = ascii(bytes, 2, parametersEnd);
  const letter = String.fromCharCode(final);
  if (letter === '~' && parameters === '200') return { length: at + 1, event: null, pasteBegins: true };
  return { length: at + 1, event: csiKey(parameters, ascii(bytes, parametersEnd, at), letter) };
}

function parseSs3(bytes: Uint8Array): Parsed | null {
  const digit = isDigit(bytes[2]) ? 1 : 0;
  const letter = bytes[2 + digit];
  if (letter === undefined) return null;
  if (letter < 0x20 || letter > 0x7e) return { length: 2 + digit, event: null };
  return { length: 3 + digit, event: ss3Key(ascii(bytes, 2, 2 + digit), ascii(bytes, 2 + digit, 3 + digit)) };
}

/** OSC, DCS, APC, PM, SOS: the terminal's answers, up to BEL or ESC \. A new ESC breaks it off; with nothing inside it was Alt and a key. */
function parseString(bytes: Uint8Array): Parsed | null {
  for (let at = 2; at < bytes.length; at++) {
    if (bytes[at] === BEL) return { length: at + 1, event: null };
    if (bytes[at] !== ESC) continue;
    const next = bytes[at + 1];
    if (next === undefined) return null;
    if (next === 0x5c) return { length: at + 2, event: null };
    return at === 2 ? altKey(bytes) : { length: at, event: null };
  }
  return null;
}

function altKey(bytes: Uint8Array): Parsed {
  return { length: 2, event: characterKey(String.fromCharCode(bytes[1]!), { ...NO_MODIFIERS, alt: true }) };
}

/** Time is up: what was held is read as the keys it would be if nothing belonged together. */
function parseUnfinished(bytes: Uint8Array): Parsed {
  if (bytes[0] !== ESC) return { length: 1, event: characterKey('\ufffd') };
  if (bytes.length === 1 || bytes[1] === ESC) return { length: 1, event: namedKey('escape') };
  if (bytes.length === 2 || /[_^X]/.test(String.fromCharCode(bytes[1]!))) return altKey(bytes);
  return { length: bytes.length, event: null };
}

function parseCharacter(bytes: Uint8Array): Parsed | null {
  const lead = bytes[0]!;
  if (lead < 0x20 || lead === 0x7f) return { length: 1, event: controlKey(lead) };
  if (lead < 0x80) return { length: 1, event: characterKey(String.fromCharCode(lead)) };
  const length = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead >= 0xf5) return { length: 1, event: characterKey('\ufffd') };
  for (let at = 1; at < length; at++) {
    if (at >= bytes.length) return null;
    if ((bytes[at]! & 0xc0) !== 0x80) return { length: at, event: characterKey('\ufffd') };
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('utf8');
  const code = text.codePointAt(0)!;
  if (code < 0xa0) return { length, event: null };
  return { length, event: characterKey(text.length > 2 ? '\ufffd' : text) };
}

/** 0x01–0x1a are ctrl with a letter; 0x00 is ctrl+space, 0x1c–0x1f ctrl with \ ] ^ _. */
function controlKey(byte: number): KeyEvent {
  const name = CONTROL_KEYS[byte];
  if (name !== undefined) return namedKey(name);
  const character = byte === 0 ? ' ' : String.fromCharCode(byte + 0x40).toLowerCase();
  return characterKey(character, { ...NO_MODIFIERS, ctrl: true });
}
