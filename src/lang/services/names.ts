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
}

/** Whether the name can be used at `offset`: it is in the block that declares it. */
export function isVisible({ declarations, isTop }: NameSymbol, { body }: Program, offset: number): boolean {
  return (
    isTop ||
    declarations.some(({ start }) => {
      const scope = scopeOf(body, start);
      return scope === null || (scope.start <= offset && offset <= scope.end);
    })
  );
}

/** The innermost block, or what brings names of its own into one; null: the file. */
function scopeOf(body: readonly Statement[], offset: number): Node | null {
  let scope: Node | null = null;
  const look = (node: Node): void => {
    if (node.start <= offset && offset < node.end) scope = node;
  };
  walk(body, {
    statement(node) {
      // Its own name belongs to the block around it.
      if (node.kind === 'for' || node.kind === 'on' || (node.kind === 'fn' && isParameter(node, offset))) look(node);
      for (const block of blocksOf(node))
        look(node.kind === 'try' && block === node.handler ? { start: node.body.end, end: block.end } : block);
    },
    expression(node) {
      if (node.kind === 'arrow') look(node);
    },
  });
  return scope;
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
  const top = program.body.filter(({ kind }) => kind === 'let' || kind === 'fn');
  return {
    symbols: [...new Set(symbols.values())].map(({ declaration: { name, kind }, declarations, sites }) => ({
      name,
      kind,
      declarations,
      sites: inOrder(sites),
      isTop: declarations.some((place) => top.some((statement) => declares(statement, place))),
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
