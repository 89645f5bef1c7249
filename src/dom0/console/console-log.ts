/** What a console has printed, from its first byte, the oldest dropped when it is too much. Readers come and go, each at its own place. */

/** Kept of each console. */
export const CONSOLE_KEEPS_BYTES: number = 1024 * 1024;
const FIRST_CAPACITY = 4096;

export class ConsoleLog {
  readonly #keeps: number;
  #buffer: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  /** Bytes ever printed: the place of the next one. */
  #end = 0;
  #closed = false;
  readonly #waiting: Set<() => void> = new Set();

  constructor(keeps: number = CONSOLE_KEEPS_BYTES) {
    this.#keeps = keeps;
  }

  get end(): number {
    return this.#end;
  }

  /** The oldest byte that is still there. */
  get start(): number {
    return Math.max(0, this.#end - this.#keeps);
  }

  /** Nothing more will come. */
  get closed(): boolean {
    return this.#closed;
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const kept = bytes.subarray(Math.max(0, bytes.length - this.#keeps));
    this.#end += bytes.length - kept.length;
    this.#grow(kept.length);
    for (let at = 0; at < kept.length;) {
      const offset = (this.#end + at) % this.#buffer.length;
      const piece = kept.subarray(at, at + this.#buffer.length - offset);
      this.#buffer.set(piece, offset);
      at += piece.length;
    }
    this.#end += kept.length;
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** A copy of what is there from `place` on. */
  read(place: number): Uint8Array {
    const from = Math.max(place, this.start);
    const bytes = new Uint8Array(this.#end - from);
    for (let at = 0; at < bytes.length;) {
      const offset = (from + at) % this.#buffer.length;
      const piece = this.#buffer.subarray(offset, Math.min(this.#buffer.length, offset + bytes.length - at));
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** Calls back once, when something was printed or the log was closed. */
  onceMore(callback: () => void): Disposable {
    this.#waiting.add(callback);
    return { [Symbol.dispose]: () => void this.#waiting.delete(callback) };
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback();
  }

  /** The buffer doubles until it has what is to be kept; from then on it goes round. */
  #grow(more: number): void {
    const wanted = Math.min(this.#keeps, this.#end + more);
    if (wanted <= this.#buffer.length) return;
    const old = this.read(Math.max(0, this.#end - this.#buffer.length));
    let capacity = this.#buffer.length;
    while (capacity < wanted) capacity *= 2;
    this.#buffer = new Uint8Array(Math.min(capacity, this.#keeps));
    const end = this.#end;
    this.#end -= old.length;
    for (let at = 0; at < old.length; at++) this.#buffer[(this.#end + at) % this.#buffer.length] = old[at]!;
    this.#end = end;
  }
}
