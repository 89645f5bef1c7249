/** Makers of token types, and the categories that the grammar asks for. */
import { createToken, Lexer, type CustomPatternMatcherFunc, type IToken, type ITokenConfig, type TokenType } from 'chevrotain';

type Match = ReturnType<CustomPatternMatcherFunc>;
type Matcher = (text: string, at: number, tokens: readonly IToken[]) => number;

/** `end` says behind which offset the token ends; -1: it is not one. */
export function custom(name: string, hint: string, end: Matcher, more: Partial<ITokenConfig> = {}): TokenType {
  const exec: CustomPatternMatcherFunc = (text, at, tokens): Match => {
    const behind = hint.includes(text[at]!) ? end(text, at, tokens) : -1;
    return behind <= at ? null : ([text.slice(at, behind)] as unknown as Match);
  };
  return createToken({ name, pattern: { exec }, start_chars_hint: [...hint], line_breaks: true, ...more });
}

export function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

export const LETTERS: string = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_';

export function sign(name: string, text: string, more: Partial<ITokenConfig> = {}): TokenType {
  return createToken({ name, pattern: text, label: `'${text}'`, ...more });
}

/** Ends a statement. */
export const Separator: TokenType = createToken({ name: 'Separator', pattern: Lexer.NA, label: 'end of line' });
/** Stands between two operands. */
export const BinarySign: TokenType = createToken({ name: 'BinarySign', pattern: Lexer.NA, label: 'an operator' });
/** Cannot begin a statement. */
export const Stray: TokenType = createToken({ name: 'Stray', pattern: Lexer.NA });
