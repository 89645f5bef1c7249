/** History on disk: $XDG_STATE_HOME/xenolith/history.db. WAL, so that several shells write at once. */
import { mkdirSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export interface LineFacts {
  readonly folder: string;
  readonly exitCode: number;
  readonly durationMs: number;
}

export interface HistoryStore {
  /** Oldest first. */
  read(): string[];
  put(line: string, facts: LineFacts): void;
  close(): void;
  /** Something that the person should know about opening it. */
  readonly note: string | null;
}

const NEWEST_LINES = 10_000;
/** Another shell may be writing; never wait longer than a frame or two. */
const BUSY_MS = 40;

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS line (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL UNIQUE,
    at_ms INTEGER NOT NULL,
    folder TEXT NOT NULL,
    exit_code INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL
  )`;

export function historyFile(env: Readonly<Record<string, string | undefined>>): string {
  const state = env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local/state');
  return join(state, 'xenolith', 'history.db');
}

export async function openHistoryStore(file: string): Promise<HistoryStore> {
  const { DatabaseSync } = await import('node:sqlite');
  mkdirSync(dirname(file), { recursive: true });
  let note: string | null = null;
  const open = (): InstanceType<typeof DatabaseSync> => {
    const database = new DatabaseSync(file, { timeout: BUSY_MS });
    try {
      database.exec(SCHEMA);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  };
  let database: InstanceType<typeof DatabaseSync>;
  try {
    database = open();
  } catch (error) {
    if (!isDamaged(error)) throw error;
    renameSync(file, `${file}.damaged`);
    note = `history was damaged and starts anew; the old file is ${file}.damaged`;
    database = open();
  }
  // The newest use of a line is its place: replacing gives it a new id.
  const insert = database.prepare('INSERT OR REPLACE INTO line (text, at_ms, folder, exit_code, duration_ms) VALUES (?, ?, ?, ?, ?)');
  return {
    note,
    read() {
      const rows = database.prepare('SELECT text FROM line ORDER BY id DESC LIMIT ?').all(NEWEST_LINES);
      return rows.map((row) => String(row['text'])).toReversed();
    },
    put(line, { folder, exitCode, durationMs }) {
      insert.run(line, Date.now(), folder, exitCode, Math.round(durationMs));
    },
    close() {
      if (database.isOpen) database.close();
    },
  };
}

/** SQLITE_CORRUPT (11) and SQLITE_NOTADB (26). */
function isDamaged(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : null;
  return code === 11 || code === 26;
}
