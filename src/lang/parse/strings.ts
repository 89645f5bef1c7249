/** Where strings end and what they hold, in both dialects. Knows no parser, so that a plain command line can be split without one. */

/** An end without a closing mark stands at the end of the line. */
export interface StringScan {
  readonly start: number;
  /** After the closing quote. */
  readonly end: number;
  readonly contentStart: number;
  readonly contentEnd: number;
  readonly closed: boolean;
  /** Double quotes interpolate. */
  readonly interpolates: boolean;
}

/** Offsets are those of the whole text. */
export type StringPart =
  | { readonly kind: 'text'; readonly value: string; readonly start: number; readonly end: number }
  /** The text between `${` and `}`. */
  | { readonly kind: 'expression'; readonly start: number; readonly end: number };

export interface StringFault {
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

export interface StringParts {
  readonly parts: readonly StringPart[];
  readonly faults: readonly StringFault[];
}

/** Strings in interpolations in strings: deeper ones do not interpolate. */
const DEEPEST = 4;
const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
/** What may stand behind a quote that closes a string of several lines; anything else is the opening quote of another string. */
const BEHIND_A_CLOSING_QUOTE = /[\s;)\]},|.:]|$/y;

/** A string of a script: `"…"`, `'…'`, or three quotes for several lines; one quote may span lines as well if it is clearly closed. */
export function scanString(text: string, start: number, depth = 0): StringScan {
  const quote = text[start]!;
  const mark = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  const contentStart = start + mark.length;
  const interpolates = quote === '"';
  let lineEnd = -1;
  const mayInterpolate = interpolates && depth < DEEPEST;
  let at = contentStart;
  while (at < text.length) {
    const char = text[at]!;
    if (char === '\\') at += 2;
    else if (char === '\n') {
      if (lineEnd < 0) lineEnd = at;
      at++;
    } else if (mayInterpolate && char === '$' && text[at + 1] === '{') {
      const end = skipNested(text, at + 1, mark.length === 3, depth + 1);
      at = end < 0 ? at + 2 : end;
    } else if (char === quote && text.startsWith(mark, at)) {
      const end = at + mark.length;
      if (lineEnd >= 0 && mark.length === 1 && !closesPlausibly(text, end)) break;
      return { start, end, contentStart, contentEnd: at, closed: true, interpolates };
    } else at++;
  }
  const end = mark.length === 3 || lineEnd < 0 ? text.length : lineEnd;
  return { start, end, contentStart: Math.min(contentStart, end), contentEnd: end, closed: false, interpolates };
}

function closesPlausibly(text: string, at: number): boolean {
  BEHIND_A_CLOSING_QUOTE.lastIndex = at;
  return BEHIND_A_CLOSING_QUOTE.test(text);
}

/** From an opening bracket to behind its partner; -1 when the line (or the text, if `lines`) ends first. */
export function skipNested(text: string, open: number, lines: boolean, depth = 0): number {
  if (text !== rememberedText) {
    rememberedText = text;
    remembered.clear();
    looked = 0;
  }
  const question = (open * (DEEPEST + 1) + depth) * 2 + Number(lines);
  let end = remembered.get(question);
  if (end === undefined) {
    end = findPartner(text, open, lines, depth);
    remembered.set(question, end);
  }
  return end;
}

/** Brackets and quotes that nothing closes ask the same question again and again; without its answers that takes exponential time. */
let rememberedText = '';
const remembered = new Map<number, number>();
/** Even so, a text of opening quotes and brackets alone would be looked through from each of them to its end: after a while none is looked for. */
let looked = 0;
const MOST_LOOKS = 6;
const FREE_LOOKS = 1 << 16;

function findPartner(text: string, open: number, lines: boolean, depth: number): number {
  const expected: string[] = [];
  let at = open;
  while (at < text.length) {
    if (++looked > text.length * MOST_LOOKS + FREE_LOOKS) return -1;
    const char = text[at]!;
    const closer = CLOSERS[char];
    if (closer !== undefined) expected.push(closer);
    else if (char === expected.at(-1)) {
      expected.pop();
      if (expected.length === 0) return at + 1;
    } else if (char === '"' || char === "'") {
      const scan = scanString(text, at, depth);
      if (!scan.closed) return -1;
      at = scan.end;
      continue;
    } else if (char === '\n' && !lines) return -1;
    at++;
  }
  return -1;
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
  e: '\u001b',
  '0': '\0',
};

