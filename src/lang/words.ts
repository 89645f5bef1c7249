/**
 * One plain command line without the parser: `list -l`, `create web.cfg memory=64`. Importable alone, so that a one-shot command does not
 * load the grammar.
 */
import type { CommandCall, CommandWord } from './host.ts';
import { scanWords, type ScannedWord } from './parse/scan-words.ts';
import { stringParts } from './parse/strings.ts';
import { commandNameAt } from './parse/statement-shape.ts';

export type PlainCommand = Pick<CommandCall, 'name' | 'words' | 'span'>;

/** Null: the line needs the real parser (an expression, a variable, a pipeline, several statements) or has a mistake that it explains better. */
export function splitCommandLine(text: string, file = '<command line>'): PlainCommand | null {
  if (/[\n;|{}$()\\]/.test(text)) return null;
  const start = text.length - text.trimStart().length;
  const name = commandNameAt(text, start, 'statement', NO_NAMES);
  if (name === null) return null;
  const { words, end } = scanWords(text, start + name.length);
  if (/[^\s]/.test(text.slice(end).replace(/^\s+#.*$/, ''))) return null;
  const plain: CommandWord[] = [];
  for (const word of words) {
    const value = plainText(text, word);
    if (value === null) return null;
    const quoted = word.pieces[0]!.kind === 'string';
    plain.push({ text: value, value, quoted, span: spanIn(file, word.start, word.end) });
  }
  return { name, words: plain, span: spanIn(file, start, Math.max(end, start + name.length)) };
}

const NO_NAMES: ReadonlySet<string> = new Set();

function plainText(text: string, { pieces }: ScannedWord): string | null {
  let value = '';
  for (const piece of pieces) {
    if (piece.kind === 'text') value += piece.text;
    else if (piece.kind === 'string' && piece.scan.closed) {
      const { parts, faults } = stringParts(text, piece.scan);
      if (faults.length > 0) return null;
      for (const part of parts) {
        if (part.kind !== 'text') return null;
        value += part.value;
      }
    } else return null;
  }
  return value;
}

/** One line only, so line and column need no table. */
function spanIn(file: string, start: number, end: number): CommandCall['span'] {
  return { file, start, end, line: 1, column: start + 1 };
}
