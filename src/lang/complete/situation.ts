/** Where the cursor stands. */
import type { IToken } from 'chevrotain';
import { fitting, type Completion, type CompletionItem } from './completion.ts';

export type BlockKind = 'domain' | 'console' | 'other';

/** Everything before the cursor, looked at. */
export interface Situation {
  readonly text: string;
  readonly offset: number;
  readonly tokens: readonly IToken[];
  readonly last: IToken | undefined;
  /** Nothing but blanks of the same line between the last token and the cursor. */
  readonly adjacent: boolean;
  readonly gap: string;
  readonly block: BlockKind | null;
  readonly names: ReadonlySet<string>;
}

export function offer(start: number, offset: number, text: string, items: readonly CompletionItem[]): Completion {
  return { start, end: offset, items: fitting(items, text.slice(start, offset)) };
}
