/** A text with its file name; places in it are found on demand, so that nodes carry two numbers only. */
import type { Span } from '../problem.ts';

export type Dialect = 'config' | 'script';

export class Source {
  readonly file: string;
  readonly text: string;
  #lineStarts: readonly number[] | null = null;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  span(start: number, end: number): Span {
    const line = this.#lineOf(start);
    return { file: this.file, start, end: Math.max(start, end), line: line + 1, column: start - this.#starts()[line]! + 1 };
  }

  spanOf({ start, end }: { readonly start: number; readonly end: number }): Span {
    return this.span(start, end);
  }

  slice({ start, end }: { readonly start: number; readonly end: number }): string {
    return this.text.slice(start, end);
  }

  #starts(): readonly number[] {
    if (this.#lineStarts === null) {
      const starts = [0];
      for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1);
      this.#lineStarts = starts;
    }
    return this.#lineStarts;
  }

  #lineOf(offset: number): number {
    const starts = this.#starts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
