/** What a statement is, told from the shape of its first words alone: a command line, an assignment or an expression. */

/** Words that no command and no variable can be called. */
export const RESERVED: ReadonlySet<string> = new Set([
  'let',
  'if',
  'else',
  'for',
  'in',
  'while',
  'break',
  'continue',
  'fn',
  'return',
  'try',
  'catch',
  'throw',
  'and',
  'or',
  'not',
  'true',
  'false',
  'null',
  'within',
]);

/** Where a name stands: at the start of a statement, behind a pipe, or where a value may be a command's table: `let t = list -l`. */
export type HeadPosition = 'statement' | 'stage' | 'value';

const NAME = /[A-Za-z_]\w*(?:-\w+)*/y;
const ASSIGNMENT = /[ \t]*\+?=(?![=~>])/y;
const LINE_END = /[ \t]*(?:\r?\n|\r?$|[;|{})]|[ \t]#)/y;
const OPERATOR = /[ \t]+(?:(?:\*\*|[=!]=|<=|>=|=~|!~|&&|\|\||\?\?|\.\.|=>|[-+*/%<>?])(?=[ \t]|$)|(?:in|and|or|within)(?=[ \t]))/y;
const BLANK = /[ \t]|\\\r?\n/y;

function matches(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

/** The name of the command that begins at `at`; null: something else begins there. `variables` are names known to be none. */
export function commandNameAt(text: string, at: number, position: HeadPosition, variables: ReadonlySet<string>): string | null {
  NAME.lastIndex = at;
  const name = NAME.exec(text)?.[0];
  if (name === undefined || RESERVED.has(name)) return null;
  const end = at + name.length;
  // A variable may hold a function, which may be called as a command; two operands side by side are nothing else.
  if (variables.has(name) && position !== 'stage' && !(position === 'statement' && matches(OPERAND, text, end))) return null;
  if (matches(ASSIGNMENT, text, end)) return null;
  if (matches(LINE_END, text, end)) {
    const isExpression = position === 'value' && !isDashed(name, variables);
    return isExpression || text.startsWith('||', LINE_END.lastIndex - 1) ? null : name;
  }
  if (matches(OPERATOR, text, end)) return null;
  // `list` with a letter, a bracket or a sign right behind it is an expression: f(x), a.b, a[0], a+1.
  return matches(BLANK, text, end) && !(position === 'value' && !looksLikeWord(text, end)) ? name : null;
}

/** `vcpu-list` where a value is wanted: a command, unless it is one variable minus another. */
function isDashed(name: string, variables: ReadonlySet<string>): boolean {
  return name.includes('-') && !name.split('-').some((part) => variables.has(part));
}

const OPERAND = /[ \t]+(?!(?:in|and|or|within)[ \t])(?:--[A-Za-z]|[A-Za-z0-9_"'$~(])/y;

/** Inside an expression a second name or a word with a dash can only mean a command line. */
function looksLikeWord(text: string, at: number): boolean {
  return matches(WORD_START, text, at);
}
const WORD_START = /[ \t]+(?:--?[A-Za-z]|[A-Za-z0-9_"'$/~])/y;
