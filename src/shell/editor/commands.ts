/** Every edit command: state in, state out. Keys are bound to these names in bindings.ts. */
import { recallNext, recallPrevious } from './recall.ts';
import { motion, type MotionName } from './motions.ts';
import { type EditorState, moveTo, remember, replace, selection } from './state.ts';
import * as places from './text.ts';

/** What the editor is told of the world at each command. */
export interface EditContext {
  /** Oldest first. */
  readonly history: readonly string[];
  /** The rest of the line that is offered in grey; '' when none is. */
  readonly suggestion: string;
}

type Command = (state: EditorState, context: EditContext) => EditorState;

const INDENT = '  ';
const KILLS = 32;

const atEnd = ({ text, cursor }: EditorState): boolean => cursor === text.length;

function move(name: MotionName): Command {
  return (state) => moveTo(state, motion(name)(state));
}

function select(name: MotionName): Command {
  return (state) => ({ ...state, anchor: state.anchor ?? state.cursor, cursor: motion(name)(state), column: null, last: 'move' });
}

/** At the end of the text a move to the right takes what is suggested. */
function moveOrTake(name: MotionName, taken: (suggestion: string) => string): Command {
  return (state, { suggestion }) => {
    if (atEnd(state) && suggestion !== '') return replace(state, state.cursor, state.cursor, taken(suggestion), 'other');
    return moveTo(state, motion(name)(state));
  };
}

function deleteTo(name: MotionName): Command {
  return (state) => {
    const chosen = selection(state);
    if (chosen) return replace(state, chosen.start, chosen.end, '', 'delete');
    const target = motion(name)(state);
    if (target === state.cursor) return state;
    return replace(state, Math.min(target, state.cursor), Math.max(target, state.cursor), '', 'delete', state.last === 'delete');
  };
}

function kill(target: (state: EditorState) => number): Command {
  return (state) => {
    const to = target(state);
    if (to === state.cursor) return state;
    const start = Math.min(to, state.cursor);
    const end = Math.max(to, state.cursor);
    const killed = state.text.slice(start, end);
    const [newest = '', ...older] = state.kills;
    const joined = to < state.cursor ? killed + newest : newest + killed;
    const kills = state.last === 'kill' ? [joined, ...older] : [killed, ...state.kills].slice(0, KILLS);
    return { ...replace(state, start, end, '', 'kill'), kills };
  };
}

function changeCase(change: (word: string) => string): Command {
  return (state) => {
    const end = places.wordRight(state.text, state.cursor);
    const word = state.text.slice(state.cursor, end);
    return word === '' ? state : replace(state, state.cursor, end, change(word), 'other');
  };
}

function vertical(direction: -1 | 1): Command {
  return (state, context) => {
    const { text, cursor } = state;
    const column = state.column ?? places.columnOf(text, cursor);
    if (direction < 0) {
      if (places.isFirstLine(text, cursor)) return recallPrevious(state, context.history);
      return moveTo(state, places.offsetAtColumn(text, places.lineStart(text, cursor) - 1, column), column);
    }
    if (places.isLastLine(text, cursor)) return recallNext(state, context.history);
    return moveTo(state, places.offsetAtColumn(text, places.lineEnd(text, cursor) + 1, column), column);
  };
}

const yank: Command = (state) => {
  const [newest] = state.kills;
  if (newest === undefined) return state;
  const yanked = replace(state, state.cursor, state.cursor, newest, 'yank');
  return { ...yanked, yanked: { start: state.cursor, end: yanked.cursor, index: 0 } };
};

const yankPrevious: Command = (state) => {
  if (state.last !== 'yank' || !state.yanked) return state;
  const { start, end, index } = state.yanked;
  const next = (index + 1) % state.kills.length;
  const yanked = replace(state, start, end, state.kills[next]!, 'yank', true);
  return { ...yanked, yanked: { start, end: yanked.cursor, index: next } };
};

const undo: Command = (state) => {
  const step = state.undo.at(-1);
  if (!step) return state;
  const redo = [...state.redo, { text: state.text, cursor: state.cursor }];
  return { ...state, ...step, undo: state.undo.slice(0, -1), redo, anchor: null, column: null, last: 'other', recall: null, yanked: null };
};

const redo: Command = (state) => {
  const step = state.redo.at(-1);
  if (!step) return state;
  const done = [...state.undo, { text: state.text, cursor: state.cursor }];
  return {
    ...state,
    ...step,
    undo: done,
    redo: state.redo.slice(0, -1),
    anchor: null,
    column: null,
    last: 'other',
    recall: null,
    yanked: null,
  };
};

