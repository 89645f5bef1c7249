/** Texts in memory as an editor's world. Marks: ‸ is the cursor, «…» a place that is expected. */
import { resolve, dirname } from 'node:path';
import type { Dialect } from '../../../src/lang/index.ts';
import { analyse, type World, type Vocabulary } from '../../../src/lang/services/index.ts';
import { COMMANDS } from '../fake-host.ts';

export const VOCABULARY: Vocabulary = {
  commands: COMMANDS,
  options: [{ long: 'json', value: null, summary: 'as JSON' }],
  page: () => null,
  faults: [{ name: 'stall', usage: '', doc: 'its vCPUs get no processor' }],
};

export function worldOf(texts: Readonly<Record<string, string>>): World {
  const dialect = (file: string): Dialect => (file.endsWith('.cfg') ? 'config' : 'script');
  const known = new Map(Object.entries(texts).map(([file, text]) => [file, analyse(text, file, dialect(file), VOCABULARY)]));
  return {
    analysis: (file) => known.get(file) ?? null,
    files: () => known.keys(),
    resolve: (path, from) => resolve(dirname(from), path),
    locate(path, from) {
      const file = resolve(dirname(from), path);
      return known.has(file) ? file : null;
    },
  };
}

export interface Marked {
  readonly text: string;
  readonly cursor: number;
  /** The places between « and ». */
  readonly places: readonly (readonly [start: number, end: number])[];
}

export function marked(source: string): Marked {
  let [text, cursor] = ['', -1];
  const places: [number, number][] = [];
  for (const char of source) {
    if (char === '‸') cursor = text.length;
    else if (char === '«') places.push([text.length, -1]);
    else if (char === '»') places.at(-1)![1] = text.length;
    else text += char;
  }
  return { text, cursor, places };
}
