/** Which line runs in front, which in the background, which wait. Nothing here draws. */
import { Job, type JobView } from './job.ts';

export interface JobBoardEvents {
  /** Something to be seen has changed: a job came, went, or got older. */
  changed(): void;
  /** For the person: what became of a job that was sent away. */
  note(text: string): void;
  /** The front is free: the next line may run. */
  free(): void;
}

const REDRAW_MS = 100;

export class JobBoard implements Disposable {
  foreground: Job | null = null;
  readonly queued: string[] = [];
  readonly #events: JobBoardEvents;
  #background: readonly Job[] = [];
  #count = 0;
  #ticker: NodeJS.Timeout | null = null;

  constructor(events: JobBoardEvents) {
    this.#events = events;
  }

  get background(): readonly JobView[] {
    return this.#background.map((job) => job.view());
  }

  /** Runs `work` in front until it ends, is sent to the background or given up. `work` never rejects; it resolves with the exit code. */
  async run(line: string, work: (job: Job) => Promise<number>): Promise<void> {
    const job = new Job(++this.#count, line);
    this.foreground = job;
    this.#tick();
    const exitCode = await work(job);
    if (this.#background.includes(job)) {
      this.#background = this.#background.filter((one) => one !== job);
      this.#events.note(`[${job.id}] ${exitCode === 0 ? 'done' : `ended with ${exitCode}`}: ${job.view().title}`);
    }
    if (this.foreground === job) this.#release();
    this.#events.changed();
  }

  /** The first time asks the job to stop, the second time stops waiting for it. */
  interrupt(): void {
    const job = this.foreground;
    if (!job) return;
    if (!job.signal.aborted) {
      job.cancel();
      return;
    }
    job.abandoned = true;
    this.#events.note(`stopped waiting for: ${job.view().title}`);
    this.#release();
  }

  toBackground(): void {
    const job = this.foreground;
    if (!job) return;
    this.#background = [...this.#background, job];
    this.#events.note(`[${job.id}] goes on in the background: ${job.view().title}`);
    this.#release();
  }

  /** The job in front, else the newest in the background. */
  progress(stage: string, fraction: number | null): void {
    (this.foreground ?? this.#background.at(-1))?.progress(stage, fraction);
    this.#events.changed();
  }

  /** Nobody is there any more to be told of them. */
  [Symbol.dispose](): void {
    if (this.#ticker) clearInterval(this.#ticker);
    for (const job of [...(this.foreground ? [this.foreground] : []), ...this.#background]) {
      job.abandoned = true;
      job.cancel();
    }
    this.#background = [];
    this.queued.length = 0;
  }

  #release(): void {
    this.foreground = null;
    this.#events.free();
  }

  /** Elapsed times move on while there is a job to be seen. */
  #tick(): void {
    this.#ticker ??= setInterval(() => {
      if (!this.foreground && this.#background.length === 0 && this.#ticker) {
        clearInterval(this.#ticker);
        this.#ticker = null;
      }
      this.#events.changed();
    }, REDRAW_MS);
  }
}
