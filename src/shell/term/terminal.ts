/**
 * The terminal, owned: raw mode, one decoder for all input, focus that is handed on like a baton, and a promise that the terminal is
 * given back as it was found, whatever happens.
 */
import { colourDepth, type ColourDepth } from './colour.ts';
import { createDecoder, type Decoder } from './decoder.ts';
import { type InputEvent, namedKey } from './input-event.ts';
import { BRACKETED_PASTE_OFF, BRACKETED_PASTE_ON, RESET_STYLE, SHOW_CURSOR } from './modes.ts';

/** Long enough for a sequence cut by a slow line, short enough that Escape feels immediate. */
const ESCAPE_DELAY_MS = 40;
const PASTE_STALLED_MS = 1000;
/** A stopped process comes back with SIGCONT; where nothing can stop us (no job control) we go on after this. */
const STOP_REFUSED_MS = 150;

export interface TerminalInput extends NodeJS.ReadableStream {
  isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  ref?(): unknown;
  unref?(): unknown;
}

export interface TerminalOutput extends NodeJS.WritableStream {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

/** Who gets the input. Bytes: as they come; a returned number is how many of them were taken, the rest goes to who has the focus then. */
export type InputTarget =
  | { readonly kind: 'keys'; key(event: InputEvent): void }
  | { readonly kind: 'bytes'; bytes(chunk: Uint8Array): number | undefined };

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export type Closed = 'input-ended' | 'output-broken' | 'SIGTERM' | 'SIGHUP';

export interface TerminalOwner extends Disposable {
  readonly size: Size;
  readonly depth: ColourDepth;
  readonly output: TerminalOutput;
  /** Null while it is open. */
  readonly closed: Closed | null;
  write(text: string | Uint8Array): void;
  /** Resolves when what was written has left: how a flood of guest output is held back. */
  drained(): Promise<void>;
  /** Input goes to `target` until disposed; then to who had it before. With nobody there it waits. */
  focus(target: InputTarget): Disposable;
  onResize(listener: () => void): Disposable;
  onClosed(listener: (why: Closed) => void): Disposable;
  /** SIGTSTP from outside: the listener tidies the screen and calls `stop`. */
  onStopRequest(listener: () => void): Disposable;
  /** Gives the terminal back, lets `work` have it, takes it again. */
  lend<T>(work: () => Promise<T>): Promise<T>;
  /** Stops the process group as Ctrl-Z does; resolves when it runs again. */
  stop(): Promise<void>;
}

export interface TerminalOptions {
  readonly stdin?: TerminalInput;
  readonly stdout?: TerminalOutput;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export function openTerminal({ stdin = process.stdin, stdout = process.stdout, env = process.env }: TerminalOptions = {}): TerminalOwner {
  return new Owner(stdin, stdout, colourDepth(env));
}

class Listeners<A extends readonly unknown[]> {
  readonly #all = new Set<(...args: A) => void>();
  get size(): number {
    return this.#all.size;
  }
  add(listener: (...args: A) => void): Disposable {
    this.#all.add(listener);
    return { [Symbol.dispose]: () => void this.#all.delete(listener) };
  }
  tell(...args: A): void {
    for (const listener of this.#all) listener(...args);
  }
}

class Owner implements TerminalOwner {
  readonly depth: ColourDepth;
  readonly output: TerminalOutput;
  closed: Closed | null = null;
  readonly #input: TerminalInput;
  readonly #decoder: Decoder = createDecoder();
  readonly #targets: InputTarget[] = [];
  readonly #resize = new Listeners<[]>();
  readonly #closing = new Listeners<[Closed]>();
  readonly #stopRequest = new Listeners<[]>();
  readonly #undo: (() => void)[] = [];
  #waiting: Uint8Array[] = [];
  #escapeTimer: NodeJS.Timeout | null = null;
  #taken = false;
  #disposed = false;

  constructor(input: TerminalInput, output: TerminalOutput, depth: ColourDepth) {
    this.#input = input;
    this.output = output;
    this.depth = depth;
    this.#listen();
    this.#take();
  }

  get size(): Size {
    return { columns: this.output.columns || 80, rows: this.output.rows || 24 };
  }

  write(text: string | Uint8Array): void {
    if (this.closed === 'output-broken') return;
    this.output.write(text);
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      // Writes to a terminal are synchronous: without a turn of the event loop no key would ever be read.
      const turn = (): void => void setImmediate(resolve);
      if (this.closed === 'output-broken') turn();
      else this.output.write('', turn);
    });
  }

  focus(target: InputTarget): Disposable {
    this.#targets.push(target);
    this.#deliverWaiting();
    return {
      [Symbol.dispose]: () => {
        const at = this.#targets.lastIndexOf(target);
        if (at >= 0) this.#targets.splice(at, 1);
        this.#deliverWaiting();
      },
    };
  }

