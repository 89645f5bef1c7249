/** Text as the screen counts it: graphemes and columns. Plain ASCII, nearly all of what passes here, takes no segmenter. */
import stringWidth from 'string-width';

// oxlint-disable-next-line no-control-regex
const PRINTABLE_ASCII = /^[\u0020-\u007e]*$/;

let segmenter: Intl.Segmenter | null = null;

export function displayWidth(text: string): number {
  return PRINTABLE_ASCII.test(text) ? text.length : stringWidth(text);
}

export function graphemes(text: string): string[] {
  if (PRINTABLE_ASCII.test(text)) return text.split('');
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** The longest beginning of `text` that takes at most `columns`. */
export function cutToWidth(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (PRINTABLE_ASCII.test(text)) return text.slice(0, columns);
  let width = 0;
  let kept = '';
  for (const grapheme of graphemes(text)) {
    width += displayWidth(grapheme);
    if (width > columns) break;
    kept += grapheme;
  }
  return kept;
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - displayWidth(text))) + text;
}
