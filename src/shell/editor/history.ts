/** The lines that were run: in memory at once, on disk when the disk lets us. Nothing here ever fails the shell. */
import type { HistoryStore, LineFacts } from './history-store.ts';

export interface History extends Disposable {
  /** Oldest first, no line twice. */
  readonly lines: readonly string[];
  /** Reads what is on disk; resolves with a note for the person when history cannot be kept, else null. */
  load(): Promise<string | null>;
  /** A line that begins with a blank is not kept. Gives a note the first time the disk refuses. */
  add(line: string, facts: LineFacts): string | null;
}

/** `open` makes the store; null keeps history in memory only. */
export function createHistory(open: (() => Promise<HistoryStore>) | null): History {
  let lines: string[] = [];
  let store: HistoryStore | null = null;
  let unsaved: [string, LineFacts][] = [];
  let loaded = open === null;

  const push = (line: string): void => {
    const at = lines.lastIndexOf(line);
    if (at >= 0) lines.splice(at, 1);
    lines.push(line);
  };

  const giveUp = (error: unknown): string => {
    store?.close();
    store = null;
    return `history is not kept: ${error instanceof Error ? error.message : String(error)}`;
  };

  const save = (line: string, facts: LineFacts): string | null => {
    try {
      store?.put(line, facts);
      return null;
    } catch (error) {
      return giveUp(error);
    }
  };

  return {
    get lines() {
      return lines;
    },
    async load() {
      if (!open) return null;
      try {
        store = await open();
        const typed = lines;
        lines = store.read();
        for (const line of typed) push(line);
        for (const [line, facts] of unsaved) store.put(line, facts);
        return store.note;
      } catch (error) {
        return giveUp(error);
      } finally {
        unsaved = [];
        loaded = true;
      }
    },
    add(line, facts) {
      if (line.trim() === '' || /^\s/.test(line)) return null;
      push(line.trimEnd());
      if (loaded) return save(line.trimEnd(), facts);
      unsaved.push([line.trimEnd(), facts]);
      return null;
    },
    [Symbol.dispose]() {
      store?.close();
      store = null;
    },
  };
}
