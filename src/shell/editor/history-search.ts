/** Ctrl-R: a fuzzy search through history, newest first among equals. */
import { Fzf } from 'fzf';

export interface Found {
  readonly line: string;
  /** UTF-16 offsets in `line` that matched. */
  readonly positions: ReadonlySet<number>;
}

export interface HistorySearch {
  find(query: string, limit: number): readonly Found[];
}

export function createHistorySearch(history: readonly string[]): HistorySearch {
  const newestFirst = history.toReversed();
  const none: ReadonlySet<number> = new Set();
  let fzf: Fzf<readonly string[]> | null = null;
  return {
    find(query, limit) {
      if (query.trim() === '') return newestFirst.slice(0, limit).map((line) => ({ line, positions: none }));
      fzf ??= new Fzf(newestFirst, { limit: 200, casing: 'smart-case' });
      // The package's declarations import without file endings, which this module resolution does not follow: say what comes.
      const results = fzf.find(query) as readonly { readonly item: string; readonly positions: ReadonlySet<number> }[];
      return results.slice(0, limit).map(({ item, positions }) => ({ line: item, positions }));
    },
  };
}
