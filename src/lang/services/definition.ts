/** Where what stands here is declared. */
import type { Node } from '../parse/ast.ts';
import type { World } from './analysis.ts';
import { meantAt, sitesOf } from './references.ts';
import { thingAt } from './things.ts';

export interface Definition {
  /** The words that lead there. */
  readonly place: Node;
  readonly targets: readonly (Node & { readonly file: string })[];
}

export function definition(world: World, file: string, offset: number): Definition | null {
  const analysis = world.analysis(file);
  if (!analysis) return null;
  const meant = meantAt(world, file, offset);
  if (meant) {
    const sites = sitesOf(world, meant, file);
    return { place: meant.place, targets: sites.filter(({ declares }) => declares) };
  }
  const thing = thingAt(analysis.things, offset);
  const to =
    thing?.kind === 'include'
      ? world.resolve(thing.text, file)
      : thing?.kind === 'word' && (thing.wordKind === 'file' || thing.wordKind === 'config-file')
        ? world.locate(thing.text, file)
        : null;
  return thing && to !== null ? { place: thing, targets: [{ file: to, start: 0, end: 0 }] } : null;
}
