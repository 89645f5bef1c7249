/** The line, its completion menu and the history search: keys in, intents out. Knows nothing of jobs, machines or screens. */
import { actionOf } from '../editor/bindings.ts';
import { edit, type EditContext, insert, isEditName, paste, setText } from '../editor/commands.ts';
import type { Found, HistorySearch } from '../editor/history-search.ts';
import { type Menu, type Offer, openMenu, step, take } from '../editor/menu.ts';
import { EMPTY, type EditorState, freshLine } from '../editor/state.ts';
import { suggestion } from '../editor/suggest.ts';
import type { InputEvent, KeyEvent } from '../term/input-event.ts';

export type Intent =
  | { readonly do: 'submit'; readonly line: string }
  | { readonly do: 'help'; readonly command: string | null }
  | { readonly do: 'interrupt' | 'leave' | 'clear-screen' | 'suspend' | 'open-editor' }
  | null;

export interface LineServices {
  history(): readonly string[];
  isComplete(text: string): boolean;
  complete(text: string, offset: number): Promise<Offer>;
  openSearch(history: readonly string[]): Promise<HistorySearch>;
  /** Something changed without a key: a completion arrived. */
  changed(): void;
}

export interface SearchState {
  readonly query: EditorState;
  readonly found: readonly Found[];
  readonly chosen: number;
}

type Mode =
  | { readonly kind: 'edit' }
  | { readonly kind: 'menu'; readonly menu: Menu }
  | { readonly kind: 'search'; readonly search: SearchState; readonly engine: HistorySearch | null };

const EDIT: Mode = { kind: 'edit' };
const SEARCH_RESULTS = 50;

export class LineInput {
  editor: EditorState = EMPTY;
  mode: Mode = EDIT;
  readonly #services: LineServices;
  /** The completion that is being looked up: another key makes it stale, another Tab moves on in the menu to come. */
  #lookUp: { steps: number } | null = null;

  constructor(services: LineServices) {
    this.#services = services;
  }

  get suggestion(): string {
    return this.mode.kind === 'edit' ? suggestion(this.editor, this.#services.history()) : '';
  }

  key(event: InputEvent): Intent {
    if (event.kind === 'focus') return null;
    const action = event.kind === 'key' ? actionOf(event.chord) : null;
    if (this.#lookUp && (action === 'complete' || action === 'complete-back')) {
      this.#lookUp.steps += action === 'complete' ? 1 : -1;
      return null;
    }
    this.#lookUp = null;
    if (this.mode.kind === 'search') return this.#searchKey(event, this.mode);
    if (this.mode.kind === 'menu') {
      const done = this.#menuKey(event, this.mode.menu);
      if (done) return null;
    }
    if (event.kind === 'paste') {
      this.editor = paste(this.editor, event.text);
      return null;
    }
    return this.#editKey(event);
  }

  /** The next line begins. */
  fresh(text = ''): void {
    this.editor = freshLine(this.editor, text);
    this.mode = EDIT;
  }

  setText(text: string): void {
    this.editor = setText(this.editor, text);
    this.mode = EDIT;
  }

  #context(): EditContext {
    return { history: this.#services.history(), suggestion: this.suggestion };
  }

  #editKey(event: KeyEvent): Intent {
    if (event.chord === '?' && this.editor.text === '') return { do: 'help', command: null };
    if (event.text !== '') {
      this.editor = insert(this.editor, event.text);
      return null;
    }
    const action = actionOf(event.chord);
    if (action === null) return null;
    if (isEditName(action)) {
      this.editor = edit(this.editor, action, this.#context());
      return null;
    }
    switch (action) {
      case 'submit':
        return this.#submit();
      case 'complete':
      case 'complete-back':
        this.#complete(action === 'complete' ? 1 : -1);
        return null;
      case 'search-history':
        this.#openSearch();
        return null;
      case 'delete-or-leave':
        if (this.editor.text === '') return { do: 'leave' };
        this.editor = edit(this.editor, 'delete-right', this.#context());
        return null;
      case 'help':
        return { do: 'help', command: /^\s*(?:x[ml]\s+)?([a-z][a-z-]*)/.exec(this.editor.text)?.[1] ?? null };
      case 'escape':
        return null;
      default:
        return { do: action };
    }
  }

  #submit(): Intent {
    const { text } = this.editor;
    if (!this.#services.isComplete(text)) {
      this.editor = edit(this.editor, 'new-line', this.#context());
      return null;
    }
    this.fresh();
    return { do: 'submit', line: text };
  }

  #complete(direction: 1 | -1): void {
    const { text, cursor } = this.editor;
    const before = text.slice(text.lastIndexOf('\n', cursor - 1) + 1, cursor);
    if (before.trim() === '' && text.includes('\n')) {
      this.editor = insert(this.editor, '  ');
      return;
    }
    const lookUp = { steps: direction < 0 ? -1 : 0 };
    this.#lookUp = lookUp;
    void this.#services.complete(text, cursor).then((offer) => {
      if (this.#lookUp !== lookUp) return;
      this.#lookUp = null;
      const opened = openMenu(this.editor, offer);
      this.editor = opened.state;
      this.mode = opened.menu ? { kind: 'menu', menu: opened.menu } : EDIT;
      for (let left = Math.abs(lookUp.steps); left > 0 && this.mode.kind === 'menu'; left--)
        this.#step(this.mode.menu, Math.sign(lookUp.steps));
      this.#services.changed();
    });
  }

