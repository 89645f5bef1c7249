/** Up and Down through history: only entries that begin with what stood before the cursor when the walk began. */
import { type EditorState, remember } from './state.ts';

function show(state: EditorState, text: string, cursor: number, recall: EditorState['recall']): EditorState {
  const continues = state.recall !== null;
  return { ...state, ...remember(state, continues), text, cursor, anchor: null, column: null, last: 'recall', yanked: null, recall };
}

export function recallPrevious(state: EditorState, history: readonly string[]): EditorState {
  const walk = state.recall ?? {
    draft: { text: state.text, cursor: state.cursor },
    prefix: state.text.slice(0, state.cursor),
    index: history.length,
  };
  for (let index = Math.min(walk.index, history.length) - 1; index >= 0; index--) {
    const entry = history[index]!;
    if (entry.startsWith(walk.prefix) && entry !== state.text) return show(state, entry, entry.length, { ...walk, index });
  }
  return state;
}

/** Past the newest entry the line that was being typed comes back. */
export function recallNext(state: EditorState, history: readonly string[]): EditorState {
  const walk = state.recall;
  if (!walk) return state;
  for (let index = walk.index + 1; index < history.length; index++) {
    const entry = history[index]!;
    if (entry.startsWith(walk.prefix) && entry !== state.text) return show(state, entry, entry.length, { ...walk, index });
  }
  return show(state, walk.draft.text, walk.draft.cursor, null);
}
