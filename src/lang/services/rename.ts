/** New names for variables, functions and domains. What would come to mean something else is found by reading the changed texts again. */
import type { Node } from '../parse/ast.ts';
import type { Dialect } from '../parse/source.ts';
import { RESERVED } from '../parse/statement-shape.ts';
import { STATEMENTS } from '../complete/vocabulary.ts';
import { analyse, type Analysis, type World } from './analysis.ts';
import { meantAt, sitesOf, type Meant, type Site } from './references.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface TextEdit extends Node {
  readonly file: string;
  readonly text: string;
}

export type Renamed = { readonly edits: readonly TextEdit[] } | { readonly refused: string };

const NOTHING_HERE = 'only variables, functions and domains that are declared in the file can be renamed';
const NAME = /^[A-Za-z_]\w*$/;
const DOMAIN_NAME = /^[A-Za-z0-9_][\w.+-]*$/;
const STATEMENT_WORDS: ReadonlySet<string> = new Set(STATEMENTS.map(({ text }) => text));

/** The name at the cursor, without its quotes; or why it stays. */
export function renameable(world: World, file: string, offset: number): (Node & { readonly name: string }) | { readonly refused: string } {
  const meant = meantAt(world, file, offset);
  if (!meant) return { refused: NOTHING_HERE };
  const { start, end } = inner(meant.place, textOf(world, file));
  return { name: meant.name, start, end };
}

export function rename(world: World, vocabulary: Vocabulary, file: string, offset: number, name: string): Renamed {
  const meant = meantAt(world, file, offset);
  if (!meant) return { refused: NOTHING_HERE };
  const wrong = wrongName(name, meant);
  if (wrong !== null) return { refused: wrong };
  const sites = sitesOf(world, meant, file);
  if (name === meant.name) return { edits: [] };
  const edits = sites.map((site): TextEdit => ({ file: site.file, ...newText(site, name, meant, textOf(world, site.file)) }));
  return staysTheSame(world, vocabulary, meant, sites, edits, name, file)
    ? { edits }
    : { refused: `'${name}' already means something else here` };
}

function wrongName(name: string, { kind }: Meant): string | null {
  if (kind === 'domain') return DOMAIN_NAME.test(name) ? null : `'${name}' is no name for a domain: letters, digits and _ . + - make one`;
  if (!NAME.test(name)) return `'${name}' is no name: letters, digits and _ make one, and no digit comes first`;
  return RESERVED.has(name) || STATEMENT_WORDS.has(name) ? `'${name}' is a word of the language` : null;
}

const textOf = (world: World, file: string): string => world.analysis(file)!.program.source.text;

/** Without the quotes around it. */
function inner({ start, end }: Node, text: string): Node {
  const quote = text[start]!;
  if (quote !== '"' && quote !== "'") return { start, end };
  const width = text.startsWith(quote.repeat(3), start) && end - start >= 6 ? 3 : 1;
  return { start: start + width, end: end - width };
}

/** A bare name that would be read as something else gets quotes. */
function newText(site: Site, name: string, { kind }: Meant, text: string): Node & { readonly text: string } {
  const { start, end } = inner(site, text);
  const isBare = start === site.start;
  return { start, end, text: kind === 'domain' && isBare && !NAME.test(name) ? `"${name}"` : name };
}

/** Whether, read anew, the same places and no others mean it. */
function staysTheSame(
  world: World,
  vocabulary: Vocabulary,
  meant: Meant,
  sites: readonly Site[],
  edits: readonly TextEdit[],
  name: string,
  from: string,
): boolean {
  const changed = new Map<string, Analysis>();
  for (const file of new Set(edits.map((edit) => edit.file))) {
    const { program, errors } = world.analysis(file)!;
    const text = applied(
      program.source.text,
      edits.filter((edit) => edit.file === file),
    );
    const analysis = analyse(text, file, program.dialect as Dialect, vocabulary);
    if (analysis.errors > errors) return false;
    changed.set(file, analysis);
  }
  const after: World = {
    analysis: (file) => changed.get(file) ?? world.analysis(file),
    files: () => world.files(),
    resolve: (path, file) => world.resolve(path, file),
    locate: (path, file) => world.locate(path, file),
  };
  const at = (file: string, offset: number): number => offset + shift(edits, file, offset);
  const first = sites.find(({ declares }) => declares) ?? sites[0]!;
  const now = meantAt(after, first.file, at(first.file, first.start) + Number(meant.kind === 'domain'));
  if (!now || now.kind !== meant.kind || now.name !== name) return false;
  const key = (file: string, start: number): string => `${start} ${file}`;
  const expected = new Set(sites.map(({ file, start }) => key(file, at(file, start))));
  const found = sitesOf(after, now, from);
  return found.length === expected.size && found.every(({ file, start }) => expected.has(key(file, start)));
}

/** How far a place moves that stands at or behind the edits. */
function shift(edits: readonly TextEdit[], file: string, offset: number): number {
  let by = 0;
  for (const edit of edits) if (edit.file === file && edit.start < offset) by += edit.text.length - (edit.end - edit.start);
  return by;
}

export function applied(text: string, edits: readonly Omit<TextEdit, 'file'>[]): string {
  let result = text;
  for (const { start, end, text: replacement } of edits.toSorted((a, b) => b.start - a.start))
    result = result.slice(0, start) + replacement + result.slice(end);
  return result;
}
