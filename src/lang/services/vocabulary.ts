/** What the shell tells of itself: its commands, and what it can say about them. */
import type { CommandSignature } from '../host.ts';

export interface Vocabulary {
  readonly commands: ReadonlyMap<string, CommandSignature>;
  /** Options that every command takes. */
  readonly options: CommandSignature['options'];
  /** All that is to be said of a command, in Markdown; null: nothing more than its summary. */
  page(command: string): string | null;
  readonly faults: readonly { readonly name: string; readonly usage: string; readonly doc: string }[];
}
