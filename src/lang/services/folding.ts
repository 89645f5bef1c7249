/** What can be folded away: brackets, texts and runs of comments that go over several lines. */
import type { IToken } from 'chevrotain';
import { lex } from '../parse/lexer.ts';
import type { Dialect } from '../parse/source.ts';
import * as T from '../parse/tokens.ts';

export interface Fold {
  /** Offsets of the first and of the last thing in it; the line of the last one stays when it is a bracket. */
  readonly start: number;
  readonly end: number;
  readonly kind: 'block' | 'comment';
}

const OPENERS: ReadonlySet<IToken['tokenType']> = new Set([T.BlockOpen, T.MapOpen, T.LBracket, T.IndexOpen, T.LParen, T.CallOpen]);
const CLOSERS: ReadonlySet<IToken['tokenType']> = new Set([T.BlockClose, T.MapClose, T.RBracket, T.RParen]);

export function folding(text: string, dialect: Dialect): readonly Fold[] {
  const { tokens, comments } = lex(text, { dialect });
  return [...brackets(tokens), ...commentRuns(text, comments)].toSorted((a, b) => a.start - b.start);
}

function brackets(tokens: readonly IToken[]): Fold[] {
  const folds: Fold[] = [];
  const open: IToken[] = [];
  for (const token of tokens) {
    if (OPENERS.has(token.tokenType)) open.push(token);
    else if (CLOSERS.has(token.tokenType)) {
      const opener = open.pop();
      if (opener) folds.push({ start: opener.startOffset, end: token.startOffset, kind: 'block' });
    } else if (token.tokenType === T.StringLiteral && token.image.includes('\n'))
      folds.push({ start: token.startOffset, end: token.startOffset + token.image.length - 1, kind: 'block' });
  }
  return folds;
}

/** Comments on lines of their own, one below the other. */
function commentRuns(text: string, comments: readonly IToken[]): Fold[] {
  const folds: Fold[] = [];
  let [first, last]: [IToken | null, IToken | null] = [null, null];
  const finish = (): void => {
    if (first && last && first !== last) folds.push({ start: first.startOffset, end: last.startOffset, kind: 'comment' });
  };
  for (const comment of comments) {
    const before = text.slice(text.lastIndexOf('\n', comment.startOffset - 1) + 1, comment.startOffset);
    if (before.trim() !== '') continue;
    const between = last && text.slice(last.startOffset + last.image.length, comment.startOffset);
    if (between === null || between.trim() !== '' || between.split('\n').length !== 2) {
      finish();
      first = comment;
    }
    last = comment;
  }
  finish();
  return folds;
}
