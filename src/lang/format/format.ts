/**
 * A text of the language in its usual form. Only blanks change: lines stay lines, comments stay where they are, and the tokens are the same before
 * and after, which is checked. A text with mistakes is not touched.
 */
import type { IToken } from 'chevrotain';
import { lex } from '../parse/lexer.ts';
import { parse } from '../parse/parse.ts';
import type { Dialect } from '../parse/source.ts';
import * as T from '../parse/tokens.ts';
import type { Problem } from '../problem.ts';
import { isError, problemOf } from '../problems/problem-of.ts';
import { isPython, looksLikePython } from '../python/index.ts';
import { align, type Line } from './align.ts';
import { normalImage } from './images.ts';
import { Layout } from './layout.ts';

export type Formatted = { readonly text: string } | { readonly problems: readonly Problem[] };

export interface FormatOptions {
  readonly dialect?: Dialect;
}

const CONVERT = 'xm convert writes it as a configuration of today';
const MOST_BLANK_LINES = 2;
/** Places at which two tokens side by side could mean something else; the blanks there stay as they were. */
const MOST_VERBATIM = 50;

/** Tokens and comments in the order of the text, without line ends. */
function itemsOf(text: string, dialect: Dialect): readonly IToken[] {
  const { tokens, comments } = lex(text, { dialect });
  return [...tokens.filter(({ tokenType }) => tokenType !== T.Newline), ...comments].toSorted((a, b) => a.startOffset - b.startOffset);
}

export function format(text: string, file: string, options: FormatOptions = {}): Formatted {
  const { program, problems } = parse(text, file, options);
  if (problems.some(isError)) {
    const isProgram = program.dialect === 'config' && looksLikePython(text) && isPython(text);
    return {
      problems: isProgram
        ? [problemOf('python', program.source.span(0, 0), 'an old xm file is a program of Python: it has no usual form', CONVERT)]
        : problems,
    };
  }
  const { dialect } = program;
  const clean = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const items = itemsOf(clean, dialect);
  const verbatim = new Set<number>();
  for (;;) {
    const result = layOut(clean, items, verbatim);
    const changed = firstDifference(items, itemsOf(result, dialect));
    if (changed === null) return { text: result };
    if (verbatim.size >= MOST_VERBATIM || verbatim.has(changed)) return { text: clean };
    verbatim.add(changed).add(changed + 1);
  }
}

/** Index of the first token that has become another one; null: none has. */
function firstDifference(before: readonly IToken[], after: readonly IToken[]): number | null {
  const count = Math.max(before.length, after.length);
  for (let at = 0; at < count; at++) {
    const [a, b] = [before[at], after[at]];
    if (!a || !b || a.tokenType !== b.tokenType || normalImage(a) !== normalImage(b)) return Math.min(at, before.length - 1);
  }
  return null;
}

function emptyLine(indent: number, blankBefore: number, hangsFrom: Line | null): Line {
  return { indent, blankBefore, hangsFrom, text: '', comment: null, commentColumn: 0, assign: null, looseAssign: false };
}

function layOut(text: string, items: readonly IToken[], verbatim: ReadonlySet<number>): string {
  const layout = new Layout();
  const lines: Line[] = [];
  let line = emptyLine(0, 0, null);
  let end = 0;
  for (const [at, item] of items.entries()) {
    const gap = text.slice(end, item.startOffset);
    end = item.startOffset + item.image.length;
    const before = items[at - 1];
    if (!before || gap.includes('\n')) {
      line = beginLine(gap, before ? line : null, item, layout);
      lines.push(line);
    } else if (item.tokenType !== T.Comment) {
      line.text += verbatim.has(at) ? gap : layout.needsSpace(before, item, gap) ? ' ' : '';
    }
    const image = normalImage(item);
    if (item.tokenType === T.Comment) {
      addComment(line, image, item.startOffset - (text.lastIndexOf('\n', item.startOffset) + 1));
      continue;
    }
    if (item.tokenType === T.Key && line.text === '') line.assign = image.length;
    if (before?.tokenType === T.Key && line.text.trimEnd().length === line.assign) line.looseAssign = gap.length > 1;
    layout.take(item, line.indent + line.text.length, text.slice(end, items[at + 1]?.startOffset));
    line.text += image;
  }
  return align(lines);
}

/** `last` is the line before it; a backslash in front of the line's end goes on with that one. */
function beginLine(gap: string, last: Line | null, item: IToken, layout: Layout): Line {
  const continued = last !== null && gap.includes('\\');
  if (continued) last.text += ' \\';
  const indent = continued ? last.indent + 4 : layout.indentOf(item);
  const blankBefore = last === null ? 0 : Math.min(gap.split('\n').length - 2, MOST_BLANK_LINES);
  const line = emptyLine(indent, blankBefore, layout.hangsFrom(item));
  layout.beginLine(line);
  return line;
}

function addComment(line: Line, text: string, column: number): void {
  if (line.text === '') {
    line.text = text;
    return;
  }
  line.comment = text;
  line.commentColumn = column;
}
