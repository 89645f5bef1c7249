/** The recorded answers of the real xl, where they are at hand. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const CORPUS: string = resolve(import.meta.dirname, '../../../shared/corpus');
export const hasCorpus: boolean = existsSync(join(CORPUS, 'vectors.jsonl'));
/** Name of a group of tests that says so when it is skipped. */
export const needsCorpus = (name: string): string => (hasCorpus ? name : `${name} (skipped: ../shared/corpus is not here)`);

export function vectors<O>(kind: string): { readonly input: string; readonly oracle: O }[] {
  if (!hasCorpus) return [];
  const lines = readFileSync(join(CORPUS, 'vectors.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as { kind: string; input: string; oracle: O }).filter((vector) => vector.kind === kind);
}

export interface CorpusFile {
  readonly name: string;
  readonly text: string;
  readonly accepted: boolean;
  readonly createStatus: number;
  readonly createMessages: string;
  /** What xl made of it, if it accepted it. */
  readonly json: string | null;
}

export function corpusFiles(): CorpusFile[] {
  if (!hasCorpus) return [];
  const [, ...rows] = readFileSync(join(CORPUS, 'xl-results.tsv'), 'utf8').trim().split('\n');
  return rows.map((row) => {
    const [name, , verdict, , , , , status, messages] = row.split('\t');
    const jsonFile = join(CORPUS, 'xl-json', `${name!.replaceAll('/', '__')}.json`);
    return {
      name: name!,
      text: readFileSync(join(CORPUS, 'cfg', name!), 'utf8'),
      accepted: verdict === 'accept',
      createStatus: Number(status),
      createMessages: messages ?? '',
      json: existsSync(jsonFile) ? readFileSync(jsonFile, 'utf8') : null,
    };
  });
}
