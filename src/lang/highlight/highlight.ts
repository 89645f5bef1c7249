/** Colours while typing, from the real lexer. Total: any text gives spans, in order and without overlap. */
import type { IToken, TokenType } from 'chevrotain';
import { STATEMENTS } from '../complete/vocabulary.ts';
import { BUILTIN_BY_NAME } from '../evaluate/builtins.ts';
import { configKey } from '../keys/config-keys.ts';
import { lex } from '../parse/lexer.ts';
import { scanWords, type ScannedWord } from '../parse/scan-words.ts';
import { scanString, stringParts, type StringScan } from '../parse/strings.ts';
import type { Dialect } from '../parse/source.ts';
import * as T from '../parse/tokens.ts';
import { parseNumber } from '../units/units.ts';

export type HighlightRole =
  | 'command'
  | 'unknown-command'
  | 'option'
  | 'string'
  | 'number'
  | 'keyword'
  | 'key'
  | 'comment'
  | 'operator'
  | 'variable'
  | 'error'
  | 'text';

export interface Highlight {
  readonly start: number;
  readonly end: number;
  readonly role: HighlightRole;
}

export interface HighlightOptions {
  /** Names known from earlier lines. */
  readonly variables?: ReadonlySet<string>;
  /** Functions of earlier lines: commands too. */
  readonly functions?: ReadonlySet<string>;
  readonly dialect?: Dialect;
}

/** Commands by name; a Map of signatures does. */
export interface CommandNames {
  has(name: string): boolean;
  keys(): Iterable<string>;
}

const KEYWORDS: readonly TokenType[] = [
  T.Let,
  T.If,
  T.Else,
  T.For,
  T.In,
  T.While,
  T.Break,
  T.Continue,
  T.Fn,
  T.Return,
  T.Try,
  T.Catch,
  T.Throw,
  T.And,
  T.Or,
  T.Not,
  T.True,
  T.False,
  T.Null,
  T.Within,
  T.Match,
  T.WaitUntil,
  T.WaitFor,
  T.Wait,
  T.Assert,
  T.Expect,
  T.Send,
  T.Include,
  T.Every,
  T.Parallel,
  T.On,
  T.Of,
  T.As,
  T.Where,
  T.Select,
  T.SortBy,
  T.GroupBy,
  T.FirstLast,
  T.Aggregate,
  T.CountReverse,
  T.Each,
  T.To,
  T.Join,
  T.JoinOn,
];
const STATEMENT_WORDS: ReadonlySet<string> = new Set(STATEMENTS.map(({ text }) => text));
const OPERATORS: readonly TokenType[] = [
  T.Arrow,
  T.Matches,
  T.NotMatches,
  T.EqualEqual,
  T.NotEqual,
  T.LessEqual,
  T.GreaterEqual,
  T.Less,
  T.Greater,
  T.Append,
  T.Assign,
  T.Plus,
  T.Minus,
  T.Power,
  T.Times,
  T.Divide,
  T.Modulo,
  T.AndAnd,
  T.OrOr,
  T.Pipe,
  T.Coalesce,
  T.Question,
  T.DotDot,
  T.Comma,
  T.Colon,
  T.Bang,
  T.Semicolon,
  T.CallOpen,
  T.LParen,
  T.RParen,
  T.IndexOpen,
  T.LBracket,
  T.RBracket,
  T.MapOpen,
  T.BlockOpen,
  T.MapClose,
  T.BlockClose,
];
const ROLES: ReadonlyMap<TokenType, HighlightRole> = new Map<TokenType, HighlightRole>([
  ...KEYWORDS.map((type) => [type, 'keyword'] as const),
  ...OPERATORS.map((type) => [type, 'operator'] as const),
  [T.Unknown, 'error'],
  [T.PythonStatement, 'error'],
  [T.Regex, 'string'],
  [T.DollarName, 'variable'],
  [T.ArrowParameters, 'variable'],
  [T.Member, 'text'],
]);

export function highlight(text: string, commands: CommandNames, options: HighlightOptions = {}): readonly Highlight[] {
  return new Highlighter(text, commands, options).all();
}

class Highlighter {
  readonly #text: string;
  readonly #commands: CommandNames;
  readonly #dialect: Dialect;
  readonly #options: HighlightOptions;
  readonly #spans: Highlight[] = [];

  constructor(text: string, commands: CommandNames, options: HighlightOptions) {
    this.#text = text;
    this.#commands = commands;
    this.#options = options;
    this.#dialect = options.dialect ?? 'script';
  }

  all(): readonly Highlight[] {
    this.#range(0, this.#text.length, false, 0);
    return this.#spans.toSorted((a, b) => a.start - b.start);
  }

