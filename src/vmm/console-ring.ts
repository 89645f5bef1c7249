/** The hypervisor's log, what `xm dmesg` prints: whole lines, the oldest dropped when it is full. */
const CAPACITY_CHARS: number = 64 * 1024;
/** A guest's line without an end is cut here, as Xen cuts it. */
const GUEST_LINE_MAX = 200;

export class ConsoleRing {
  /** Called when a line was added: VIRQ_CON_RING. */
  onNews: (() => void) | null = null;
  #lines: string[] = [];
  #chars = 0;
  readonly #partial: Map<number, string> = new Map();

  /** The hypervisor says something. Each line of `text` gets its "(XEN) ". */
  log(text: string): void {
    for (const line of text.split('\n')) this.#add(`(XEN) ${line}`);
    this.onNews?.();
  }

  /** A guest's console_io write, as characters: printed as "(dN) …" when the line is complete. Control characters are dropped. */
  guestWrite(domid: number, text: string): void {
    let line = this.#partial.get(domid) ?? '';
    let added = false;
    for (const char of text) {
      if (char !== '\n') {
        if ((char >= ' ' && char <= '~') || char === '\t') line += char;
        if (line.length < GUEST_LINE_MAX) continue;
      }
      this.#add(`(d${domid}) ${line}`);
      added = true;
      line = '';
    }
    if (line === '') this.#partial.delete(domid);
    else this.#partial.set(domid, line);
    if (added) this.onNews?.();
  }

  /** The domain is gone: what it had begun to say is printed. */
  guestGone(domid: number): void {
    const line = this.#partial.get(domid);
    this.#partial.delete(domid);
    if (line !== undefined) this.#add(`(d${domid}) ${line}`);
  }

  /** Everything, oldest first, each line ended. */
  read(clear: boolean = false): string {
    const text = this.#lines.map((line) => `${line}\n`).join('');
    if (clear) {
      this.#lines = [];
      this.#chars = 0;
    }
    return text;
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#chars += line.length + 1;
    if (this.#chars <= CAPACITY_CHARS) return;
    // Make room for a while, so that not every line of a flood moves the whole array.
    let dropped = 0;
    while (this.#chars > (CAPACITY_CHARS * 7) / 8) this.#chars -= this.#lines[dropped++]!.length + 1;
    this.#lines.splice(0, dropped);
  }
}
