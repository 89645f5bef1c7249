/** The completion menu: a list, the choice in it, and the text it is tried out on. Pure. */
import { type EditorState, replace } from './state.ts';

export interface MenuItem {
  readonly text: string;
  readonly detail: string;
  readonly kind: string;
  /** Written behind the item once it is taken: ' ', '/', '='. */
  readonly append: string;
}

export interface Menu {
  readonly items: readonly MenuItem[];
  /** −1: nothing chosen yet. */
  readonly chosen: number;
  readonly start: number;
  /** The line as it was before the menu tried anything. */
  readonly original: EditorState;
  readonly end: number;
}

export interface Offer {
  readonly start: number;
  readonly end: number;
  readonly items: readonly MenuItem[];
}

/** Nothing to offer leaves the line alone; one item is taken; several first fill in what they have in common, then open the menu. */
export function openMenu(state: EditorState, { start, end, items }: Offer): { readonly state: EditorState; readonly menu: Menu | null } {
  const [only, second] = items;
  if (!only) return { state, menu: null };
  if (!second) return { state: replace(state, start, end, only.text + appended(only, state.text, end), 'other'), menu: null };
  const common = commonStart(items.map(({ text }) => text));
  const typed = state.text.slice(start, end);
  const filled = common.length > typed.length && common.startsWith(typed) ? replace(state, start, end, common, 'other') : state;
  const grown = filled === state ? end : start + common.length;
  return { state: filled, menu: { items, chosen: -1, start, end: grown, original: filled } };
}

/** The next or the one before, round and round; the choice is tried out in the line. */
export function step(menu: Menu, by: number): { readonly state: EditorState; readonly menu: Menu } {
  const { items, original, start, end } = menu;
  const from = menu.chosen < 0 && by < 0 ? 0 : menu.chosen;
  const chosen = (from + by + items.length) % items.length;
  return { state: replace(original, start, end, items[chosen]!.text, 'other'), menu: { ...menu, chosen } };
}

/** What the chosen item wants behind it is added when the menu closes. */
export function take(menu: Menu, state: EditorState): EditorState {
  const item = menu.items[menu.chosen];
  if (!item) return state;
  const extra = appended(item, state.text, state.cursor);
  return extra === '' ? state : replace(state, state.cursor, state.cursor, extra, 'other', true);
}

/** Not twice: a blank that already stands there is enough. */
function appended(item: MenuItem, text: string, at: number): string {
  return item.append !== '' && text.startsWith(item.append, at) ? '' : item.append;
}

function commonStart(texts: readonly string[]): string {
  let common = texts[0] ?? '';
  for (const text of texts) {
    let length = 0;
    while (length < common.length && common[length] === text[length]) length++;
    common = common.slice(0, length);
  }
  return common;
}
