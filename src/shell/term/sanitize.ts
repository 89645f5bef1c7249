/**
 * Text that a guest may have had a hand in (names, xenstore values, the hypervisor's log) must not steer the person's terminal:
 * control characters are shown as pictures (U+2400…), colours are kept, everything else of an escape sequence becomes visible.
 */

// oxlint-disable-next-line no-control-regex
const CONTROL = /\u001b\[[0-9;:]*m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

export function pictureOf(control: string): string {
  const code = control.codePointAt(0)!;
  if (code === 0x7f) return '\u2421';
  return code < 0x20 ? String.fromCodePoint(0x2400 + code) : '\ufffd';
}

/** Keeps line ends, tabs and SGR; a carriage return before a line end is dropped. */
export function sanitize(text: string): string {
  return text.replace(/\r+\n/g, '\n').replace(CONTROL, (found) => (found.length > 1 ? found : pictureOf(found)));
}
