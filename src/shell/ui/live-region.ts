/** The screen as the session sees it: draw when there is one, keep what is printed while a full-screen view has the terminal. */
import type { TerminalOwner } from '../term/terminal.ts';
import type { Frame } from './painted.tsx';
import { openScreen, type Screen } from './screen.tsx';

export class LiveRegion implements AsyncDisposable {
  readonly #terminal: TerminalOwner;
  readonly #compose: () => Frame;
  #screen: Screen | null = null;
  #kept = '';
  #drawSoon = false;
  #away = 0;

  constructor(terminal: TerminalOwner, compose: () => Frame) {
    this.#terminal = terminal;
    this.#compose = compose;
  }

  open(): void {
    this.#screen ??= openScreen(this.#terminal, this.#compose(), { alternate: false });
  }

  /** Draws what has changed, once for all that changes in this turn of the event loop. */
  changed(): void {
    if (this.#drawSoon || !this.#screen) return;
    this.#drawSoon = true;
    setImmediate(() => {
      this.#drawSoon = false;
      this.#screen?.draw(this.#compose());
    });
  }

  print(text: string): void {
    if (text === '') return;
    if (this.#screen) this.#screen.print(text, this.#compose());
    else this.#kept += text.endsWith('\n') ? text : `${text}\n`;
  }

  clear(): void {
    this.#screen?.clear(this.#compose());
  }

  resized(): void {
    this.#screen?.resized(this.#compose());
  }

  /** Takes the live region off the terminal while `work` has it. */
  async away<T>(work: () => Promise<T>): Promise<T> {
    this.#away++;
    await this.#close();
    try {
      return await work();
    } finally {
      if (--this.#away === 0) {
        this.open();
        const kept = this.#kept;
        this.#kept = '';
        this.print(kept);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    if (this.#kept !== '') this.#terminal.write(this.#kept.replaceAll('\n', '\r\n'));
  }

  async #close(): Promise<void> {
    const screen = this.#screen;
    this.#screen = null;
    await screen?.close();
  }
}
