/** Ink, kept on a short lead: it paints frames and nothing else. No keyboard, no signals, no width of its own. */
import { type Instance, render } from 'ink';
import { PassThrough } from 'node:stream';
import { END_UPDATE } from '../term/modes.ts';
import type { TerminalOwner } from '../term/terminal.ts';
import { GatedOutput } from './gated-output.ts';
import { EMPTY_FRAME, type Frame, Painted } from './painted.tsx';

export interface Screen {
  draw(frame: Frame): void;
  /** Writes finished output once, above the live region, which becomes `frame`. */
  print(text: string, frame: Frame): void;
  /** Pushes what is on the screen up into the scrollback and starts at the top. */
  clear(frame: Frame): void;
  /** The terminal has another size. */
  resized(frame: Frame): void;
  /** Takes the frame off the screen and lets go of the terminal. */
  close(): Promise<void>;
}

export interface ScreenOptions {
  /** Full screen of its own; what was there before comes back at the end. */
  readonly alternate: boolean;
}

/** Faster than any typist; the throttle only merges what comes within the same moment. */
const FRAMES_PER_SECOND = 500;

export function openScreen(terminal: TerminalOwner, first: Frame, { alternate }: ScreenOptions): Screen {
  const output = new GatedOutput(terminal);
  let writeAbove: ((text: string) => void) | null = null;
  const onReady = (write: (text: string) => void): void => {
    writeAbove = write;
  };
  const element = (frame: Frame): React.ReactElement => <Painted frame={frame} depth={terminal.depth} onReady={onReady} />;
  const instance: Instance = render(element(first), {
    stdout: output as unknown as NodeJS.WritableStream,
    // Not a terminal to Ink: the keyboard is ours.
    stdin: new PassThrough(),
    interactive: true,
    exitOnCtrlC: false,
    incrementalRendering: true,
    alternateScreen: alternate,
    maxFps: FRAMES_PER_SECOND,
  });
  let last = first;

  const draw = (frame: Frame): void => {
    last = frame;
    instance.rerender(element(frame));
  };

  /** Everything that `change` writes, and the frame after it, in one update. */
  const together = (change: () => void): Promise<void> => {
    const held = output.hold();
    change();
    return instance.waitUntilRenderFlush().finally(() => held[Symbol.dispose]());
  };

  return {
    draw,
    print(text, frame) {
      void together(() => {
        writeAbove?.(text.endsWith('\n') ? text : `${text}\n`);
        draw(frame);
      });
    },
    clear(frame) {
      void together(() => {
        instance.clear();
        output.write('\n'.repeat(Math.max(0, terminal.size.rows - 1)) + '\u001b[H\u001b[J');
        draw(frame);
      });
    },
    resized(frame) {
      void together(() => {
        output.emit('resize');
        draw(frame);
      });
    },
    async close() {
      const held = output.hold();
      if (!alternate) {
        draw({ ...EMPTY_FRAME, cursor: last.cursor && null });
        await instance.waitUntilRenderFlush();
        instance.clear();
      }
      instance.unmount();
      await instance.waitUntilExit();
      held[Symbol.dispose]();
      terminal.write(END_UPDATE);
    },
  };
}