  onResize(listener: () => void): Disposable {
    return this.#resize.add(listener);
  }

  onClosed(listener: (why: Closed) => void): Disposable {
    return this.#closing.add(listener);
  }

  onStopRequest(listener: () => void): Disposable {
    return this.#stopRequest.add(listener);
  }

  async lend<T>(work: () => Promise<T>): Promise<T> {
    this.#giveBack();
    this.#input.pause();
    try {
      return await work();
    } finally {
      this.#take();
    }
  }

  stop(): Promise<void> {
    return this.lend(
      () =>
        new Promise((resolve) => {
          process.removeListener('SIGTSTP', this.#onSuspend);
          const goOn = (): void => {
            clearTimeout(timer);
            process.removeListener('SIGCONT', goOn);
            if (!this.#disposed) process.on('SIGTSTP', this.#onSuspend);
            resolve();
          };
          process.once('SIGCONT', goOn);
          // The whole group, so that a parent that started us in its own job (bin/xm under an old Node) stops as well.
          process.kill(0, 'SIGTSTP');
          const timer = setTimeout(goOn, STOP_REFUSED_MS);
        }),
    );
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#escapeTimer) clearTimeout(this.#escapeTimer);
    this.#giveBack();
    for (const undo of this.#undo) undo();
    this.#input.pause();
    this.#input.unref?.();
  }

  readonly #onSuspend = (): void => {
    if (this.#stopRequest.size > 0) this.#stopRequest.tell();
    else void this.stop();
  };

  #listen(): void {
    const on = (emitter: NodeJS.EventEmitter, event: string, listener: (...args: never[]) => void): void => {
      emitter.on(event, listener as (...args: unknown[]) => void);
      this.#undo.push(() => emitter.off(event, listener as (...args: unknown[]) => void));
    };
    on(this.#input, 'data', (chunk: Uint8Array | string) => this.#receive(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
    on(this.#input, 'end', () => this.#close('input-ended'));
    on(this.#input, 'error', () => this.#close('input-ended')); // EIO: the terminal is gone
    on(this.output, 'error', () => this.#close('output-broken')); // EPIPE, EIO
    on(this.output, 'resize', () => this.#resize.tell());
    on(process, 'exit', () => this.#giveBack());
    on(process, 'SIGTSTP', this.#onSuspend);
    on(process, 'SIGINT', () => this.#deliver(namedKey('ctrl+c')));
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) on(process, signal, () => this.#close(signal));
  }

  #take(): void {
    if (this.#taken || this.#disposed) return;
    this.#taken = true;
    if (this.#input.isTTY) this.#input.setRawMode?.(true);
    this.#input.ref?.();
    this.#input.resume();
    this.write(BRACKETED_PASTE_ON);
  }

  #giveBack(): void {
    if (!this.#taken) return;
    this.#taken = false;
    try {
      this.write(BRACKETED_PASTE_OFF + RESET_STYLE + SHOW_CURSOR);
      if (this.#input.isTTY) this.#input.setRawMode?.(false);
    } catch {
      // The terminal itself is gone; there is nothing to give back.
    }
  }

  #close(why: Closed): void {
    if (this.closed !== null) return;
    this.closed = why;
    this.#closing.tell(why);
  }

  #receive(chunk: Uint8Array): void {
    if (this.#escapeTimer) clearTimeout(this.#escapeTimer);
    this.#escapeTimer = null;
    this.#waiting.push(chunk);
    this.#deliverWaiting();
  }

  #deliverWaiting(): void {
    while (this.#waiting.length > 0) {
      const target = this.#targets.at(-1);
      if (!target) return;
      const chunk = this.#waiting.shift()!;
      if (target.kind === 'bytes') {
        const taken = target.bytes(chunk) ?? chunk.length;
        if (taken < chunk.length) this.#waiting.unshift(chunk.subarray(taken));
      } else {
        for (const event of this.#decoder.feed(chunk)) this.#deliver(event);
        this.#scheduleFlush();
      }
    }
  }

  #scheduleFlush(): void {
    const { waiting } = this.#decoder;
    if (waiting === 'nothing') return;
    const delayMs = waiting === 'paste' ? PASTE_STALLED_MS : ESCAPE_DELAY_MS;
    this.#escapeTimer = setTimeout(() => {
      for (const event of this.#decoder.flush()) this.#deliver(event);
    }, delayMs);
  }

  #deliver(event: InputEvent): void {
    const target = this.#targets.at(-1);
    if (target?.kind === 'keys') target.key(event);
    else if (event.kind === 'key' && event.chord === 'ctrl+c') target?.bytes(new Uint8Array([3]));
  }
}
