/** Variables and functions of a text with every place that means them, by the checker's own walk through the scopes. */
import { Meaning } from '../check/meaning.ts';
import type { Declaration } from '../check/names.ts';
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
