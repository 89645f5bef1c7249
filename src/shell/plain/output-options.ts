/** How the person asked for results: the same options for every command. */

export const FORMATS = ['json', 'ndjson', 'csv', 'tsv', 'yaml', 'table'] as const;
export type Format = (typeof FORMATS)[number];

export interface OutputOptions {
  /** null: as the real tools print it, or a table fitted to the terminal. */
  readonly format: Format | null;
  /** Only these, in this order; null: all. */
  readonly columns: readonly string[] | null;
  readonly heading: boolean;
}

export const DEFAULT_OUTPUT: OutputOptions = { format: null, columns: null, heading: true };

export function isFormat(word: string): word is Format {
  return (FORMATS as readonly string[]).includes(word);
}
