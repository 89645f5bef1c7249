/** The line editor's state: plain data. Offsets are UTF-16 units and always stand between graphemes. */

/** What the last command was: typing runs together into one undo step, kills into one kill. */
export type EditKind = 'type' | 'delete' | 'kill' | 'yank' | 'recall' | 'move' | 'other';

export interface Snapshot {
  readonly text: string;
  readonly cursor: number;
}

export interface EditorState {
  readonly text: string;
  readonly cursor: number;
  /** The other end of the selection; null: nothing is selected. */
  readonly anchor: number | null;
  /** Column that up and down try to keep. */
  readonly column: number | null;
  readonly last: EditKind;
  readonly undo: readonly Snapshot[];
  readonly redo: readonly Snapshot[];
  /** Newest first. */
  readonly kills: readonly string[];
  /** Where the last yank stands and which kill it was. */
  readonly yanked: { readonly start: number; readonly end: number; readonly index: number } | null;
  /** Walking through history: what was typed, the prefix that entries must have, and the index of the entry shown. */
  readonly recall: { readonly draft: Snapshot; readonly prefix: string; readonly index: number } | null;
}

const UNDO_STEPS = 200;

export const EMPTY: EditorState = {
  text: '',
  cursor: 0,
  anchor: null,
  column: null,
  last: 'other',
  undo: [],
  redo: [],
  kills: [],
  yanked: null,
  recall: null,
};

/** A new line; the kill ring stays. */
export function freshLine(state: EditorState, text = ''): EditorState {
  return { ...EMPTY, kills: state.kills, text, cursor: text.length };
}

export function selection(state: EditorState): { readonly start: number; readonly end: number } | null {
  if (state.anchor === null || state.anchor === state.cursor) return null;
  return { start: Math.min(state.anchor, state.cursor), end: Math.max(state.anchor, state.cursor) };
}

/** A step that undo can come back to, unless it continues the one before. */
export function remember(state: EditorState, continues: boolean): Pick<EditorState, 'undo' | 'redo'> {
  if (continues) return { undo: state.undo, redo: [] };
  return { undo: [...state.undo, { text: state.text, cursor: state.cursor }].slice(-UNDO_STEPS), redo: [] };
}

/** The one way text changes: `[start, end)` becomes `replacement`, the cursor stands behind it. */
export function replace(
  state: EditorState,
  start: number,
  end: number,
  replacement: string,
  kind: EditKind,
  continues = false,
): EditorState {
  return {
    ...state,
    ...remember(state, continues),
    text: state.text.slice(0, start) + replacement + state.text.slice(end),
    cursor: start + replacement.length,
    anchor: null,
    column: null,
    last: kind,
    yanked: null,
    recall: null,
  };
}

export function moveTo(state: EditorState, cursor: number, column: number | null = null): EditorState {
  return { ...state, cursor, column, anchor: null, last: 'move' };
}
