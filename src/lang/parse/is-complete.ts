/** Whether Enter runs a text or continues it on the next line. */
import { lex } from './lexer.ts';
import { scanWords } from './scan-words.ts';
import * as T from './tokens.ts';
import type { TokenType } from 'chevrotain';

/** A line that ends with one of these is not over. */
const CONTINUES: ReadonlySet<TokenType> = new Set([
  T.Pipe,
  T.Comma,
  T.Assign,
  T.Append,
  T.Arrow,
  T.Plus,
  T.Minus,
  T.Times,
  T.Divide,
  T.Modulo,
  T.Power,
  T.EqualEqual,
  T.NotEqual,
  T.Less,
  T.LessEqual,
  T.Greater,
  T.GreaterEqual,
  T.Matches,
  T.NotMatches,
  T.AndAnd,
  T.OrOr,
  T.And,
  T.Or,
  T.Coalesce,
  T.Question,
  T.DotDot,
]);

export function isComplete(text: string, variables?: ReadonlySet<string>): boolean {
  const { tokens, unclosed } = lex(text, { dialect: 'script', ...(variables && { variables }) });
  if (unclosed.length > 0 || /(?:^|[^\\])(?:\\\\)*\\$/.test(text)) return false;
  const last = tokens.at(-1);
  if (!last) return true;
  const { tokenType, startOffset, image } = last;
  const atEnd = startOffset + image.length >= text.trimEnd().length;
  if (tokenType === T.UnclosedString) return !atEnd;
  if (tokenType === T.CommandLine) return !(atEnd && endsInOpenString(text, startOffset));
  return !CONTINUES.has(tokenType);
}

function endsInOpenString(text: string, start: number): boolean {
  const nameEnd = start + /^[\w-]*/.exec(text.slice(start))![0].length;
  const piece = scanWords(text, nameEnd).words.at(-1)?.pieces.at(-1);
  return (piece?.kind === 'string' && !piece.scan.closed) || (piece?.kind === 'expression' && !piece.closed);
}