/** Splits a script's string at its interpolations and resolves its escapes. */
export function stringParts(text: string, scan: StringScan): StringParts {
  const parts: StringPart[] = [];
  const faults: StringFault[] = [];
  let value = '';
  let from = scan.contentStart;
  const flush = (end: number): void => {
    if (value !== '') parts.push({ kind: 'text', value, start: from, end });
    value = '';
  };
  let at = scan.contentStart;
  while (at < scan.contentEnd) {
    const char = text[at]!;
    if (char === '\\') {
      const escape = readEscape(text, at, scan.contentEnd);
      if (escape.fault !== undefined) faults.push({ message: escape.fault, start: at, end: escape.end });
      value += escape.value;
      at = escape.end;
    } else if (scan.interpolates && char === '$' && text[at + 1] === '{') {
      const end = skipNested(text, at + 1, true);
      const closed = end >= 0 && end <= scan.contentEnd;
      if (!closed) faults.push({ message: "'${' is not closed", start: at, end: at + 2 });
      flush(at);
      parts.push({ kind: 'expression', start: at + 2, end: closed ? end - 1 : scan.contentEnd });
      at = closed ? end : scan.contentEnd;
      from = at;
    } else {
      const plain = nextSpecial(text, at + 1, scan.contentEnd);
      value += text.slice(at, plain);
      at = plain;
    }
  }
  flush(scan.contentEnd);
  return { parts, faults };
}

function nextSpecial(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text[at] !== '\\' && text[at] !== '$') at++;
  return at;
}

interface Escape {
  readonly value: string;
  readonly end: number;
  readonly fault?: string;
}

const HEX_ESCAPE = /\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\u\{([0-9a-fA-F]{1,6})\}/y;

function readEscape(text: string, at: number, end: number): Escape {
  const char = text[at + 1];
  if (char === undefined || at + 1 >= end) return { value: '\\', end };
  const simple = SIMPLE_ESCAPES[char];
  if (simple !== undefined) return { value: simple, end: at + 2 };
  if (char === '\n') return { value: '', end: at + 2 };
  if (char === 'x' || char === 'u') {
    HEX_ESCAPE.lastIndex = at;
    const match = HEX_ESCAPE.exec(text);
    const code = match ? Number.parseInt(match[1] ?? match[2] ?? match[3]!, 16) : Number.NaN;
    if (match && code <= 0x10ffff) return { value: String.fromCodePoint(code), end: HEX_ESCAPE.lastIndex };
    return { value: '', end: at + 2, fault: `'\\${char}' must be followed by ${char === 'x' ? 'two' : 'four'} hexadecimal digits` };
  }
  if (/[A-Za-z0-9]/.test(char)) return { value: char, end: at + 2, fault: `'\\${char}' is not an escape` };
  return { value: char, end: at + 2 };
}

/** The value of a string token of an xl.cfg file, quotes included, by the rules of libxlutil's dequoter. */
export function dequoteXl(token: string): { readonly value: string; readonly fault?: StringFault } {
  const end = token.length - 1;
  if (!token.includes('\\')) return { value: token.slice(1, end) };
  let value = '';
  let at = 1;
  while (at < end) {
    const char = token[at++]!;
    if (char !== '\\') {
      value += char;
      continue;
    }
    const letter = token[at++]!;
    const faultHere = (message: string): { value: string; fault: StringFault } => ({ value, fault: { message, start: at - 2, end: at } });
    const plain = XL_ESCAPES[letter];
    if (plain !== undefined) value += plain;
    else if (letter === 'x') return faultHere("'\\x' never works in a configuration: real xl rejects every one");
    else if (letter >= '0' && letter <= '7') {
      // libxlutil reads up to three more decimal digits, wants two, and then forgets the value (xlu__cfgl_dequote).
      const digits = /^\s*[+-]?[0-9]+/.exec(token.slice(at, Math.min(at + 3, end)))?.[0] ?? '';
      if (digits.length < 2) return faultHere(`'\\${letter}' must be followed by at least two decimal digits`);
      at += digits.length;
    } else return faultHere(`'\\${letter}' is not an escape`);
  }
  return { value };
}

const XL_ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
