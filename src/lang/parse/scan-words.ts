/**
 * Words of a command line, as xl and a shell take them: bare text, quoted strings, `$name`, `${expr}` and `(expr)`, any of them side by
 * side in one word. A line ends at its newline, `;`, `|`, `{` or `}`; a `#` at the start of a word begins a comment.
 */
import { scanString, skipNested, type StringScan } from './strings.ts';

export type WordPiece =
  | { readonly kind: 'text'; readonly start: number; readonly end: number; readonly text: string }
  | { readonly kind: 'string'; readonly start: number; readonly end: number; readonly scan: StringScan }
  | { readonly kind: 'variable'; readonly start: number; readonly end: number; readonly name: string }
  /** `${…}` or `(…)`; `inner` is what stands between the brackets. */
  | {
      readonly kind: 'expression';
      readonly start: number;
      readonly end: number;
      readonly innerStart: number;
      readonly innerEnd: number;
      readonly closed: boolean;
    };

export interface ScannedWord {
  readonly start: number;
  readonly end: number;
  readonly pieces: readonly WordPiece[];
}

export interface ScannedWords {
  readonly words: readonly ScannedWord[];
  /** Behind the last word. */
  readonly end: number;
}

const BLANK = /(?:[ \t\r]|\\\r?\n)*/y;
const VARIABLE = /\$([A-Za-z_]\w*)/y;
const ENDS_LINE = '\n;|{}';
const ENDS_TEXT = ' \t\r\n;|{}"\'$()\\';

export function scanWords(text: string, from: number): ScannedWords {
  const words: ScannedWord[] = [];
  let end = from;
  let at = skipBlank(text, from);
  while (at < text.length && !endsLine(text, at) && text[at] !== '#' && text[at] !== ')') {
    const word = scanWord(text, at);
    words.push(word);
    end = word.end;
    at = skipBlank(text, end);
  }
  return { words, end };
}

/** `\r` is blank only where it belongs to the line's end, which is where it always stands in practice. */
function skipBlank(text: string, at: number): number {
  BLANK.lastIndex = at;
  BLANK.test(text);
  return BLANK.lastIndex;
}

function endsLine(text: string, at: number): boolean {
  return ENDS_LINE.includes(text[at]!);
}

function scanWord(text: string, start: number): ScannedWord {
  const pieces: WordPiece[] = [];
  let at = start;
  while (at < text.length && !endsLine(text, at) && !' \t\r'.includes(text[at]!) && text[at] !== ')') {
    const piece = scanPiece(text, at, pieces.length > 0);
    if (piece === null) break;
    pieces.push(piece);
    at = piece.end;
  }
  return { start, end: at, pieces };
}

function scanPiece(text: string, at: number, inside: boolean): WordPiece | null {
  const char = text[at]!;
  if (char === '"' || char === "'") {
    const scan = scanString(text, at);
    // An apostrophe inside a word (don't) is one, unless a string really stands there (disk=['a']).
    if (scan.closed || !inside) return { kind: 'string', start: at, end: scan.end, scan };
    return { kind: 'text', start: at, end: at + 1, text: char };
  }
  if (char === '$') {
    VARIABLE.lastIndex = at;
    const match = VARIABLE.exec(text);
    if (match) return { kind: 'variable', start: at, end: VARIABLE.lastIndex, name: match[1]! };
    if (text[at + 1] === '{') return scanExpression(text, at, at + 1, false);
    return { kind: 'text', start: at, end: at + 1, text: char };
  }
  if (char === '(') return scanExpression(text, at, at, true);
  return scanText(text, at);
}

function scanExpression(text: string, start: number, open: number, lines: boolean): WordPiece {
  const behind = skipNested(text, open, lines);
  if (behind >= 0) return { kind: 'expression', start, end: behind, innerStart: open + 1, innerEnd: behind - 1, closed: true };
  const newline = text.indexOf('\n', open);
  const end = newline < 0 ? text.length : newline;
  return { kind: 'expression', start, end, innerStart: open + 1, innerEnd: end, closed: false };
}

/** A backslash takes the next character as it is; before an ordinary one it stays. */
function scanText(text: string, start: number): WordPiece | null {
  let value = '';
  let at = start;
  for (;;) {
    const from = at;
    while (at < text.length && !ENDS_TEXT.includes(text[at]!)) at++;
    value += text.slice(from, at);
    if (text[at] !== '\\') break;
    const next = text[at + 1];
    if (next === '\n' || (next === '\r' && text[at + 2] === '\n')) break;
    const taken = next !== undefined && (ENDS_TEXT.includes(next) || next === '#');
    value += taken ? next : '\\';
    at += taken ? 2 : 1;
  }
  return at === start ? null : { kind: 'text', start, end: at, text: value };
}
