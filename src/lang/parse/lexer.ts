/** Text to tokens. One lexer for both dialects, built at the first use. */
import { Lexer, type IToken } from 'chevrotain';
import { beginLexing, declaredNames, lexing } from './lexing.ts';
import type { Dialect } from './source.ts';
import { VOCABULARY } from './vocabulary.ts';

export interface Lexed {
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
  readonly hasByteOrderMark: boolean;
  /** Offsets of brackets that nothing closes, outermost first. */
  readonly unclosed: readonly number[];
  /** Offsets of brackets that were given up where a new statement began. */
  readonly abandoned: readonly number[];
}

export interface LexOptions {
  readonly dialect: Dialect;
  /** Names known to be variables, from earlier lines. */
  readonly variables?: ReadonlySet<string>;
  /** The text is an expression inside brackets of another text. */
  readonly inside?: boolean;
  /** The text goes on inside so many blocks. */
  readonly blocks?: number;
}

let lexer: Lexer | null = null;
const NONE: ReadonlySet<string> = new Set();

/** Checks of the vocabulary are left to the tests: they cost more than a whole configuration. */
export function createLexer(validate: boolean): Lexer {
  return new Lexer(VOCABULARY, { positionTracking: 'onlyOffset', ensureOptimizations: validate, skipValidations: !validate });
}

export function lex(text: string, { dialect, variables = NONE, inside = false, blocks = 0 }: LexOptions): Lexed {
  lexer ??= createLexer(false);
  beginLexing(dialect, dialect === 'config' ? NONE : declaredNames(text, variables), inside, blocks);
  const { tokens, groups } = lexer.tokenize(text);
  return {
    tokens,
    comments: groups['comments'] ?? [],
    hasByteOrderMark: (groups['marks']?.length ?? 0) > 0,
    unclosed: lexing.open.filter(({ offset }) => offset >= 0).map(({ offset }) => offset),
    abandoned: lexing.abandoned.filter(({ offset }) => offset >= 0).map(({ offset }) => offset),
  };
}
