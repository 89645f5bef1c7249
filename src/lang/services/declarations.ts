/** What a text and the files that it includes declare, for completion. */
import { withIncludes, type Analysis, type World } from './analysis.ts';
import { commentAbove } from './hover.ts';

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

export function declarations(world: World, file: string): readonly Declared[] {
  return [...withIncludes(world, file)].flatMap(([path, analysis]) => [
    ...names(path, analysis, path === file),
    ...domains(path, analysis),
  ]);
}

function names(file: string, { symbols, program }: Analysis, isOwn: boolean): Declared[] {
  return symbols
    .filter(({ isTop }) => isTop || isOwn)
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
    .replace(/\s*\{$/, '');
  return { detail: line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line, comment: commentAbove(text, start) };
}
