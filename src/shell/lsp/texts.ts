/** The texts that the server knows: what the editor has open, and what those files include, from the disk. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { TextDocuments } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Dialect } from '../../lang/index.ts';
import { analyse, type Analysis, type Vocabulary, type World } from '../../lang/services/index.ts';

/** Larger files on the disk are not looked into. */
const MOST_BYTES = 4 * 2 ** 20;

interface Known {
  /** An open text itself, for clients may count wrongly; time and size of a file. */
  readonly version: string;
  readonly document: TextDocument;
  readonly analysis: Analysis;
}

/** Files are called by their path, and texts that are no file by their URI. */
export function fileOf(uri: string): string {
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri) : uri;
  } catch {
    return uri;
  }
}

export function dialectOf({ uri, languageId }: Pick<TextDocument, 'uri' | 'languageId'>): Dialect {
  if (uri.endsWith('.xm')) return 'script';
  return languageId === 'xm' && !/\.cfg$/i.test(uri) ? 'script' : 'config';
}

export class Texts implements World {
  readonly #open: TextDocuments<TextDocument>;
  readonly #vocabulary: Vocabulary;
  readonly #known = new Map<string, Known>();
  /** Folders that the editor has open. */
  folders: readonly string[] = [];

  constructor(open: TextDocuments<TextDocument>, vocabulary: Vocabulary) {
    this.#open = open;
    this.#vocabulary = vocabulary;
  }

  analysis(file: string): Analysis | null {
    return this.#look(file)?.analysis ?? null;
  }

  /** For places in a file that may not be open. */
  document(file: string): TextDocument | null {
    return this.#look(file)?.document ?? null;
  }

  *files(): Iterable<string> {
    for (const { uri } of this.#open.all()) yield fileOf(uri);
  }

  resolve(path: string, from: string): string {
    return resolve(from.startsWith('/') ? dirname(from) : (this.folders[0] ?? '.'), path);
  }

  /** Beside the text, or from the folder in which the editor was started. */
  locate(path: string, from: string): string | null {
    const candidates = [this.resolve(path, from), ...[...this.folders, '.'].map((folder) => resolve(folder, path))];
    return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile()) ?? null;
  }

  forget(file: string): void {
    this.#known.delete(file);
  }

  #look(file: string): Known | null {
    const open = this.#opened(file);
    const version = open ? open.getText() : versionOnDisk(file);
    if (version === null) return null;
    const known = this.#known.get(file);
    if (known?.version === version && (!open || known.document === open)) return known;
    const document = open ?? onDisk(file);
    if (!document) return null;
    const analysis = analyse(document.getText(), file, dialectOf(document), this.#vocabulary);
    const now = { version, document, analysis };
    this.#known.set(file, now);
    return now;
  }

  #opened(file: string): TextDocument | undefined {
    return this.#open.get(file) ?? this.#open.all().find(({ uri }) => fileOf(uri) === file);
  }
}

function versionOnDisk(file: string): string | null {
  if (!file.startsWith('/') && !/^[A-Za-z]:[\\/]/.test(file)) return null;
  const found = statSync(file, { throwIfNoEntry: false });
  // A pipe would keep the server waiting.
  return found?.isFile() && found.size <= MOST_BYTES ? `${found.mtimeMs} ${found.size}` : null;
}

function onDisk(file: string): TextDocument | null {
  try {
    return TextDocument.create(pathToFileURL(file).href, /\.cfg$/i.test(file) ? 'xl-cfg' : 'xm', 0, readFileSync(file, 'utf8'));
  } catch {
    // It may not be read, or is gone by now: as if it were not there.
    return null;
  }
}
