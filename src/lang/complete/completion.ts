/** What completion is given and what it answers. */
import type { CommandSignature } from '../host.ts';
import type { Dialect } from '../parse/source.ts';

export interface CompletionItem {
  /** Replaces what stands between `start` and `end`. */
  readonly text: string;
  readonly detail: string;
  readonly kind:
    | 'command'
    | 'option'
    | 'domain'
    | 'file'
    | 'directory'
    | 'path'
    | 'key'
    | 'value'
    | 'keyword'
    | 'variable'
    | 'function'
    | 'property'
    | 'stage';
  /** Written behind the item once it is taken: ' ', '/', '='. */
  readonly append: string;
}

export interface Completion {
  readonly start: number;
  readonly end: number;
  readonly items: readonly CompletionItem[];
}

type MaybeLater<T> = T | Promise<T>;

export interface KnownDomain {
  readonly name: string;
  readonly detail: string;
  /** A domain block that `create` takes. */
  readonly declared?: boolean;
}

export interface CompletionContext {
  readonly commands: ReadonlyMap<string, CommandSignature>;
  /** Options that every command takes: --json, --help. */
  readonly options?: CommandSignature['options'];
  /** Running and declared domains, with what to show beside them. */
  domains(): MaybeLater<readonly KnownDomain[]>;
  /** Entries of a directory, '' for the working one. */
  files?(directory: string): MaybeLater<readonly { readonly name: string; readonly directory: boolean }[]>;
  /** Names of the nodes under an absolute xenstore path. */
  xenstore?(path: string): MaybeLater<readonly string[]>;
  /** Names from earlier lines. */
  readonly variables?: Iterable<string>;
  readonly functions?: Iterable<string>;
  /** What `inject` can make happen. */
  readonly faults?: readonly { readonly name: string; readonly doc: string }[];
  /** Columns that the command before the stages yields, if known. */
  columns?(command: string): readonly string[];
  readonly dialect?: Dialect;
}

/** Those that begin with what was typed; if none does, those that contain its letters in order. */
export function fitting(items: readonly CompletionItem[], typed: string): readonly CompletionItem[] {
  const wanted = typed.toLowerCase();
  const beginning = items.filter(({ text }) => text.toLowerCase().startsWith(wanted));
  if (beginning.length > 0 || wanted.length < 2) return beginning;
  return items.filter(({ text }) => hasLetters(text.toLowerCase(), wanted));
}

function hasLetters(text: string, wanted: string): boolean {
  let at = 0;
  for (const letter of text) if (letter === wanted[at]) at++;
  return at === wanted.length;
}
