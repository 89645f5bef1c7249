/** Where lines begin, and where blanks stand between two tokens. */
import type { IToken, TokenType } from 'chevrotain';
import { BinarySign } from '../parse/token-kinds.ts';
import * as T from '../parse/tokens.ts';
import type { Line } from './align.ts';

const STEP = 2;

interface Open {
  /** Of lines inside it. */
  indent: number;
  /** The line that it stands in. */
  readonly line: Line | null;
  /** Lines inside it begin below something of that line. */
  readonly aligned: boolean;
  /** `[ a ]` rather than `[a]`, as it was begun. */
  readonly loose: boolean;
  /** `?` whose `:` is still to come. */
  questions: number;
}

const OPENERS: ReadonlySet<TokenType> = new Set([T.LParen, T.CallOpen, T.LBracket, T.IndexOpen, T.MapOpen, T.BlockOpen]);
const CLOSERS: ReadonlySet<TokenType> = new Set([T.RParen, T.RBracket, T.MapClose, T.BlockClose]);
/** Elements that begin behind these on the same line stand below each other. */
const ALIGNING: ReadonlySet<TokenType> = new Set([T.LParen, T.CallOpen, T.LBracket]);
/** A blank behind the opening bracket is kept, and then there is one before the closing one. */
const LOOSE: ReadonlySet<TokenType> = new Set([T.LBracket, T.MapOpen]);
const TIGHT_BEFORE: ReadonlySet<TokenType> = new Set([T.Comma, T.Semicolon, T.CallOpen, T.IndexOpen, T.Member, T.DotDot]);
const TIGHT_AFTER: ReadonlySet<TokenType> = new Set([T.Bang, T.DotDot]);
const SIGNS: ReadonlySet<TokenType> = new Set([T.Plus, T.Minus]);
/** Behind these a sign belongs to what follows it. */
const BEFORE_OPERAND: ReadonlySet<TokenType> = new Set([
  T.Assign,
  T.Append,
  T.Comma,
  T.Colon,
  T.Question,
  T.Arrow,
  T.Return,
  T.Throw,
  T.Not,
  T.Bang,
  T.If,
  T.While,
  T.Assert,
  T.Wait,
  T.WaitUntil,
  T.Within,
  T.Where,
  T.Select,
  T.SortBy,
  T.GroupBy,
  T.Each,
  T.Every,
  T.Semicolon,
  T.LParen,
  T.CallOpen,
  T.LBracket,
  T.IndexOpen,
  T.MapOpen,
  T.BlockOpen,
]);

const isBinary = ({ tokenType }: IToken): boolean => (tokenType.CATEGORIES ?? []).includes(BinarySign);

export class Layout {
  readonly #open: Open[] = [];
  #line: Line | null = null;
  /** The last token was a sign of what follows. */
  #signed = false;
  #last: IToken | null = null;

  beginLine(line: Line): void {
    this.#line = line;
  }

  /** The line that moves the one that `item` begins with it. */
  hangsFrom(item: IToken): Line | null {
    const inner = this.#open.at(-1);
    if (!inner) return null;
    return CLOSERS.has(item.tokenType) ? (inner.line?.hangsFrom ?? null) : inner.aligned ? inner.line : (inner.line?.hangsFrom ?? null);
  }

  indentOf(item: IToken): number {
    const inner = this.#open.at(-1);
    if (!inner) return 0;
    return CLOSERS.has(item.tokenType) ? (inner.line?.indent ?? 0) : inner.indent;
  }

  /** `column`: where it is put; `gap`: what stood behind it. */
  take(item: IToken, column: number, gap: string): void {
    const { tokenType } = item;
    this.#signed = SIGNS.has(tokenType) && this.#beforeOperand();
    if (OPENERS.has(tokenType)) {
      const follows = !gap.includes('\n');
      const loose = gap !== '' && LOOSE.has(tokenType);
      const aligned = ALIGNING.has(tokenType) && follows;
      const indent = aligned ? column + item.image.length + Number(loose) : (this.#line?.indent ?? 0) + STEP;
      this.#open.push({ indent, line: this.#line, aligned, loose, questions: 0 });
    } else if (CLOSERS.has(tokenType)) this.#open.pop();
    else {
      const inner = this.#open.at(-1);
      if (tokenType === T.Question) this.#questions(inner, 1);
      else if (tokenType === T.Colon && this.#pending(inner) > 0) this.#questions(inner, -1);
    }
    this.#last = item;
  }

  #outerQuestions = 0;

  #pending(inner: Open | undefined): number {
    return inner ? inner.questions : this.#outerQuestions;
  }

  #questions(inner: Open | undefined, change: number): void {
    if (inner) inner.questions += change;
    else this.#outerQuestions += change;
  }

  #beforeOperand(): boolean {
    return this.#last === null || BEFORE_OPERAND.has(this.#last.tokenType) || isBinary(this.#last) || this.#signed;
  }

  /** Between `before`, which was taken, and `item`, which is next on the same line. */
  needsSpace(before: IToken, item: IToken, gap: string): boolean {
    const inner = this.#open.at(-1);
    const { tokenType } = item;
    if (this.#signed || TIGHT_AFTER.has(before.tokenType) || TIGHT_BEFORE.has(tokenType)) return false;
    if (tokenType === T.Colon) return this.#pending(inner) > 0;
    if (OPENERS.has(before.tokenType)) {
      if (CLOSERS.has(tokenType)) return false;
      return before.tokenType === T.BlockOpen || (inner?.loose ?? false);
    }
    if (CLOSERS.has(tokenType)) return tokenType === T.BlockClose || (inner?.loose ?? false);
    // A command ends with its line; what was written right behind it stays there.
    if (before.tokenType === T.CommandLine && tokenType !== T.Pipe && tokenType !== T.BlockOpen) return gap !== '';
    return true;
  }
}
