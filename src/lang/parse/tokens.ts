/** Tokens whose meaning depends on what stands around them, and all the others: the words of the grammar. */
import { Lexer, type IToken, type ITokenConfig, type TokenType } from 'chevrotain';
import { abandonBrackets, closeBrace, closeBracket, innermostBrace, insideBrackets, lastType, lexing, openBracket } from './lexing.ts';
import {
  And,
  AndAnd,
  Append,
  Arrow,
  Assign,
  Coalesce,
  Colon,
  Comma,
  DollarName,
  EqualEqual,
  False,
  Identifier,
  In,
  Let,
  Match,
  Matches,
  Member,
  NotEqual,
  NotMatches,
  Null,
  Or,
  OrOr,
  Pipe,
  Plus,
  Question,
  Return,
  Throw,
  True,
} from './plain-tokens.ts';
import { pythonStatementEnd } from './python.ts';
import { scanString } from './strings.ts';
import { scanWords } from './scan-words.ts';
import { commandNameAt, RESERVED, type HeadPosition } from './statement-shape.ts';
import { custom, LETTERS, matchEnd } from './token-kinds.ts';

export * from './plain-tokens.ts';

// ---------------------------------------------------------------------------------------------------------------- blanks and line ends

const BLANKS = /(?:[ \t]|\\\r?\n)+/y;
const LINES = /(?:[ \t]*\r?\n)+/y;
/** `}` may be followed by `else` on the next line. */
const ELSE_FOLLOWS = /(?:\s|#[^\n]*\n)*(?:else|catch)\b/y;
/** Inside brackets a newline means nothing, unless the next line plainly begins a statement: then a bracket was forgotten. */
const STATEMENT =
  /[A-Za-z_][\w.]*[ \t]*\+?=(?![=~>])|(?:let|for|fn|while|wait|assert|domain|console|if|return|create|destroy)[ \t]+[\w"'$]/;
const STATEMENT_FOLLOWS = new RegExp(`\\s*(?:${STATEMENT.source}|\\}[ \\t]*(?:\\r?\\n|$))`, 'y');
/** A brace that closes a map may stand on its own line. */
const STATEMENT_FOLLOWS_MAP = new RegExp(`\\s*(?:${STATEMENT.source})`, 'y');

function continues(text: string, at: number, tokens: readonly IToken[]): boolean {
  if (insideBrackets()) return matchEnd(innermostBrace() === 'map' ? STATEMENT_FOLLOWS_MAP : STATEMENT_FOLLOWS, text, at) < 0;
  return lastType(tokens) === BlockClose && matchEnd(ELSE_FOLLOWS, text, at) >= 0;
}

export const Blank: TokenType = custom(
  'Blank',
  ' \t\\\r\n',
  (text, at, tokens) => {
    const char = text[at];
    if (char !== '\n' && char !== '\r') return matchEnd(BLANKS, text, at);
    const end = matchEnd(LINES, text, at);
    return end >= 0 && continues(text, end, tokens) ? end : -1;
  },
  { group: Lexer.SKIPPED },
);

export const Newline: TokenType = custom(
  'Newline',
  '\n\r',
  (text, at) => {
    const end = matchEnd(LINES, text, at);
    if (end >= 0 && insideBrackets()) abandonBrackets();
    return end;
  },
  { label: 'end of line' },
);
export const Semicolon: TokenType = custom(
  'Semicolon',
  ';',
  (_text, at) => {
    if (insideBrackets()) abandonBrackets();
    return at + 1;
  },
  { label: "';'" },
);

// --------------------------------------------------------------------------------------------------------------------------- positions

function atStatementStart(tokens: readonly IToken[]): boolean {
  const type = lastType(tokens);
  return !insideBrackets() && (type === undefined || type === Newline || type === Semicolon || type === BlockOpen);
}

/** Behind these an operand is complete: a slash divides, a brace opens a block, a bracket indexes. */
function afterOperand(tokens: readonly IToken[]): boolean {
  const type = lastType(tokens);
  return type !== undefined && OPERAND_ENDS.has(type);
}

function adjacentToOperand(tokens: readonly IToken[], at: number): boolean {
  const last = tokens.at(-1);
  return last !== undefined && last.startOffset + last.image.length === at && CALLEE_ENDS.has(last.tokenType);
}

function headPosition(tokens: readonly IToken[]): HeadPosition | null {
  if (lexing.dialect === 'config') return null;
  if (atStatementStart(tokens)) return 'statement';
  const type = lastType(tokens);
  if (type === Pipe) return 'stage';
  if (type === LParen || type === In || type === Return) return 'value';
  return type === Assign && tokens.at(-3)?.tokenType === Let ? 'value' : null;
}

// ------------------------------------------------------------------------------------------------------- statements known by their start

/** A word that begins a statement only where one can begin and only with the right thing behind it: `wait` may also name a column. */
function opening(name: string, pattern: RegExp, more: Partial<ITokenConfig> = {}): TokenType {
  return custom(
    name,
    pattern.source[0]!,
    (text, at, tokens) => (atStatementStart(tokens) && lexing.dialect === 'script' ? matchEnd(pattern, text, at) : -1),
    more,
  );
}

/** `console web {`: the word is part of the token, because it is a command's word and not an expression. */
function openingWithWord(name: string, keyword: string): TokenType {
  return custom(name, keyword[0]!, (text, at, tokens) => {
    if (
      lexing.dialect === 'config' ||
      !atStatementStart(tokens) ||
      !text.startsWith(keyword, at) ||
      !/[ \t]/.test(text[at + keyword.length] ?? '')
    )
      return -1;
    const { words, end } = scanWords(text, at + keyword.length);
    return words.length === 1 && matchEnd(/[ \t\r\n]*\{/y, text, end) >= 0 ? end : -1;
  });
}

export const Console: TokenType = openingWithWord('Console', 'console');
export const Domain: TokenType = openingWithWord('Domain', 'domain');
export const WaitUntil: TokenType = opening('WaitUntil', /wait[ \t]+until\b/y);
export const WaitFor: TokenType = opening('WaitFor', /wait[ \t]+for\b/y);
export const Wait: TokenType = opening('Wait', /wait\b(?=[ \t]+[^\s=]|\()/y);
export const Assert: TokenType = opening('Assert', /assert\b(?=[ \t]+[^\s=]|\()/y);
export const Expect: TokenType = opening('Expect', /expect\b(?=[ \t]+[^\s=]|[ \t]*[/"'])/y);
export const Send: TokenType = opening('Send', /send\b(?=[ \t]+[^\s=])/y);
export const Include: TokenType = opening('Include', /include\b(?=[ \t]*["'])/y);
export const Every: TokenType = opening('Every', /every\b(?=[ \t]+[^\s=])/y);
export const Parallel: TokenType = opening('Parallel', /parallel\b(?=[ \t]*\{)/y);
export const On: TokenType = opening('On', /on\b(?=[ \t]+[A-Za-z][^\n]*\{)/y);
/** `inject lose-disk xvda on web for 2s`: its words are a command's, so the token holds them all. */
export const Inject: TokenType = custom('Inject', 'i', (text, at, tokens) =>
  atStatementStart(tokens) && lexing.dialect === 'script' && matchEnd(/inject[ \t]+[A-Za-z][^\n]*[ \t]on[ \t]/y, text, at) >= 0
    ? scanWords(text, at + 'inject'.length).end
    : -1,
);
/** Words that join the parts of one statement, and are names everywhere else. */
function connective(
  name: string,
  pattern: RegExp,
  statement: () => readonly TokenType[],
  label = `'${pattern.source.slice(0, 2)}'`,
): TokenType {
  return custom(
    name,
    'abo',
    (text, at, tokens) => {
      const end = afterOperand(tokens) ? matchEnd(pattern, text, at) : -1;
      return end >= 0 && belongsTo(tokens, statement()) ? end : -1;
    },
    { label },
  );
}

const LONGEST_HEADER = 64;

/** Whether the statement or the stage that the next token is in began with one of these. */
function belongsTo(tokens: readonly IToken[], types: readonly TokenType[]): boolean {
  let depth = 0;
  for (let at = tokens.length - 1; at >= Math.max(0, tokens.length - LONGEST_HEADER); at--) {
    const { tokenType } = tokens[at]!;
    if (CLOSERS.has(tokenType)) depth++;
    else if (OPENERS.has(tokenType)) depth--;
    if (depth > 0) continue;
    if (types.includes(tokenType)) return true;
    if (tokenType === Newline || tokenType === Semicolon || tokenType === BlockOpen || tokenType === Pipe) return false;
  }
  return false;
}

export const Of: TokenType = connective('Of', /of\b/y, () => [On, WaitFor]);
export const As: TokenType = connective('As', /as\b/y, () => [On, WaitFor]);
export const JoinOn: TokenType = connective('JoinOn', /(?:on|by)\b/y, () => [Join], "'on'");
/** A line of Python in a configuration, with the lines that belong to it. */
export const PythonStatement: TokenType = custom('PythonStatement', 'abcdefghijklmnopqrstuvwxyz@', (text, at, tokens) =>
  lexing.dialect === 'config' && atStatementStart(tokens) ? pythonStatementEnd(text, at) : -1,
);

const KEY = /[A-Za-z_][\w.]*(?=[ \t]*\+?=(?![=~>]))/y;
/** What is assigned to. Dots belong to it: `a.b = 1`. */
export const Key: TokenType = custom(
  'Key',
  LETTERS,
  (text, at, tokens) => {
    if (!atStatementStart(tokens)) return -1;
    const end = matchEnd(KEY, text, at);
    return lexing.dialect === 'script' && RESERVED.has(text.slice(at, end)) ? -1 : end;
  },
  { label: 'a key' },
);

/** A whole command line up to its end: `create web.cfg memory=64`. Its words are scanned again when the tree is built. */
export const CommandLine: TokenType = custom(
  'CommandLine',
  LETTERS,
  (text, at, tokens) => {
    const position = headPosition(tokens);
    if (position === null) return -1;
    const name = commandNameAt(text, at, position, lexing.variables);
    return name === null ? -1 : Math.max(at + name.length, scanWords(text, at + name.length).end);
  },
  { label: 'a command' },
);

function stage(name: string, pattern: RegExp): TokenType {
  return custom(name, pattern.source[0]!, (text, at, tokens) => (lastType(tokens) === Pipe ? matchEnd(pattern, text, at) : -1));
}
export const Where: TokenType = stage('Where', /where\b/y);
export const Select: TokenType = stage('Select', /select\b/y);
export const SortBy: TokenType = stage('SortBy', /sort(?:[ \t]+by|-by)\b/y);
export const GroupBy: TokenType = stage('GroupBy', /group(?:[ \t]+by|-by)\b/y);
export const FirstLast: TokenType = custom('FirstLast', 'fl', (text, at, tokens) =>
  lastType(tokens) === Pipe ? matchEnd(/(?:first|last)\b/y, text, at) : -1,
);
export const Aggregate: TokenType = custom('Aggregate', 'sma', (text, at, tokens) =>
  lastType(tokens) === Pipe ? matchEnd(/(?:sum|min|max|avg)\b/y, text, at) : -1,
);
export const CountReverse: TokenType = custom('CountReverse', 'cr', (text, at, tokens) =>
  lastType(tokens) === Pipe ? matchEnd(/(?:count|reverse)\b/y, text, at) : -1,
);
export const Each: TokenType = stage('Each', /each\b/y);
export const To: TokenType = stage('To', /to[ \t]+[A-Za-z]\w*/y);
export const Join: TokenType = stage('Join', /join\b/y);
/** With the word behind it: a file is named as in a command. */
export const Save: TokenType = custom('Save', 's', (text, at, tokens) => {
  if (lastType(tokens) !== Pipe || matchEnd(/save[ \t]+[^\s;|{})]/y, text, at) < 0) return -1;
  return scanWords(text, at + 'save'.length).words[0]?.end ?? -1;
});

// ---------------------------------------------------------------------------------------------------------------------- names, values
const DIGITS = '0123456789';
const SCRIPT_NUMBER =
  /(?:0[xXbBoO][0-9A-Za-z_]+|[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?)(?:[A-Za-zµ][\wµ]*(?:\/s\b)?|%(?![\w$(]))?/y;
/** xl takes `10d` and `0x` for number tokens, and finds out later that they are none. */
const CONFIG_NUMBER = /[0-9][0-9A-Za-z]*(?:\.[0-9]+)?/y;
export const NumberLiteral: TokenType = custom(
  'NumberLiteral',
  DIGITS,
  (text, at) => matchEnd(lexing.dialect === 'config' ? CONFIG_NUMBER : SCRIPT_NUMBER, text, at),
  { label: 'a number' },
);

const CONFIG_STRING = /'(?:[^'\\\n]|\\[^\n])*'|"(?:[^"\\\n]|\\[^\n])*"/y;
export const StringLiteral: TokenType = custom(
  'StringLiteral',
  '"\'',
  (text, at) => (lexing.dialect === 'config' ? matchEnd(CONFIG_STRING, text, at) : closedEnd(text, at)),
  { label: 'a string' },
);
/** Up to the end of its line. A token of its own, so that the parser goes on behind it and the line has one mistake. */
export const UnclosedString: TokenType = custom(
  'UnclosedString',
  '"\'',
  (text, at) => {
    const lineEnd = text.indexOf('\n', at);
    return lexing.dialect === 'config' ? (lineEnd < 0 ? text.length : lineEnd) : scanString(text, at).end;
  },
  { label: 'a string' },
);

function closedEnd(text: string, at: number): number {
  const scan = scanString(text, at);
  return scan.closed ? scan.end : -1;
}

const REGEX = /\/(?![*/ \t])(?:[^\\/[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n])*\])+\/[a-z]*/y;
const REGEX_WITH_BLANK = /\/(?:[^\\/[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n])*\])+\/[a-z]*/y;
export const Regex: TokenType = custom(
  'Regex',
  '/',
  (text, at, tokens) => {
    if (lexing.dialect === 'config' || afterOperand(tokens)) return -1;
    const type = lastType(tokens);
    const wanted = type === Expect || type === Match || type === Matches || type === NotMatches;
    return matchEnd(wanted ? REGEX_WITH_BLANK : REGEX, text, at);
  },
  { label: 'a regular expression' },
);

// ------------------------------------------------------------------------------------------------------------------------- punctuation

/** `(a, b)` or `x` before an arrow, as one token: the parser need not look ahead for the arrow. */
const ARROW_PARAMETERS = /(?:\([ \t]*(?:[A-Za-z_]\w*[ \t]*(?:,[ \t]*[A-Za-z_]\w*[ \t]*)*)?\)|[A-Za-z_]\w*)(?=[ \t]*=>)/y;
export const ArrowParameters: TokenType = custom(
  'ArrowParameters',
  `(${LETTERS}`,
  (text, at, tokens) => (lexing.dialect === 'config' || adjacentToOperand(tokens, at) ? -1 : matchEnd(ARROW_PARAMETERS, text, at)),
  { label: 'parameters' },
);
export const CallOpen: TokenType = custom(
  'CallOpen',
  '(',
  (_text, at, tokens) => (adjacentToOperand(tokens, at) ? (openBracket('(', at), at + 1) : -1),
  { label: "'('" },
);
export const LParen: TokenType = custom('LParen', '(', (_text, at) => (openBracket('(', at), at + 1), { label: "'('" });
export const RParen: TokenType = custom('RParen', ')', (_text, at) => (closeBracket('('), at + 1), { label: "')'" });
export const IndexOpen: TokenType = custom(
  'IndexOpen',
  '[',
  (_text, at, tokens) => (adjacentToOperand(tokens, at) ? (openBracket('[', at), at + 1) : -1),
  { label: "'['" },
);
export const LBracket: TokenType = custom('LBracket', '[', (_text, at) => (openBracket('[', at), at + 1), { label: "'['" });
export const RBracket: TokenType = custom('RBracket', ']', (_text, at) => (closeBracket('['), at + 1), { label: "']'" });
/** Behind an arrow a block may stand, empty too, but no statement begins with a name and a colon: x => {name: x}. */
const MAP_ENTRY = /\{\s*(?:\w+|"[^"\n]*"|'[^'\n]*')[ \t]*:/y;
/** At the start of a statement a brace opens a map only if it looks like one. */
const MAP_START = /\{\s*(?:(?:\w+|"[^"\n]*"|'[^'\n]*')[ \t]*:|\})/y;
export const MapOpen: TokenType = custom(
  'MapOpen',
  '{',
  (text, at, tokens) => {
    const type = lastType(tokens);
    // The first token of ${…} or (…) in a text has nothing before it, and stands in a bracket.
    const isValue = type === undefined ? insideBrackets() : EXPECTS_VALUE.has(type);
    const isMap =
      isValue || (atStatementStart(tokens) && matchEnd(MAP_START, text, at) >= 0) || (type === Arrow && matchEnd(MAP_ENTRY, text, at) >= 0);
    return isMap ? (openBracket('map', at), at + 1) : -1;
  },
  { label: "'{'" },
);
export const BlockOpen: TokenType = custom('BlockOpen', '{', (_text, at) => (openBracket('block', at), at + 1), { label: "'{'" });
export const MapClose: TokenType = custom('MapClose', '}', (_text, at) => (innermostBrace() === 'map' ? (closeBrace(), at + 1) : -1), {
  label: "'}'",
});
export const BlockClose: TokenType = custom(
  'BlockClose',
  '}',
  (_text, at) => {
    if (innermostBrace() === 'block') closeBrace();
    return at + 1;
  },
  { label: "'}'" },
);

const OPENERS: ReadonlySet<TokenType> = new Set([LParen, CallOpen, LBracket, IndexOpen, MapOpen]);
const CLOSERS: ReadonlySet<TokenType> = new Set([RParen, RBracket, MapClose]);
const OPERAND_ENDS: ReadonlySet<TokenType> = new Set([
  Identifier,
  Member,
  NumberLiteral,
  StringLiteral,
  UnclosedString,
  Regex,
  DollarName,
  RParen,
  RBracket,
  MapClose,
  BlockClose,
  True,
  False,
  Null,
  CommandLine,
  Key,
]);
const CALLEE_ENDS: ReadonlySet<TokenType> = new Set([Identifier, Member, StringLiteral, DollarName, RParen, RBracket, MapClose]);
const EXPECTS_VALUE: ReadonlySet<TokenType> = new Set([
  Assign,
  Append,
  LParen,
  CallOpen,
  LBracket,
  IndexOpen,
  Comma,
  Colon,
  Question,
  Plus,
  EqualEqual,
  NotEqual,
  And,
  Or,
  AndAnd,
  OrOr,
  Coalesce,
  Return,
  Throw,
  In,
]);
