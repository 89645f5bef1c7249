/** Places in a text: graphemes, words, lines. All take and give UTF-16 offsets. */
import { cutToWidth, displayWidth } from '../term/width.ts';

let segmenter: Intl.Segmenter | null = null;

const isAscii = (code: number): boolean => code < 0x80;

export function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : end;
}

/** Offsets where graphemes of the line around `offset` begin; the segmenter never sees more than one line. */
function boundaries(text: string, offset: number): number[] {
  const start = lineStart(text, offset);
  const end = lineEnd(text, offset);
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return [...Array.from(segmenter.segment(text.slice(start, end)), ({ index }) => start + index), end];
}

export function nextGrapheme(text: string, offset: number): number {
  if (offset >= text.length) return text.length;
  if (text[offset] === '\n') return offset + 1;
  if (isAscii(text.charCodeAt(offset)) && (offset + 1 >= text.length || isAscii(text.charCodeAt(offset + 1)))) return offset + 1;
  return boundaries(text, offset).find((boundary) => boundary > offset) ?? text.length;
}

export function previousGrapheme(text: string, offset: number): number {
  if (offset <= 0) return 0;
  if (text[offset - 1] === '\n') return offset - 1;
  if (isAscii(text.charCodeAt(offset - 1)) && (offset < 2 || isAscii(text.charCodeAt(offset - 2)))) return offset - 1;
  return boundaries(text, offset - 1).findLast((boundary) => boundary < offset) ?? 0;
}

const WORD = /[\p{L}\p{N}\p{M}_]/u;
const BLANK = /\s/u;

type Test = (grapheme: string) => boolean;
const inWord: Test = (grapheme) => WORD.test(grapheme);
const notBlank: Test = (grapheme) => !BLANK.test(grapheme);

function skipRight(text: string, offset: number, test: Test): number {
  while (offset < text.length) {
    const next = nextGrapheme(text, offset);
    if (!test(text.slice(offset, next))) break;
    offset = next;
  }
  return offset;
}

function skipLeft(text: string, offset: number, test: Test): number {
  while (offset > 0) {
    const previous = previousGrapheme(text, offset);
    if (!test(text.slice(previous, offset))) break;
    offset = previous;
  }
  return offset;
}

const not =
  (test: Test): Test =>
  (grapheme) =>
    !test(grapheme);

export function wordRight(text: string, offset: number): number {
  return skipRight(text, skipRight(text, offset, not(inWord)), inWord);
}

export function wordLeft(text: string, offset: number): number {
  return skipLeft(text, skipLeft(text, offset, not(inWord)), inWord);
}

/** Words as blanks part them: what Ctrl-W takes. */
export function blankWordLeft(text: string, offset: number): number {
  return skipLeft(text, skipLeft(text, offset, not(notBlank)), notBlank);
}

export function blankWordRight(text: string, offset: number): number {
  return skipRight(text, skipRight(text, offset, not(notBlank)), notBlank);
}

/** Display column of `offset` in its line. */
export function columnOf(text: string, offset: number): number {
  return displayWidth(text.slice(lineStart(text, offset), offset));
}

/** The place in the line around `inLine` whose column is nearest to `column` from the left. */
export function offsetAtColumn(text: string, inLine: number, column: number): number {
  const start = lineStart(text, inLine);
  return start + cutToWidth(text.slice(start, lineEnd(text, inLine)), column).length;
}

export function isFirstLine(text: string, offset: number): boolean {
  return lineStart(text, offset) === 0;
}

export function isLastLine(text: string, offset: number): boolean {
  return lineEnd(text, offset) === text.length;
}
