/** What the keyboard decoder delivers. */

export interface KeyEvent {
  readonly kind: 'key';
  /** Canonical name: 'a', 'ctrl+c', 'alt+enter', 'shift+tab', 'ctrl+alt+left', 'f5'. Modifiers stand in this order: ctrl, alt, shift. */
  readonly chord: string;
  /** What a text field would insert; '' for keys that are not text. */
  readonly text: string;
}

export interface PasteEvent {
  readonly kind: 'paste';
  /** Line ends are '\n'. */
  readonly text: string;
}

export interface FocusEvent {
  readonly kind: 'focus';
  readonly gained: boolean;
}

export type InputEvent = KeyEvent | PasteEvent | FocusEvent;

export interface Modifiers {
  readonly shift: boolean;
  readonly alt: boolean;
  readonly ctrl: boolean;
}

export const NO_MODIFIERS: Modifiers = { shift: false, alt: false, ctrl: false };

function prefixOf({ ctrl, alt, shift }: Modifiers): string {
  return (ctrl ? 'ctrl+' : '') + (alt ? 'alt+' : '') + (shift ? 'shift+' : '');
}

/** A key that is not text: 'up', 'f1', 'enter'. */
export function namedKey(name: string, modifiers: Modifiers = NO_MODIFIERS): KeyEvent {
  return { kind: 'key', chord: prefixOf(modifiers) + name, text: '' };
}

/** A character; shift is part of the character already, except together with ctrl. */
export function characterKey(character: string, modifiers: Modifiers = NO_MODIFIERS): KeyEvent {
  if (!modifiers.ctrl && !modifiers.alt) return { kind: 'key', chord: character === ' ' ? 'space' : character, text: character };
  const name = character === ' ' ? 'space' : modifiers.ctrl ? character.toLowerCase() : character;
  return { kind: 'key', chord: prefixOf({ ...modifiers, shift: modifiers.ctrl && modifiers.shift }) + name, text: '' };
}
