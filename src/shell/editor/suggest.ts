/** What is offered in grey behind the cursor: the rest of the newest line in history that begins with what is typed. */
import type { EditorState } from './state.ts';

export function suggestion(state: EditorState, history: readonly string[]): string {
  const { text, cursor } = state;
  if (text === '' || cursor !== text.length || text.includes('\n') || state.recall) return '';
  const found = history.findLast((line) => line.length > text.length && line.startsWith(text));
  return found === undefined ? '' : found.slice(text.length);
}