/** Swaps the characters around the cursor; at the end of the line the last two. */
const transpose: Command = (state) => {
  const { text, cursor } = state;
  const middle = cursor === places.lineEnd(text, cursor) ? places.previousGrapheme(text, cursor) : cursor;
  const start = places.previousGrapheme(text, middle);
  const end = places.nextGrapheme(text, middle);
  if (middle === start || middle === end || text.slice(start, end).includes('\n')) return state;
  return replace(state, start, end, text.slice(middle, end) + text.slice(start, middle), 'other');
};

/** Keeps the indentation of the line before, one step deeper inside an opened bracket. */
const newLine: Command = (state) => {
  const { text, cursor } = state;
  const before = text.slice(places.lineStart(text, cursor), cursor);
  const indent = /^[ \t]*/.exec(before)![0] + (/[[{(]\s*$/.test(before) ? INDENT : '');
  return replace(state, cursor, cursor, `\n${indent}`, 'other');
};

export type EditName =
  | MotionName
  | 'up'
  | 'down'
  | 'select-left'
  | 'select-right'
  | 'select-word-left'
  | 'select-word-right'
  | 'select-to-line-start'
  | 'select-to-line-end'
  | 'delete-left'
  | 'delete-right'
  | 'kill-word-left'
  | 'kill-blank-word-left'
  | 'kill-word-right'
  | 'kill-to-line-end'
  | 'kill-to-line-start'
  | 'yank'
  | 'yank-previous'
  | 'undo'
  | 'redo'
  | 'transpose'
  | 'upcase-word'
  | 'downcase-word'
  | 'capitalise-word'
  | 'new-line';

const EDIT_COMMANDS: Readonly<Record<EditName, Command>> = {
  left: move('left'),
  right: moveOrTake('right', (suggestion) => suggestion),
  'word-left': move('word-left'),
  'word-right': moveOrTake('word-right', (suggestion) => suggestion.slice(0, places.blankWordRight(suggestion, 0))),
  'line-start': move('line-start'),
  'line-end': moveOrTake('line-end', (suggestion) => suggestion),
  'text-start': move('text-start'),
  'text-end': move('text-end'),
  'select-left': select('left'),
  'select-right': select('right'),
  'select-word-left': select('word-left'),
  'select-word-right': select('word-right'),
  'select-to-line-start': select('line-start'),
  'select-to-line-end': select('line-end'),
  up: vertical(-1),
  down: vertical(1),
  'delete-left': deleteTo('left'),
  'delete-right': deleteTo('right'),
  'kill-word-left': kill(({ text, cursor }) => places.wordLeft(text, cursor)),
  'kill-blank-word-left': kill(({ text, cursor }) => places.blankWordLeft(text, cursor)),
  'kill-word-right': kill(({ text, cursor }) => places.wordRight(text, cursor)),
  // At the end of a line of many, the line end itself, so that lines can be joined.
  'kill-to-line-end': kill(({ text, cursor }) => Math.max(places.lineEnd(text, cursor), Math.min(cursor + 1, text.length))),
  'kill-to-line-start': kill(({ text, cursor }) => places.lineStart(text, cursor)),
  yank,
  'yank-previous': yankPrevious,
  undo,
  redo,
  transpose,
  'upcase-word': changeCase((word) => word.toUpperCase()),
  'downcase-word': changeCase((word) => word.toLowerCase()),
  'capitalise-word': changeCase((word) => word.toLowerCase().replace(/\p{L}/u, (letter) => letter.toUpperCase())),
  'new-line': newLine,
};

export function isEditName(name: string): name is EditName {
  return Object.hasOwn(EDIT_COMMANDS, name);
}

export function edit(state: EditorState, name: EditName, context: EditContext): EditorState {
  return EDIT_COMMANDS[name](state, context);
}

/** A typed character. Letters run together into one undo step, a blank begins the next; a closing bracket steps back out of its indentation. */
export function insert(state: EditorState, text: string): EditorState {
  const chosen = selection(state);
  if (chosen) return replace(state, chosen.start, chosen.end, text, 'type');
  const { cursor } = state;
  const start = places.lineStart(state.text, cursor);
  const before = state.text.slice(start, cursor);
  if (/^[}\])]$/.test(text) && start > 0 && before.endsWith(INDENT) && before.trim() === '') {
    return replace(state, cursor - INDENT.length, cursor, text, 'type');
  }
  return replace(state, cursor, cursor, text, 'type', state.last === 'type' && !/^\s/.test(text));
}

/** A paste is one edit, whatever is in it. */
export function paste(state: EditorState, text: string): EditorState {
  const chosen = selection(state) ?? { start: state.cursor, end: state.cursor };
  return replace(state, chosen.start, chosen.end, text, 'other');
}

/** Another text altogether (from $EDITOR, from the history list), undoable. */
export function setText(state: EditorState, text: string): EditorState {
  return { ...replace(state, 0, state.text.length, text, 'other'), ...remember(state, state.text === text) };
}
