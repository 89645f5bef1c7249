/** Python's lexical rules, as far as configuration files need them: indentation, strings with prefixes, line joining. */
import { PythonFault } from './fault.ts';

export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'sign' | 'newline' | 'indent' | 'dedent' | 'end';
  readonly text: string;
  /** Of a string: what it means. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

const SIGNS = /\*\*=|\/\/=|>>=|<<=|\*\*|\/\/|<<|>>|<=|>=|==|!=|<>|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|->|[-+*/%&|^~<>()[\]{},:.;=@`]/y;
const NAME = /[A-Za-z_]\w*/y;
const NUMBER = /0[xX][0-9a-fA-F]+[lL]?|0[oO][0-7]+|0[bB][01]+|(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+[lL]?/y;
const PREFIX = /(?:[uUbB]?[rR]?|[rR][bB])(?="""|'''|"|')/y;
const OPENERS = '([{';
const CLOSERS = ')]}';

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const indents = [0];
  let depth = 0;
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let atLineStart = true;
  const push = (kind: Token['kind'], start: number, end: number, value = ''): void => {
    tokens.push({ kind, text: text.slice(start, end), value, start, end });
  };
  while (at < text.length) {
    if (atLineStart && depth === 0) {
      const line = /[ \t\f]*/y;
      const blank = match(line, text, at)!;
      const next = text[at + blank.length];
      if (next === undefined || next === '\n' || next === '\r' || next === '#') {
        const newline = text.indexOf('\n', at);
        at = newline < 0 ? text.length : newline + 1;
        continue;
      }
      indentTo(columnsOf(blank), at + blank.length);
      at += blank.length;
      atLineStart = false;
    }
    const char = text[at]!;
    if (char === '\n') {
      if (depth === 0) {
        push('newline', at, at + 1);
        atLineStart = true;
      }
      at++;
    } else if (char === ' ' || char === '\t' || char === '\r' || char === '\f') at++;
    else if (char === '#') {
      const newline = text.indexOf('\n', at);
      at = newline < 0 ? text.length : newline;
    } else if (char === '\\' && /^\\\r?\n/.test(text.slice(at, at + 3))) at = text.indexOf('\n', at) + 1;
    else at = token(char);
  }
  if (depth > 0) throw new PythonFault('syntax', 'a bracket is not closed', { start: text.length, end: text.length });
  if (!atLineStart) push('newline', text.length, text.length);
  while (indents.length > 1) {
    indents.pop();
    push('dedent', text.length, text.length);
  }
  push('end', text.length, text.length);
  return tokens;

  function indentTo(columns: number, place: number): void {
    if (columns > indents.at(-1)!) {
      indents.push(columns);
      push('indent', place, place);
      return;
    }
    while (columns < indents.at(-1)!) {
      indents.pop();
      push('dedent', place, place);
    }
    if (columns !== indents.at(-1)!)
      throw new PythonFault('syntax', 'the indentation fits no line above', { start: place, end: place + 1 });
  }

  function token(char: string): number {
    const prefix = match(PREFIX, text, at);
    if (prefix !== null) return string(prefix);
    const name = match(NAME, text, at);
    if (name !== null) return add('name', name);
    const number = match(NUMBER, text, at);
    if (number !== null) return add('number', number);
    const sign = match(SIGNS, text, at);
    if (sign === null) throw new PythonFault('syntax', `'${char}' means nothing here`, { start: at, end: at + 1 });
    if (OPENERS.includes(sign)) depth++;
    else if (CLOSERS.includes(sign)) depth = Math.max(0, depth - 1);
    return add('sign', sign);
  }

  function add(kind: Token['kind'], image: string): number {
    push(kind, at, at + image.length);
    return at + image.length;
  }

  function string(prefix: string): number {
    const open = at + prefix.length;
    const quote = text.startsWith(text[open]!.repeat(3), open) ? text[open]!.repeat(3) : text[open]!;
    const isRaw = /r/i.test(prefix);
    let value = '';
    for (let here = open + quote.length; here < text.length;) {
      if (text.startsWith(quote, here)) {
        push('string', at, here + quote.length, value);
        return here + quote.length;
      }
      if (text[here] === '\n' && quote.length === 1) break;
      if (text[here] === '\\' && here + 1 < text.length) {
        const escape = isRaw ? text.slice(here, here + 2) : text.slice(here, here + (text[here + 1] === 'x' ? 4 : 2));
        value += isRaw ? escape : meaningOf(escape);
        here += escape.length;
      } else value += text[here++];
    }
    throw new PythonFault('syntax', 'the string is not closed', { start: at, end: at + 1 });
  }
}

function columnsOf(blank: string): number {
  let columns = 0;
  for (const char of blank) columns = char === '\t' ? (Math.floor(columns / 8) + 1) * 8 : columns + 1;
  return columns;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
  0: '\0',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

function meaningOf(escape: string): string {
  const letter = escape[1]!;
  if (letter === 'x') return String.fromCodePoint(Number.parseInt(escape.slice(2), 16) || 0);
  return ESCAPES[letter] ?? escape;
}
