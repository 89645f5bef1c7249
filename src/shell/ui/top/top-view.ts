/** top on its own screen, until the person leaves it. */
import type { Toolstack } from '../../../dom0/toolstack/types.ts';
import type { TerminalOwner } from '../../term/terminal.ts';
import type { Frame } from '../painted.tsx';
import { openScreen } from '../screen.tsx';
import { addSample, NO_DATA, type TopData } from './samples.ts';
import { topFrame } from './top-frame.ts';
import { initialTop, topKey, type TopState } from './top-state.ts';

/** The first two samples come close together, so that CPU use is there at once. */
const FIRST_INTERVAL_MS = 200;

export async function showTop(terminal: TerminalOwner, toolstack: Toolstack, { delayMs }: { readonly delayMs: number }): Promise<void> {
  let data: TopData = NO_DATA;
  let state: TopState = initialTop(delayMs);
  let trouble: string | null = null;
  let stream: AsyncIterator<unknown> | null = null;
  let open = true;

  const frame = (): Frame => topFrame({ data, state, size: terminal.size, time: new Date().toTimeString().slice(0, 8), trouble });
  let screen = openScreen(terminal, frame(), { alternate: true });
  const draw = (): void => {
    if (open) screen.draw(frame());
  };

  /** Reads samples until another reader takes over; the picture stands still while it is paused. */
  const read = async (intervalMs: number, count: number): Promise<void> => {
    const samples = toolstack.samples(intervalMs)[Symbol.asyncIterator]();
    void stream?.return?.();
    stream = samples;
    try {
      for (let taken = 0; taken < count; taken++) {
        const next = await samples.next();
        if (next.done || stream !== samples || !open) return;
        if (state.paused) continue;
        data = addSample(data, next.value);
        draw();
      }
      void read(state.delayMs, Number.POSITIVE_INFINITY);
    } catch (error) {
      if (stream !== samples) return;
      trouble = `no more samples: ${error instanceof Error ? error.message : String(error)}`;
      draw();
    }
  };

  /** Repainting from nothing: the alternate screen is entered anew. */
  const repaint = async (between: () => Promise<void>): Promise<void> => {
    open = false;
    await screen.close();
    await between();
    screen = openScreen(terminal, frame(), { alternate: true });
    open = true;
  };

  await new Promise<void>((quit) => {
    const focus = terminal.focus({
      kind: 'keys',
      key(event) {
        const { state: next, effect } = topKey(state, event);
        state = next;
        if (effect === 'quit') leave();
        else if (effect === 'new-delay') void read(state.delayMs, Number.POSITIVE_INFINITY);
        else if (effect === 'repaint') void repaint(() => Promise.resolve());
        else if (effect === 'stop') void repaint(() => terminal.stop());
        draw();
      },
    });
    const resize = terminal.onResize(() => {
      if (open) screen.resized(frame());
    });
    const closed = terminal.onClosed(() => leave());
    const leave = (): void => {
      for (const one of [focus, resize, closed]) one[Symbol.dispose]();
      quit();
    };
    void read(Math.min(FIRST_INTERVAL_MS, delayMs), 2);
  });
  open = false;
  void (stream as AsyncIterator<unknown> | null)?.return?.();
  stream = null;
  await screen.close();
}
