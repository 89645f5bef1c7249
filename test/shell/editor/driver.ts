/** Types into the reducer as a person would: '<|>' marks the cursor in texts, `[a|b]` is not special. */
import { actionOf } from '../../../src/shell/editor/bindings.ts';
import { edit, type EditContext, insert, isEditName, paste } from '../../../src/shell/editor/commands.ts';
import { EMPTY, type EditorState } from '../../../src/shell/editor/state.ts';

export function at(marked: string, kills: readonly string[] = []): EditorState {
  const cursor = marked.indexOf('<|>');
  const text = marked.replace('<|>', '');
  return { ...EMPTY, text, cursor: cursor < 0 ? text.length : cursor, kills };
}

export function show({ text, cursor }: EditorState): string {
  return `${text.slice(0, cursor)}<|>${text.slice(cursor)}`;
}

const NOTHING: EditContext = { history: [], suggestion: '' };

/** Chords of the binding table; `'text'` in quotes is typed, `"text"` pasted. */
export function press(state: EditorState, keys: readonly string[], context: EditContext = NOTHING): EditorState {
  for (const key of keys) {
    if (key.startsWith("'")) {
      for (const character of key.slice(1, -1)) state = insert(state, character);
    } else if (key.startsWith('"')) {
      state = paste(state, key.slice(1, -1));
    } else {
      const action = actionOf(key);
      if (action === null || !isEditName(action)) throw new Error(`${key} edits nothing`);
      state = edit(state, action, context);
    }
  }
  return state;
}
