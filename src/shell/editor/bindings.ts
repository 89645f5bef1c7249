/** Keys, in one table: the decoder's chords → actions. The key list in the help is printed from it. */
import type { EditName } from './commands.ts';

/** What the shell itself does, beyond editing the line. */
export type ShellAction =
  | 'submit'
  | 'complete'
  | 'complete-back'
  | 'search-history'
  | 'interrupt'
  | 'delete-or-leave'
  | 'clear-screen'
  | 'suspend'
  | 'open-editor'
  | 'help'
  | 'escape';

export interface Binding {
  readonly chords: readonly string[];
  readonly action: EditName | ShellAction;
  /** Shown in the key list; bindings without are known to hands that know them. */
  readonly help?: string;
}

export const BINDINGS: readonly Binding[] = [
  { chords: ['enter', 'ctrl+j', 'ctrl+m'], action: 'submit', help: 'run, or continue the line' },
  { chords: ['alt+enter', 'shift+enter', 'ctrl+o'], action: 'new-line', help: 'new line' },
  { chords: ['tab', 'ctrl+i'], action: 'complete', help: 'complete; again: next' },
  { chords: ['shift+tab'], action: 'complete-back' },
  { chords: ['ctrl+r'], action: 'search-history', help: 'search history' },
  { chords: ['up', 'ctrl+p'], action: 'up', help: 'line above, then history' },
  { chords: ['down', 'ctrl+n'], action: 'down' },
  { chords: ['right', 'ctrl+f'], action: 'right', help: 'take the suggestion' },
  { chords: ['alt+right', 'ctrl+right', 'alt+f'], action: 'word-right', help: 'one word of it' },
  { chords: ['left', 'ctrl+b'], action: 'left' },
  { chords: ['alt+left', 'ctrl+left', 'alt+b'], action: 'word-left' },
  { chords: ['ctrl+a', 'home'], action: 'line-start', help: 'start of the line' },
  { chords: ['ctrl+e', 'end'], action: 'line-end', help: 'end of the line' },
  { chords: ['alt+<', 'ctrl+home'], action: 'text-start' },
  { chords: ['alt+>', 'ctrl+end'], action: 'text-end' },
  { chords: ['shift+left'], action: 'select-left' },
  { chords: ['shift+right'], action: 'select-right' },
  { chords: ['ctrl+shift+left', 'alt+shift+left'], action: 'select-word-left' },
  { chords: ['ctrl+shift+right', 'alt+shift+right'], action: 'select-word-right' },
  { chords: ['shift+home'], action: 'select-to-line-start' },
  { chords: ['shift+end'], action: 'select-to-line-end' },
  { chords: ['backspace', 'ctrl+h', 'shift+backspace'], action: 'delete-left' },
  { chords: ['delete'], action: 'delete-right' },
  { chords: ['ctrl+w'], action: 'kill-blank-word-left', help: 'cut the word before' },
  { chords: ['alt+backspace', 'ctrl+alt+h', 'ctrl+backspace'], action: 'kill-word-left' },
  { chords: ['alt+d', 'ctrl+delete', 'alt+delete'], action: 'kill-word-right', help: 'cut the word behind' },
  { chords: ['ctrl+k'], action: 'kill-to-line-end', help: 'cut to the line end' },
  { chords: ['ctrl+u'], action: 'kill-to-line-start', help: 'cut to the line start' },
  { chords: ['ctrl+y'], action: 'yank', help: 'put back what was cut' },
  { chords: ['alt+y'], action: 'yank-previous', help: 'then what was cut earlier' },
  { chords: ['ctrl+_', 'ctrl+/'], action: 'undo', help: 'undo' },
  { chords: ['alt+_', 'alt+/'], action: 'redo', help: 'redo' },
  { chords: ['ctrl+t'], action: 'transpose' },
  { chords: ['alt+u'], action: 'upcase-word' },
  { chords: ['alt+l'], action: 'downcase-word' },
  { chords: ['alt+c'], action: 'capitalise-word' },
  { chords: ['alt+e'], action: 'open-editor', help: 'edit in $EDITOR' },
  { chords: ['ctrl+c'], action: 'interrupt', help: 'cancel what runs; clear' },
  { chords: ['ctrl+d'], action: 'delete-or-leave', help: 'leave, on an empty line' },
  { chords: ['ctrl+z'], action: 'suspend', help: 'background; stop the shell' },
  { chords: ['ctrl+l'], action: 'clear-screen', help: 'clear the screen' },
  { chords: ['f1'], action: 'help', help: 'help on what is typed' },
  { chords: ['escape', 'ctrl+g'], action: 'escape' },
];

const ACTIONS: ReadonlyMap<string, Binding['action']> = new Map(
  BINDINGS.flatMap(({ chords, action }) => chords.map((chord) => [chord, action] as const)),
);

export function actionOf(chord: string): Binding['action'] | null {
  return ACTIONS.get(chord) ?? null;
}

/** 'ctrl+alt+b' → 'Ctrl-Alt-B', as people write keys. */
export function keyLabel(chord: string): string {
  return chord
    .split(/\+(?=.)/)
    .map((part) => (part.length === 1 ? part.toUpperCase() : part[0]!.toUpperCase() + part.slice(1)))
    .join('-');
}
