/**
 * Which bytes mean which key: one table for each form of sequence. Sources: ECMA-48 section 5.4, xterm's "ctlseqs" (PC-style function
 * keys, modifyOtherKeys), the Linux console's console_codes(4), rxvt's keyboard reference, kitty's "comprehensive keyboard handling".
 */

/** CSI … letter, and SS3 letter. */
export const FINAL_LETTERS: Readonly<Record<string, string>> = {
  A: 'up', B: 'down', C: 'right', D: 'left', E: 'begin', F: 'end', H: 'home',
  P: 'f1', Q: 'f2', R: 'f3', S: 'f4',
}; // prettier-ignore

/** rxvt: lower case is shift in CSI form, ctrl in SS3 form. */
export const RXVT_ARROWS: Readonly<Record<string, string>> = { a: 'up', b: 'down', c: 'right', d: 'left' };

/** CSI n ~ */
export const TILDE_NUMBERS: Readonly<Record<number, string>> = {
  1: 'home', 2: 'insert', 3: 'delete', 4: 'end', 5: 'pageup', 6: 'pagedown', 7: 'home', 8: 'end',
  11: 'f1', 12: 'f2', 13: 'f3', 14: 'f4', 15: 'f5', 17: 'f6', 18: 'f7', 19: 'f8', 20: 'f9', 21: 'f10', 23: 'f11', 24: 'f12',
  25: 'f13', 26: 'f14', 28: 'f15', 29: 'f16', 31: 'f17', 32: 'f18', 33: 'f19', 34: 'f20',
}; // prettier-ignore

/** ESC [ [ letter: the Linux console. */
export const LINUX_FUNCTION_KEYS: Readonly<Record<string, string>> = { A: 'f1', B: 'f2', C: 'f3', D: 'f4', E: 'f5' };

/** SS3 letter of the keypad in application mode: the character it stands for. */
export const KEYPAD: Readonly<Record<string, string>> = {
  ' ': ' ', j: '*', k: '+', l: ',', m: '-', n: '.', o: '/', X: '=',
  p: '0', q: '1', r: '2', s: '3', t: '4', u: '5', v: '6', w: '7', x: '8', y: '9',
}; // prettier-ignore

/** C0 controls that have a key of their own. */
export const CONTROL_KEYS: Readonly<Record<number, string>> = { 0x09: 'tab', 0x0d: 'enter', 0x1b: 'escape', 0x7f: 'backspace' };

/** CSI code u: codes that are not the character itself. */
export const KITTY_CODES: Readonly<Record<number, string>> = {
  9: 'tab', 13: 'enter', 27: 'escape', 127: 'backspace',
  57414: 'enter', 57417: 'left', 57418: 'right', 57419: 'up', 57420: 'down', 57421: 'pageup', 57422: 'pagedown',
  57423: 'home', 57424: 'end', 57425: 'insert', 57426: 'delete', 57427: 'begin',
}; // prettier-ignore

/** Keypad codes of kitty, 57399 onwards. */
export const KITTY_KEYPAD = '0123456789./*-+';
export const KITTY_KEYPAD_FIRST = 57399;
/** Kitty's private-use block: keys without a name here (media keys, modifiers alone) are swallowed. */
export const KITTY_PRIVATE: readonly [number, number] = [57344, 63743];
