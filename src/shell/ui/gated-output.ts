/**
 * The stream that Ink writes to. It can be held, so that several writes (erase the live region, print above it, draw it again) reach
 * the terminal as one synchronized update and nothing is seen half done.
 */
import { EventEmitter } from 'node:events';
import { BEGIN_UPDATE, END_UPDATE } from '../term/modes.ts';
import type { TerminalOwner } from '../term/terminal.ts';

export class GatedOutput extends EventEmitter {
  readonly isTTY = true;
  readonly writable = true;
  readonly #terminal: TerminalOwner;
  #held: string[] = [];
  #holds = 0;

  constructor(terminal: TerminalOwner) {
    super();
    this.#terminal = terminal;
  }

  get columns(): number {
    return this.#terminal.size.columns;
  }

  get rows(): number {
    return this.#terminal.size.rows;
  }

  write(text: string, done?: () => void): boolean {
    if (this.#holds > 0) this.#held.push(text.replaceAll(BEGIN_UPDATE, '').replaceAll(END_UPDATE, ''));
    else if (text !== '') this.#terminal.write(text);
    if (done) queueMicrotask(done);
    return true;
  }

  hold(): Disposable {
    this.#holds++;
    let open = true;
    return {
      [Symbol.dispose]: () => {
        if (!open) return;
        open = false;
        if (--this.#holds > 0) return;
        const text = this.#held.join('');
        this.#held = [];
        if (text !== '') this.#terminal.write(BEGIN_UPDATE + text + END_UPDATE);
      },
    };
  }
}
