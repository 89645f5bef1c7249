/** Variables and functions of a text with every place that means them, by the checker's own walk through the scopes. */
import { blocksOf } from '../check/flow.ts';
import { Meaning } from '../check/meaning.ts';
import type { Declaration } from '../check/names.ts';
import { walk } from '../check/walk.ts';
import type { Node, Program, Statement } from '../parse/ast.ts';

export interface NameSymbol {
  readonly name: string;
  readonly kind: Declaration['kind'];
  /** Where it is declared; a name may be declared again in the same scope. */
  readonly declarations: readonly Node[];
  /** Declarations and uses, in the order of the text. */
  readonly sites: readonly Node[];
  /** Declared by the file itself, outside of all blocks: files that include it know it too. */
  readonly isTop: boolean;
  /** The blocks in which it is declared; null: the file. */
  readonly scopes: readonly (Node | null)[];
}

/** Whether the name can be used at `offset`. */
export function isVisible({ scopes }: NameSymbol, offset: number): boolean {
  return scopes.some((scope) => scope === null || (scope.start <= offset && offset <= scope.end));
}

export interface NameSite extends Node {
  readonly name: string;
}

export interface ResolvedNames {
  readonly symbols: readonly NameSymbol[];
  /** Names that mean nothing of this text: commands, functions that are always there, names of included files. */
  readonly unresolved: readonly NameSite[];
}

interface Collected {
  readonly declaration: Declaration;
  readonly declarations: Node[];
  readonly sites: Node[];
}

const NOTHING: ReadonlySet<string> = new Set();

/** Also of a text with mistakes: what could be read of it. */
export function resolveNames(program: Program): ResolvedNames {
  if (program.dialect === 'config') return { symbols: [], unresolved: [] };
  const symbols = new Map<Declaration, Collected>();
  const unresolved: NameSite[] = [];
  const meaning = new Meaning(program, {
    variables: NOTHING,
    domains: NOTHING,
    open: true,
    assigned: NOTHING,
    isCommand: () => true,
    commands: [],
    report: () => undefined,
    listener: {
      declared(declaration, before) {
        const known = before && symbols.get(before);
        const symbol = known ?? { declaration, declarations: [], sites: [] };
        symbol.declarations.push(declaration.node);
        symbol.sites.push(declaration.node);
        symbols.set(declaration, symbol);
      },
      used: (declaration, place) => void symbols.get(declaration)?.sites.push(place),
      unresolved: (name, { start, end }) => void unresolved.push({ name, start, end }),
    },
  });
  meaning.check();
  const scopeOf = innermost(scopesOf(program.body));
  const top = program.body.filter(({ kind }) => kind === 'let' || kind === 'fn');
  return {
    symbols: [...new Set(symbols.values())].map(({ declaration: { name, kind }, declarations, sites }) => ({
      name,
      kind,
      declarations,
      sites: inOrder(sites),
      scopes: declarations.map(({ start }) => scopeOf(start)),
      isTop: declarations.some((place) => {
        const statement = top[lastBefore(top, place.start)];
        return statement !== undefined && declares(statement, place);
      }),
    })),
    unresolved,
  };
}

/** The name comes before everything else that the statement holds. */
function declares(statement: Statement, { start }: Node): boolean {
  if (statement.kind !== 'let' && statement.kind !== 'fn') return false;
  return (
    start > statement.start &&
    start < (statement.kind === 'let' ? statement.value.start : statement.body.start) &&
    !isParameter(statement, start)
  );
}

function isParameter(statement: Statement, start: number): boolean {
  return statement.kind === 'fn' && statement.parameters.some((parameter) => start >= parameter.start);
}

function inOrder(places: readonly Node[]): readonly Node[] {
  const sorted = places.toSorted((a, b) => a.start - b.start);
  return sorted.filter(({ start }, at) => start !== sorted[at - 1]?.start);
}

/** Blocks, with the names that a statement brings into its own; outermost first. */
function scopesOf(body: readonly Statement[]): readonly Node[] {
  const scopes: Node[] = [];
  walk(body, {
    statement(node) {
      if (node.kind === 'for' || node.kind === 'on') scopes.push(node);
      else if (node.kind === 'fn') scopes.push({ start: node.parameters[0]?.start ?? node.body.start, end: node.end });
      for (const block of blocksOf(node)) scopes.push(block);
      if (node.kind === 'try') scopes.push({ start: node.body.end, end: node.end });
    },
    expression(node) {
      if (node.kind === 'arrow') scopes.push(node);
    },
  });
  return scopes.toSorted((a, b) => a.start - b.start || b.end - a.end);
}

/** Scopes lie inside or behind each other, so the way outwards from the one before is short. */
function innermost(scopes: readonly Node[]): (offset: number) => Node | null {
  const around = new Map<Node, Node | null>();
  const open: Node[] = [];
  for (const scope of scopes) {
    while (open.length > 0 && open.at(-1)!.end <= scope.start) open.pop();
    around.set(scope, open.at(-1) ?? null);
    open.push(scope);
  }
  return (offset) => {
    let scope: Node | null = scopes[lastBefore(scopes, offset)] ?? null;
    while (scope && scope.end <= offset) scope = around.get(scope)!;
    return scope;
  };
}

/** Index of the last one that does not start behind `offset`; -1: none. */
function lastBefore(places: readonly Node[], offset: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]!.start <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
