/**
 * The console of a guest, byte for byte: what it printed from its first byte, then what it prints; keys go to it as they come, except
 * the one that leaves. Ink is not on the screen meanwhile.
 */
import type { ConsoleStream } from '../../dom0/toolstack/types.ts';
import { sanitize } from '../term/sanitize.ts';
import { BRACKETED_PASTE_OFF, BRACKETED_PASTE_ON, TAME_TERMINAL } from '../term/modes.ts';
import { paint, run } from '../term/style.ts';
import type { TerminalOwner } from '../term/terminal.ts';
import { createConsoleTraces } from './console-traces.ts';

/** Ctrl-], as xenconsole and telnet. */
const LEAVE_KEY = 0x1d;

export async function showConsole(terminal: TerminalOwner, stream: ConsoleStream, name: string): Promise<'detached' | 'domain-gone'> {
  const say = (text: string): void => terminal.write(paint([run(sanitize(text), 'dim')], terminal.depth) + '\r\n');
  const traces = createConsoleTraces();
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
      const before = traces.before(chunk, terminal.size.rows);
      if (before !== '') terminal.write(before);
      terminal.write(chunk);
      // A guest that prints without end must not fill our memory.
      await Promise.race([terminal.drained(), left]);
    }
    return 'domain-gone';
  };

  try {
    return await Promise.race([copy(), left]).then((why) => {
      attached = false;
      terminal.write(traces.ending() + TAME_TERMINAL + BRACKETED_PASTE_ON);
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
