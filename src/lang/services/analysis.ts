/** Everything that an editor asks of one text, found once. */
import type { Program } from '../parse/ast.ts';
import { parse } from '../parse/parse.ts';
import type { Dialect } from '../parse/source.ts';
import { isError } from '../problems/problem-of.ts';
import { resolveNames, type ResolvedNames } from './names.ts';
import { thingsOf, type Thing } from './things.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface Analysis extends ResolvedNames {
  readonly program: Program;
  readonly things: readonly Thing[];
  /** How many mistakes keep it from being read. */
  readonly errors: number;
}

export function analyse(text: string, file: string, dialect: Dialect, vocabulary: Vocabulary): Analysis {
  const { program, problems } = parse(text, file, { dialect });
  return { program, things: thingsOf(program, vocabulary), errors: problems.filter(isError).length, ...resolveNames(program) };
}

/** The texts that belong together: those that are open, and what they include. */
export interface World {
  /** Null: there is no such file. */
  analysis(file: string): Analysis | null;
  /** Files that are looked at besides the ones that they include. */
  files(): Iterable<string>;
  /** The file that `include` means by `path`. */
  resolve(path: string, from: string): string;
  /** The file that a command means by `path`, which depends on where the script will be started; null: none that is near. */
  locate(path: string, from: string): string | null;
}

/** A file with all that it includes, itself first. */
export function withIncludes(world: World, file: string): ReadonlyMap<string, Analysis> {
  const found = new Map<string, Analysis>();
  const look = (path: string): void => {
    if (found.has(path)) return;
    const analysis = world.analysis(path);
    if (!analysis) return;
    found.set(path, analysis);
    for (const thing of analysis.things) if (thing.kind === 'include') look(world.resolve(thing.text, path));
  };
  look(file);
  return found;
}
