/**
 * Tokens and names of the text before the cursor. What stands above the cursor's line is remembered: in a long script each key costs one line only.
 */
import type { IToken } from 'chevrotain';
import { declaredNames, lexing } from '../parse/lexing.ts';
import { lex, type Lexed } from '../parse/lexer.ts';
import type { Dialect } from '../parse/source.ts';
import * as T from '../parse/tokens.ts';

interface Before {
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
  /** Names that the text declares, and those that were known before. */
  readonly names: ReadonlySet<string>;
}

interface Above {
  readonly text: string;
  readonly dialect: Dialect;
  readonly variables: string;
  readonly before: Before;
  /** Blocks that are open at its end. */
  readonly blocks: number;
}

/** Shorter texts are read anew. */
const SHORT = 2000;

let above: Above | null = null;

export function beforeCursor(text: string, dialect: Dialect, variables: ReadonlySet<string>): Before {
  const lineStart = text.lastIndexOf('\n') + 1;
  const known = lineStart < SHORT ? null : whatIsAbove(text.slice(0, lineStart), dialect, variables);
  if (!known) return read(text, dialect, variables);
  const names = declaredNames(text.slice(lineStart), known.before.names);
  const line = lex(text.slice(lineStart), { dialect, variables: known.before.names, blocks: known.blocks });
  return {
    tokens: [...known.before.tokens, ...shifted(line.tokens, lineStart)],
    comments: shifted(line.comments, lineStart),
    names,
  };
}

function read(text: string, dialect: Dialect, variables: ReadonlySet<string>): Before {
  const { tokens, comments }: Lexed = lex(text, { dialect, variables });
  return { tokens, comments, names: declaredNames(text, variables) };
}

/** Null: the line is in the middle of a statement. */
function whatIsAbove(text: string, dialect: Dialect, variables: ReadonlySet<string>): Above | null {
  const names = [...variables].join(' ');
  if (above?.text !== text || above.dialect !== dialect || above.variables !== names) {
    const before = read(text, dialect, variables);
    const last = before.tokens.at(-1);
    const isBetween = last?.tokenType === T.Newline || last?.tokenType === T.BlockOpen;
    const blocks = lexing.open.every(({ kind }) => kind === 'block') && isBetween ? lexing.open.length : -1;
    above = { text, dialect, variables: names, before, blocks };
  }
  return above.blocks < 0 ? null : above;
}

function shifted(tokens: readonly IToken[], by: number): readonly IToken[] {
  return tokens.map((token) => ({ ...token, startOffset: token.startOffset + by }));
}
