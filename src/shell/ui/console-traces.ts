/**
 * Watches what a guest does to the screen, without being a terminal: so that what stood there before is not lost when the guest clears
 * it, and what we say afterwards begins on a line of its own.
 */
import { LEAVE_ALTERNATE_SCREEN } from '../term/modes.ts';

export interface ConsoleTraces {
  /** What to write before this chunk: nothing, or what moves the person's screen up into the scrollback before the guest first clears it. */
  before(chunk: Uint8Array, rows: number): string;
  /** What to write when the guest no longer has the screen. */
  ending(): string;
}

/* oxlint-disable no-control-regex -- escape sequences are what this looks for */
const ALTERNATE_SCREEN = /\u001b\[\?(?:1049|1047|47)([hl])/g;
const CURSOR_ADDRESS = /\u001b\[\d*;?\d*[Hf]/;
const CLEAR = /\u001b\[2J|\u001b\[(?:1;1)?[Hf](?:\u001b\[[\d;]*m)*\u001b\[0?J|\u001bc/;
const SEQUENCE = /\u001b\[[0-9;?]*[A-Za-z]/g;
const OPEN_SEQUENCE = /\u001b[^A-Za-z]*$/;
/* oxlint-enable no-control-regex */
const LONGEST_CARRY = 32;

export function createConsoleTraces(): ConsoleTraces {
  let alternate = false;
  let addressed = false;
  let cleared = false;
  let lineOpen = false;
  let carry = '';
  return {
    before(chunk, rows) {
      const text = carry + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
      const saved = !cleared && !alternate && CLEAR.test(text);
      cleared ||= saved;
      for (const [, set] of text.matchAll(ALTERNATE_SCREEN)) alternate = set === 'h';
      addressed ||= CURSOR_ADDRESS.test(text);
      const shown = text.replace(SEQUENCE, '');
      if (shown !== '') lineOpen = !/\n\r?$/.test(shown);
      carry = OPEN_SEQUENCE.exec(text)?.[0].slice(0, LONGEST_CARRY) ?? '';
      return saved ? '\r\n'.repeat(Math.max(0, rows - 1)) : '';
    },
    ending() {
      if (alternate) return `${LEAVE_ALTERNATE_SCREEN}\r\n`;
      // The cursor may stand anywhere in what the guest has drawn: what is below it goes.
      if (addressed) return '\r\n\u001b[J';
      return lineOpen ? '\r\n' : '';
    },
  };
}
