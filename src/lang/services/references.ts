/** From a place to what is meant there, and to every place that means it. */
import type { Node } from '../parse/ast.ts';
import { withIncludes, type Analysis, type World } from './analysis.ts';
import type { NameSymbol } from './names.ts';
import type { Thing } from './things.ts';

export interface Site extends Node {
  readonly file: string;
  readonly declares: boolean;
}

export type Meant =
  | { readonly kind: 'name'; readonly name: string; readonly place: Node; readonly file: string; readonly symbol: NameSymbol }
  | { readonly kind: 'domain'; readonly name: string; readonly place: Node };

const holds = ({ start, end }: Node, offset: number): boolean => start <= offset && offset <= end;

/** What the place means; null: nothing that a text declares. */
export function meantAt(world: World, file: string, offset: number): Meant | null {
  const analysis = world.analysis(file);
  if (!analysis) return null;
  for (const symbol of analysis.symbols) {
    const place = symbol.sites.find((site) => holds(site, offset));
    if (place) return { kind: 'name', name: symbol.name, place, file, symbol };
  }
  const place = analysis.unresolved.find((site) => holds(site, offset));
  const included = place && declaredBehind(world, file, place.name);
  if (included) return { kind: 'name', name: place.name, place, ...included };
  const thing = analysis.things.find((candidate) => holds(candidate, offset) && mayBeDomain(candidate));
  const isDeclared = thing && domainSites(world, file, thing.text).some(({ declares }) => declares);
  return isDeclared ? { kind: 'domain', name: thing.text, place: thing } : null;
}

/** The declaration of an included file that an undeclared name means. */
function declaredBehind(world: World, file: string, name: string): { readonly file: string; readonly symbol: NameSymbol } | null {
  for (const [path, { symbols }] of withIncludes(world, file)) {
    const symbol = path === file ? undefined : symbols.find((one) => one.isTop && one.name === name);
    if (symbol) return { file: path, symbol };
  }
  return null;
}

function mayBeDomain(thing: Thing): boolean {
  return thing.kind === 'domain' || (thing.kind === 'word' && (thing.wordKind === 'domain' || thing.wordKind === 'config-file'));
}

/** Files that include each other share their domains. */
function relatives(world: World, file: string): ReadonlyMap<string, Analysis> {
  const found = new Map(withIncludes(world, file));
  for (const open of world.files()) {
    const family = withIncludes(world, open);
    if (family.has(file)) for (const [path, analysis] of family) found.set(path, analysis);
  }
  return found;
}

function domainSites(world: World, file: string, name: string): readonly Site[] {
  const sites: Site[] = [];
  for (const [path, { things }] of relatives(world, file)) {
    for (const thing of things) {
      if (mayBeDomain(thing) && thing.text === name)
        sites.push({ file: path, start: thing.start, end: thing.end, declares: thing.kind === 'domain' && thing.declares !== null });
    }
  }
  return sites;
}

/** All places that mean it. */
export function sitesOf(world: World, meant: Meant, from: string): readonly Site[] {
  if (meant.kind === 'domain') return domainSites(world, from, meant.name);
  const { file, symbol, name } = meant;
  const sites: Site[] = symbol.sites.map(({ start, end }) => ({
    file,
    start,
    end,
    declares: symbol.declarations.some((declaration) => declaration.start === start),
  }));
  if (!symbol.isTop) return sites;
  for (const [path, { unresolved }] of relatives(world, file)) {
    if (path === file || declaredBehind(world, path, name)?.file !== file) continue;
    for (const site of unresolved) if (site.name === name) sites.push({ file: path, start: site.start, end: site.end, declares: false });
  }
  return sites;
}
