/** A line that is being run: what it is called, how far it is, and how it is stopped. */

export interface JobView {
  readonly id: number;
  readonly title: string;
  readonly stage: string | null;
  /** 0 to 1; null: cannot be told. */
  readonly fraction: number | null;
  readonly elapsedMs: number;
  readonly cancelling: boolean;
}

/** A job shorter than this is never seen: nothing flickers for a quick command. */
export const VISIBLE_AFTER_MS = 100;

export class Job {
  readonly id: number;
  readonly line: string;
  readonly #startedMs: number = performance.now();
  readonly #controller: AbortController = new AbortController();
  #stage: string | null = null;
  #fraction: number | null = null;
  /** Nobody waits for it any more; what it still says is dropped. */
  abandoned = false;

  constructor(id: number, line: string) {
    this.id = id;
    this.line = line;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  progress(stage: string, fraction: number | null): void {
    this.#stage = stage;
    this.#fraction = fraction;
  }

  cancel(): void {
    this.#controller.abort();
  }

  view(): JobView {
    return {
      id: this.id,
      title: this.line.trim().split('\n')[0]!,
      stage: this.#stage,
      fraction: this.#fraction,
      elapsedMs: this.elapsedMs,
      cancelling: this.signal.aborted,
    };
  }
}
