/** Text to tree and problems. Never throws: what cannot be read becomes a problem and a broken node. */
import { EOF, type IRecognitionException, type IToken } from 'chevrotain';
import type { Problem } from '../problem.ts';
import { problemOf } from '../problems/problem-of.ts';
import type { Expression, Parsed, Statement } from './ast.ts';
import { checkConfigProgram } from './config-statements.ts';
import { lex, type Lexed } from './lexer.ts';
import { Source, type Dialect } from './source.ts';
import { MOST_MISTAKES } from './expression-parser.ts';
import { StatementParser } from './statement-parser.ts';
import * as T from './tokens.ts';
import { TreeBuilder, type Finding } from './tree-builder.ts';

export interface ParseOptions {
  /** Default: `config` for a file that ends in .cfg, else `script`. */
  readonly dialect?: Dialect;
  /** Names of variables that earlier lines of the session declared. */
  readonly variables?: ReadonlySet<string>;
}

let parser: StatementParser | null = null;

export function dialectOf(file: string): Dialect {
  return /\.cfg$/i.test(file) ? 'config' : 'script';
}

export function parse(text: string, file: string, options: ParseOptions = {}): Parsed {
  const source = new Source(file, text);
  const dialect = options.dialect ?? dialectOf(file);
  const findings: Finding[] = [];
  let body: readonly Statement[] = [];
  let lexed: Lexed | null = null;
  try {
    lexed = lex(text, { dialect, ...(options.variables && { variables: options.variables }) });
    const tree = new TreeBuilder(text, dialect);
    parser ??= new StatementParser();
    parser.begin(lexed.tokens, tree);
    body = parser.program();
    append(findings, errorsOf(parser.errors, lexed, tree.base, text));
    readPending(parser, tree, dialect, text, findings, options.variables);
    append(findings, tree.findings);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    findings.push({ id: 'too-deep', start: 0, end: 0, message: 'brackets are nested too deeply' });
  }
  if (dialect === 'config') append(findings, checkConfigProgram(source, body, lexed));
  const problems = onePerLine(findings, source).map(({ id, start, end, message, help }) =>
    problemOf(id, source.span(start, end), message, help),
  );
  return { program: { source, dialect, body }, problems: inOrder(problems) };
}

/** More than the arguments of one call may be. */
function append(findings: Finding[], more: Iterable<Finding>): void {
  for (const finding of more) findings.push(finding);
}

const LONGEST_NAME = 64;

/** Expressions in strings and words; they may hold strings themselves. */
function readPending(
  reader: StatementParser,
  tree: TreeBuilder,
  dialect: Dialect,
  text: string,
  findings: Finding[],
  variables: ReadonlySet<string> | undefined,
): void {
  for (let next = tree.pending.shift(); next; next = tree.pending.shift()) {
    if (findings.length + tree.findings.length > MOST_MISTAKES) return;
    const { into, at, start, end } = next;
    const inner = text.slice(start, end);
    if (inner.trim() === '') {
      const called = /[A-Za-z_]\w*(?=\($)/.exec(text.slice(Math.max(0, start - LONGEST_NAME), start))?.[0];
      const help = called === undefined ? undefined : `in a command line a call stands in brackets: (${called}())`;
      tree.find('syntax', start, end, 'there is no expression in the brackets', help);
      continue;
    }
    const lexed = lex(inner, { dialect, inside: true, ...(variables && { variables }) });
    tree.base = start;
    reader.begin(lexed.tokens, tree);
    into[at] = unwrapped(reader.interpolation()) ?? { kind: 'broken', start, end };
    append(findings, errorsOf(reader.errors, lexed, start, text));
  }
}

/** A name alone is a name here: a command without words belongs into parentheses with its stages. */
function unwrapped(expression: Expression | undefined): Expression | undefined {
  return expression?.kind === 'pipeline' && expression.stages.length === 0 && expression.head.kind === 'name'
    ? expression.head
    : expression;
}

/** Chevrotain's exceptions as findings; a missing bracket is blamed on the one that was opened. */
function errorsOf(errors: readonly IRecognitionException[], lexed: Lexed, base: number, text: string): Finding[] {
  // In their order, so that the last one before a place is found from the end.
  const openers = [...lexed.abandoned, ...lexed.unclosed].toSorted((a, b) => a - b);
  return errors.map(({ token, message }) => {
    const { start, end } = placeOf(token, lexed.tokens, base);
    if (token.tokenType === T.Unknown) return { id: 'unknown-character', start, end, message, ...templateHelp(text, start) };
    const opener = MISSING_CLOSER.test(message) ? openers.findLast((offset) => base + offset < start) : undefined;
    if (opener !== undefined)
      return { id: 'unclosed-bracket', start: base + opener, end: base + opener + 1, message: `'${text[base + opener]}' is not closed` };
    return { id: 'syntax', start, end, message };
  });
}

const MISSING_CLOSER = /^expected '[\])}]'/;

function templateHelp(text: string, at: number): { readonly help: string } | object {
  return /^(?:@@|\{\{|\{%)/.test(text.slice(at, at + 2)) ? { help: 'this looks like a template: fill in its placeholders first' } : {};
}

/** Tokens stand in the order of the text. */
function indexOf(tokens: readonly IToken[], { startOffset }: IToken): number {
  let [low, high] = [0, tokens.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens[middle]!.startOffset < startOffset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The end of a line, and of the text, is shown behind the last token that was read. */
function placeOf(token: IToken, tokens: readonly IToken[], base: number): { readonly start: number; readonly end: number } {
  if (token.tokenType !== EOF && token.tokenType !== T.Newline)
    return { start: base + token.startOffset, end: base + token.startOffset + token.image.length };
  const at = token.tokenType === EOF ? tokens.length : indexOf(tokens, token);
  const before = tokens[at - 1];
  const start = before ? base + before.startOffset + before.image.length : base;
  return { start, end: start + 1 };
}

/** A line that is no setting of a configuration is told once, whatever else is wrong with it. */
function onePerLine(findings: readonly Finding[], source: Source): readonly Finding[] {
  const line = ({ start }: Finding): number => source.span(start, start).line;
  const lines = new Set(findings.filter(({ id }) => id === 'config-statement').map(line));
  return lines.size === 0 ? findings : findings.filter((finding) => finding.id === 'config-statement' || !lines.has(line(finding)));
}

function inOrder(problems: Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.span.start - b.span.start);
}
