/**
 * The console of a guest, byte for byte: what it printed from its first byte, then what it prints; keys go to it as they come, except
 * the one that leaves. Ink is not on the screen meanwhile.
 */
import type { ConsoleStream } from '../../dom0/toolstack/types.ts';
import { sanitize } from '../term/sanitize.ts';
import { BRACKETED_PASTE_OFF, BRACKETED_PASTE_ON, LEAVE_ALTERNATE_SCREEN, TAME_TERMINAL } from '../term/modes.ts';
import { paint, run } from '../term/style.ts';
import type { TerminalOwner } from '../term/terminal.ts';

/** Ctrl-], as xenconsole and telnet. */
const LEAVE_KEY = 0x1d;

export async function showConsole(terminal: TerminalOwner, stream: ConsoleStream, name: string): Promise<'detached' | 'domain-gone'> {
  const say = (text: string): void => terminal.write(paint([run(sanitize(text), 'dim')], terminal.depth) + '\r\n');
  const traces = createTraces();
  const { promise: left, resolve: resolveLeft } = Promise.withResolvers<'detached'>();

  say(`── console of ${name} · Ctrl-] leaves ──`);
  terminal.write(BRACKETED_PASTE_OFF);
  const focus = terminal.focus({
    kind: 'bytes',
    bytes(chunk) {
      const at = chunk.indexOf(LEAVE_KEY);
      const keys = at < 0 ? chunk : chunk.subarray(0, at);
      // A guest that is gone takes no more keys; that it is gone is said below.
      if (keys.length > 0) stream.write(new Uint8Array(keys)).catch(() => undefined);
      if (at < 0) return undefined;
      resolveLeft('detached');
      focus[Symbol.dispose]();
      return at + 1;
    },
  });
  const closed = terminal.onClosed(() => resolveLeft('detached'));

  let attached = true;
  const copy = async (): Promise<'domain-gone'> => {
    for await (const chunk of stream.output) {
      if (!attached) break;
      traces.see(chunk);
      terminal.write(chunk);
      // A guest that prints without end must not fill our memory.
      await Promise.race([terminal.drained(), left]);
    }
    return 'domain-gone';
  };

  try {
    return await Promise.race([copy(), left]).then((why) => {
      attached = false;
      terminal.write(traces.ending(terminal.size.rows) + TAME_TERMINAL + BRACKETED_PASTE_ON);
      say(why === 'detached' ? `── left the console of ${name}; it runs on ──` : `── ${name} has ended ──`);
      return why;
    });
  } finally {
    attached = false;
    closed[Symbol.dispose]();
    focus[Symbol.dispose]();
    await stream.close().catch(() => undefined);
  }
}

/* oxlint-disable no-control-regex -- escape sequences are what this looks for */
const ALTERNATE_SCREEN = /\u001b\[\?(?:1049|1047|47)([hl])/g;
const CURSOR_ADDRESS = /\u001b\[\d*;?\d*[Hf]/;
const SEQUENCE = /\u001b\[[0-9;?]*[A-Za-z]/g;
const OPEN_SEQUENCE = /\u001b[^A-Za-z]*$/;
/* oxlint-enable no-control-regex */

interface Traces {
  see(chunk: Uint8Array): void;
  /** What to write so that our own output begins on a line of its own, below what the guest drew. */
  ending(rows: number): string;
}

/** Watches what the guest does to the screen, without a terminal emulator: is it on the alternate screen, did it address the cursor, where does its last line stand. */
function createTraces(): Traces {
  let alternate = false;
  let addressed = false;
  let lineOpen = false;
  let carry = '';
  return {
    see(chunk) {
      const text = carry + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
      for (const [, set] of text.matchAll(ALTERNATE_SCREEN)) alternate = set === 'h';
      addressed ||= CURSOR_ADDRESS.test(text);
      const shown = text.replace(SEQUENCE, '');
      if (shown !== '') lineOpen = !/\n\r?$/.test(shown);
      carry = OPEN_SEQUENCE.exec(text)?.[0].slice(0, 32) ?? '';
    },
    ending(rows) {
      if (alternate) return `${LEAVE_ALTERNATE_SCREEN}\r\n`;
      if (addressed) return `\u001b[${rows};1H\r\n`;
      return lineOpen ? '\r\n' : '';
    },
  };
}