  #step(menu: Menu, by: number): void {
    const stepped = step(menu, by);
    this.editor = stepped.state;
    this.mode = { kind: 'menu', menu: stepped.menu };
  }

  /** True: the key belonged to the menu. Any other key takes the choice and goes on as usual. */
  #menuKey(event: InputEvent, menu: Menu): boolean {
    const chord = event.kind === 'key' ? event.chord : '';
    const action = actionOf(chord);
    if (action === 'complete' || action === 'down') {
      this.#step(menu, 1);
      return true;
    }
    if (action === 'complete-back' || action === 'up') {
      this.#step(menu, -1);
      return true;
    }
    this.mode = EDIT;
    if (action === 'escape') {
      this.editor = menu.original;
      return true;
    }
    const chosen = menu.chosen >= 0;
    // Typing on ('/', '=', a blank) replaces what the item would have put behind itself.
    if (chosen && (action === 'submit' || action === 'right')) this.editor = take(menu, this.editor);
    return chosen && (action === 'submit' || action === 'right');
  }

  #openSearch(): void {
    const query = freshLine(this.editor, this.editor.text.includes('\n') ? '' : this.editor.text);
    this.mode = { kind: 'search', search: { query, found: [], chosen: 0 }, engine: null };
    void this.#services.openSearch(this.#services.history()).then((engine) => {
      if (this.mode.kind !== 'search') return;
      this.mode = { ...this.mode, engine };
      this.#find(this.mode.search.query, engine);
      this.#services.changed();
    });
  }

  #find(query: EditorState, engine: HistorySearch | null): void {
    const found = engine?.find(query.text, SEARCH_RESULTS) ?? [];
    this.mode = { kind: 'search', search: { query, found, chosen: 0 }, engine };
  }

  #searchKey(event: InputEvent, mode: Extract<Mode, { kind: 'search' }>): Intent {
    const { search, engine } = mode;
    if (event.kind === 'paste') {
      this.#find(paste(search.query, event.text.replaceAll('\n', ' ')), engine);
      return null;
    }
    if (event.kind !== 'key') return null;
    if (event.text !== '') {
      this.#find(insert(search.query, event.text), engine);
      return null;
    }
    const action = actionOf(event.chord);
    const move = (by: number): null => {
      const chosen = Math.max(0, Math.min(search.found.length - 1, search.chosen + by));
      this.mode = { ...mode, search: { ...search, chosen } };
      return null;
    };
    switch (action) {
      case 'search-history':
      case 'down':
        return move(1);
      case 'up':
        return move(-1);
      case 'submit':
      case 'complete':
      case 'right': {
        const line = search.found[search.chosen]?.line;
        this.mode = EDIT;
        if (line !== undefined) this.setText(line);
        return null;
      }
      case 'escape':
      case 'interrupt':
      case 'delete-or-leave':
        this.mode = EDIT;
        return null;
      default:
        if (action !== null && isEditName(action) && action !== 'new-line') {
          this.#find(edit(search.query, action, { history: [], suggestion: '' }), engine);
        }
        return null;
    }
  }
}
