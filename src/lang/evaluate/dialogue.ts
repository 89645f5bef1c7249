/** A dialogue with a guest's console: what it printed, how far it was read, and waiting for more. */
import type { HostConsole } from '../host.ts';
import { bounded } from '../patterns.ts';
import { turn } from './eval.ts';

/** More than this of unread output is forgotten from its beginning. */
const KEPT = 1 << 20;
/** Output that was sent before a deadline may still be on its way when the deadline is told. */
const GRACE_TURNS = 8;

export class Dialogue {
  readonly domain: string;
  readonly #console: HostConsole;
  readonly #decoder = new TextDecoder();
  #unread = '';
  #ended = false;
  #failure: unknown = null;
  #news = Promise.withResolvers<void>();

  constructor(domain: string, console: HostConsole) {
    this.domain = domain;
    this.#console = console;
    void this.#read();
  }

  async #read(): Promise<void> {
    try {
      for await (const chunk of this.#console.output) {
        this.#unread = (this.#unread + this.#decoder.decode(chunk, { stream: true })).slice(-KEPT);
        this.#announce();
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#ended = true;
    this.#announce();
  }

  #announce(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }

  get ended(): boolean {
    return this.#ended;
  }

  get failure(): unknown {
    return this.#failure;
  }

  /** The last lines that were not matched yet: what a time-out shows. */
  tail(): string {
    return this.#unread.replaceAll('\r', '').trimEnd().split('\n').slice(-3).join('\n').slice(-240);
  }

  /** Null: not there when `deadline` came, or the console ended. What is matched, and all before it, is read. */
  async expect(pattern: RegExp, deadline: Promise<unknown>): Promise<RegExpExecArray | null> {
    let late = false;
    const over = deadline.then(() => void (late = true));
    for (let grace = GRACE_TURNS; ;) {
      pattern.lastIndex = 0;
      const unread = this.#unread;
      const match = bounded(pattern, unread, () => pattern.exec(unread));
      if (match) {
        this.#unread = this.#unread.slice(match.index + match[0].length);
        return match;
      }
      if (this.#ended || (late && grace-- === 0)) return null;
      await (late ? turn() : Promise.race([this.#news.promise, over]));
    }
  }

  async send(text: string): Promise<void> {
    await this.#console.write(new TextEncoder().encode(text));
  }

  async close(): Promise<void> {
    await this.#console.close();
  }
}
