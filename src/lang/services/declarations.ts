/** What a text and the files that it includes declare, for completion. */
import { withIncludes, type Analysis, type World } from './analysis.ts';
import { commentAbove } from './hover.ts';
import { isVisible } from './names.ts';

export interface Declared {
  readonly kind: 'variable' | 'function' | 'domain';
  readonly name: string;
  readonly file: string;
  /** The line that declares it. */
  readonly detail: string;
  /** What is said of it above that line. */
  readonly comment: string;
}

const LONGEST = 80;

/** Innermost first. */
export function declarations(world: World, file: string, offset: number): readonly Declared[] {
  return [...withIncludes(world, file)].flatMap(([path, analysis]) => [
    ...names(path, analysis, path === file ? offset : null),
    ...domains(path, analysis),
  ]);
}

/** Names that the text declares, but not for this place. */
export function hiddenNames(world: World, file: string, offset: number): ReadonlySet<string> {
  const { symbols = [] } = world.analysis(file) ?? {};
  const visible = new Set(symbols.filter((symbol) => isVisible(symbol, offset)).map(({ name }) => name));
  return new Set(symbols.filter(({ name }) => !visible.has(name)).map(({ name }) => name));
}

/** `offset` null: those that are known in other files too. */
function names(file: string, { symbols, program }: Analysis, offset: number | null): Declared[] {
  return symbols
    .filter((symbol) => (offset === null ? symbol.isTop : isVisible(symbol, offset)))
    .toSorted((a, b) => Number(a.isTop) - Number(b.isTop) || b.declarations[0]!.start - a.declarations[0]!.start)
    .map(({ name, kind, declarations: [place] }) => ({
      kind: kind === 'fn' ? 'function' : 'variable',
      name,
      file,
      ...lineAt(program.source.text, place!.start),
    }));
}

function domains(file: string, { things, program }: Analysis): Declared[] {
  const found = new Map<string, Declared>();
  for (const thing of things) {
    if (thing.kind === 'domain' && thing.declares && !found.has(thing.text))
      found.set(thing.text, { kind: 'domain', name: thing.text, file, ...lineAt(program.source.text, thing.start) });
  }
  return [...found.values()];
}

function lineAt(text: string, offset: number): Pick<Declared, 'detail' | 'comment'> {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  const line = text
    .slice(start, end < 0 ? text.length : end)
    .trim()
    .replace(/^((?:fn|for|on)\b[^{]*?)\s*\{.*$|\s*\{$/, '$1');
  return { detail: line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line, comment: commentAbove(text, start) };
}
