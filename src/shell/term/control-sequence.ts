/** A complete CSI or SS3 sequence → a key. Anything else that terminals send (answers, mouse reports) is known and swallowed. */
import { characterKey, type InputEvent, type Modifiers, namedKey, NO_MODIFIERS } from './input-event.ts';
import {
  FINAL_LETTERS,
  KEYPAD,
  KITTY_CODES,
  KITTY_KEYPAD,
  KITTY_KEYPAD_FIRST,
  KITTY_PRIVATE,
  LINUX_FUNCTION_KEYS,
  RXVT_ARROWS,
  TILDE_NUMBERS,
} from './key-codes.ts';

/** The parameter is 1 + a mask: 1 shift, 2 alt, 4 ctrl, 8 super, 16 hyper, 32 meta (read as alt), 64 and 128 locks. */
function modifiersOf(parameter: number): Modifiers {
  const mask = Math.max(0, parameter - 1);
  return { shift: (mask & 1) !== 0, alt: (mask & (2 | 32)) !== 0, ctrl: (mask & 4) !== 0 };
}

const RELEASE = 3;

/** "1;5:3" → [[1], [5, 3]]; an empty parameter is 0. */
function parametersOf(text: string): number[][] {
  return text.split(';').map((parameter) => parameter.split(':').map((part) => Number.parseInt(part, 10) || 0));
}

/** The key with this Unicode code, as kitty and modifyOtherKeys report it. */
function keyWithCode(code: number, modifiers: Modifiers): InputEvent | null {
  const name = KITTY_CODES[code];
  if (name !== undefined) return namedKey(name, modifiers);
  const keypad = KITTY_KEYPAD[code - KITTY_KEYPAD_FIRST];
  if (keypad !== undefined) return characterKey(keypad, modifiers);
  if (code < 0x20 || code > 0x10ffff || (code >= KITTY_PRIVATE[0] && code <= KITTY_PRIVATE[1]) || (code >= 0xd800 && code <= 0xdfff))
    return null;
  return characterKey(String.fromCodePoint(code), modifiers);
}

function kittyKey(parameters: number[][]): InputEvent | null {
  const [codes = [0], modifierParts = [1]] = parameters;
  if (modifierParts[1] === RELEASE) return null;
  const modifiers = modifiersOf(modifierParts[0] || 1);
  const code = modifiers.shift && !modifiers.ctrl && codes[1] ? codes[1] : codes[0]!;
  return keyWithCode(code, modifiers);
}

/** `final` of a CSI with its parameter bytes ("1;5") and intermediates; null: known or unknown, not a key. */
export function csiKey(parameterText: string, intermediates: string, final: string): InputEvent | null {
  if (intermediates !== '' || /^[<=>?]/.test(parameterText)) return null;
  const parameters = parametersOf(parameterText);
  const first = parameters[0]![0]!;
  const second = parameters[1]?.[0] || 1;
  if (parameters[1]?.[1] === RELEASE) return null;
  const modifiers = modifiersOf(second);
  switch (final) {
    case '~': {
      if (first === 27 && parameters[2]) return keyWithCode(parameters[2][0]!, modifiers);
      const name = TILDE_NUMBERS[first];
      return name === undefined ? null : namedKey(name, modifiers);
    }
    case '^':
    case '@': {
      const name = TILDE_NUMBERS[first];
      return name === undefined ? null : namedKey(name, { ...NO_MODIFIERS, ctrl: true, shift: final === '@' });
    }
    case 'u':
      return kittyKey(parameters);
    case 'Z':
      return namedKey('tab', { ...modifiers, shift: true });
    case 'I':
    case 'O':
      return parameterText === '' ? { kind: 'focus', gained: final === 'I' } : null;
    default: {
      const rxvt = RXVT_ARROWS[final];
      if (rxvt !== undefined) return parameterText === '' ? namedKey(rxvt, { ...NO_MODIFIERS, shift: true }) : null;
      const name = FINAL_LETTERS[final];
      // A cursor position report ends in R as F3 does: only `1;MODIFIER R` and a bare R are keys.
      if (name === undefined || (final === 'R' && parameterText !== '' && (first !== 1 || second > 16))) return null;
      return namedKey(name, modifiers);
    }
  }
}

/** ESC O letter; a digit before the letter is a modifier (old xterm and gnome-terminal). */
export function ss3Key(modifierDigit: string, letter: string): InputEvent | null {
  const modifiers = modifierDigit === '' ? NO_MODIFIERS : modifiersOf(Number(modifierDigit));
  if (letter === 'M') return namedKey('enter', modifiers);
  if (letter === 'I') return namedKey('tab', modifiers);
  const rxvt = RXVT_ARROWS[letter];
  if (rxvt !== undefined) return namedKey(rxvt, { ...modifiers, ctrl: true });
  const name = FINAL_LETTERS[letter];
  if (name !== undefined) return namedKey(name, modifiers);
  const character = KEYPAD[letter];
  return character === undefined ? null : characterKey(character, modifiers);
}

export function linuxFunctionKey(letter: string): InputEvent | null {
  const name = LINUX_FUNCTION_KEYS[letter];
  return name === undefined ? null : namedKey(name);
}
