/**
 * What the lexer's patterns know besides the characters: the open brackets, the names declared in this text, and the token before.
 * One lexing goes on at a time (it is synchronous), so this is one object, reset for each text.
 */
import type { IToken, TokenType } from 'chevrotain';
import type { Dialect } from './source.ts';

type BracketKind = '(' | '[' | 'map' | 'block';

interface OpenBracket {
  readonly kind: BracketKind;
  readonly offset: number;
}

export const lexing = {
  dialect: 'script' as Dialect,
  variables: new Set<string>() as ReadonlySet<string>,
  open: [] as OpenBracket[],
  /** Brackets given up because a new statement begins inside them. */
  abandoned: [] as OpenBracket[],
};

export function beginLexing(dialect: Dialect, variables: ReadonlySet<string>, inside: boolean, blocks: number): void {
  lexing.dialect = dialect;
  lexing.variables = variables;
  // An interpolation is an expression in brackets: newlines mean nothing in it.
  lexing.open = inside ? [{ kind: '(', offset: -1 }] : Array.from({ length: blocks }, () => ({ kind: 'block' as const, offset: -1 }));
  lexing.abandoned = [];
}

export function openBracket(kind: BracketKind, offset: number): void {
  lexing.open.push({ kind, offset });
}

/** A parenthesis or square bracket closes only its own kind. */
export function closeBracket(kind: '(' | '['): void {
  if (lexing.open.at(-1)?.kind === kind) lexing.open.pop();
}

/** The brace that a `}` closes: brackets inside it that are still open are given up. */
export function innermostBrace(): 'map' | 'block' | null {
  for (let at = lexing.open.length - 1; at >= 0; at--) {
    const { kind } = lexing.open[at]!;
    if (kind === 'map' || kind === 'block') return kind;
  }
  return null;
}

export function closeBrace(): void {
  while (lexing.open.length > 0) {
    const bracket = lexing.open.pop()!;
    if (bracket.kind === 'map' || bracket.kind === 'block') return;
    lexing.abandoned.push(bracket);
  }
}

/** A statement begins although brackets are open: they were forgotten. */
export function abandonBrackets(): void {
  while (lexing.open.length > 0 && lexing.open.at(-1)!.kind !== 'block') lexing.abandoned.push(lexing.open.pop()!);
}

export function insideBrackets(): boolean {
  const last = lexing.open.at(-1);
  return last !== undefined && last.kind !== 'block';
}

export function lastType(tokens: readonly IToken[]): TokenType | undefined {
  return tokens.at(-1)?.tokenType;
}

const DECLARATIONS =
  /\b(?:let|for|catch|as)[ \t]+([A-Za-z_]\w*)|\b([A-Za-z_]\w*)[ \t]*=>|\(([\w \t,]*)\)[ \t]*=>|\bfn[ \t]+\w+[ \t]*\(([^)]*)\)/g;

/** Names that the text itself declares: a line that begins with one is an expression, not a command. Over-approximates scopes. */
export function declaredNames(text: string, known: ReadonlySet<string>): ReadonlySet<string> {
  const names = new Set(known);
  for (const [, declared, parameter, parameters, defined] of text.matchAll(DECLARATIONS)) {
    const lists = `${declared ?? ''},${parameter ?? ''},${parameters ?? ''},${defined ?? ''}`;
    for (const piece of lists.split(',')) {
      const name = /^\s*([A-Za-z_]\w*)/.exec(piece)?.[1];
      if (name !== undefined) names.add(name);
    }
  }
  return names;
}