  #add(start: number, end: number, role: HighlightRole): void {
    if (end > start && role !== 'text') this.#spans.push({ start, end, role });
  }

  /** `inside`: an expression in a string or a word. */
  #range(start: number, end: number, inside: boolean, depth: number): void {
    if (depth > 8) return;
    const { variables } = this.#options;
    const { tokens, comments } = lex(this.#text.slice(start, end), { dialect: this.#dialect, inside, ...(variables && { variables }) });
    for (const token of tokens) this.#token(token, start, depth);
    for (const { startOffset, image } of comments) this.#add(start + startOffset, start + startOffset + image.length, 'comment');
  }

  #token(token: IToken, base: number, depth: number): void {
    const start = base + token.startOffset;
    const end = start + token.image.length;
    switch (token.tokenType) {
      case T.CommandLine:
        this.#command(start, end, depth);
        return;
      case T.Console:
      case T.Domain:
      case T.Inject:
      case T.Save: {
        const keywordEnd = start + /^\w+/.exec(token.image)![0].length;
        this.#add(start, keywordEnd, 'keyword');
        for (const word of scanWords(this.#text.slice(0, end), keywordEnd).words) {
          const joins = token.tokenType === T.Inject && /^(?:on|for)$/.test(this.#text.slice(word.start, word.end));
          if (joins) this.#add(word.start, word.end, 'keyword');
          else this.#word(word, depth);
        }
        return;
      }
      case T.StringLiteral:
      case T.UnclosedString:
        if (this.#dialect === 'config') this.#add(start, end, token.tokenType === T.UnclosedString ? 'error' : 'string');
        else this.#string(scanString(this.#text.slice(0, end), start), depth);
        return;
      case T.NumberLiteral:
        this.#add(start, end, this.#dialect === 'config' || parseNumber(token.image) !== null ? 'number' : 'error');
        return;
      case T.Key:
        this.#add(start, end, configKey(token.image) ? 'key' : this.#dialect === 'config' ? 'error' : 'variable');
        return;
      case T.Identifier:
        this.#add(start, end, this.#isFunction(token.image, end) ? 'command' : 'variable');
        return;
      default:
        this.#add(start, end, ROLES.get(token.tokenType) ?? 'text');
    }
  }

  #isFunction(name: string, end: number): boolean {
    return this.#options.functions?.has(name) || (BUILTIN_BY_NAME.has(name) && this.#text[end] === '(');
  }

  #command(start: number, end: number, depth: number): void {
    const nameEnd = start + /^[\w-]+/.exec(this.#text.slice(start, end))![0].length;
    const name = this.#text.slice(start, nameEnd);
    const { words } = scanWords(this.#text.slice(0, end), nameEnd);
    const [first] = words;
    // `xm list`: the command is the second word.
    if ((name === 'xm' || name === 'xl') && first && /^[a-z][\w-]*$/.test(this.#text.slice(first.start, first.end))) {
      this.#add(start, nameEnd, 'command');
      this.#add(first.start, first.end, this.#nameRole(this.#text.slice(first.start, first.end), false));
      for (const word of words.slice(1)) this.#word(word, depth);
      return;
    }
    this.#add(start, nameEnd, this.#nameRole(name, words.length === 0));
    for (const word of words) this.#word(word, depth);
  }

  #nameRole(name: string, alone: boolean): HighlightRole {
    const { functions, variables } = this.#options;
    if (this.#commands.has(name) || BUILTIN_BY_NAME.has(name) || functions?.has(name)) return 'command';
    // A statement that is not typed to its end is a command line so far.
    if (STATEMENT_WORDS.has(name)) return 'keyword';
    if (alone && (variables?.has(name) || name === 'host' || name === 'domains' || name === '_')) return 'variable';
    if (new RegExp(`\\b(?:fn|let|for)[ \\t]+${name.replaceAll('-', '\\-')}\\b`).test(this.#text)) return 'command';
    // The beginning of a command's name may become one.
    for (const command of this.#commands.keys()) if (command.startsWith(name)) return 'command';
    return 'unknown-command';
  }

  #word({ start, end, pieces }: ScannedWord, depth: number): void {
    const [first] = pieces;
    if (pieces.length === 1 && first?.kind === 'text') {
      this.#add(
        start,
        end,
        first.text.startsWith('-') && first.text.length > 1 ? 'option' : parseNumber(first.text) === null ? 'text' : 'number',
      );
      return;
    }
    for (const piece of pieces) {
      if (piece.kind === 'string') this.#string(piece.scan, depth);
      else if (piece.kind === 'variable') this.#add(piece.start, piece.end, 'variable');
      else if (piece.kind === 'expression') {
        this.#add(piece.start, piece.innerStart, 'operator');
        this.#range(piece.innerStart, piece.innerEnd, true, depth + 1);
        this.#add(piece.innerEnd, piece.end, 'operator');
      } else if (piece === first && piece.text.startsWith('-')) this.#add(piece.start, piece.end, 'option');
    }
  }

  /** The string around its interpolations. */
  #string(scan: StringScan, depth: number): void {
    let at = scan.start;
    for (const part of stringParts(this.#text, scan).parts) {
      if (part.kind !== 'expression') continue;
      this.#add(at, part.start - 2, 'string');
      this.#add(part.start - 2, part.start, 'operator');
      this.#range(part.start, part.end, true, depth + 1);
      at = Math.min(part.end + 1, scan.end);
      this.#add(part.end, at, 'operator');
    }
    this.#add(at, scan.end, 'string');
  }
}
