/** The one queue through which the outside enters the machine. */
import type { Intake } from './machine.ts';

export class IntakeQueue implements Intake {
  #waiting: { readonly source: string; readonly apply: () => void }[] = [];
  onArrival: (() => void) | null = null;

  get pending(): boolean {
    return this.#waiting.length > 0;
  }

  post(source: string, apply: () => void): void {
    this.#waiting.push({ source, apply });
    this.onArrival?.();
  }

  drain(): number {
    const taken = this.#waiting;
    if (taken.length === 0) return 0;
    this.#waiting = [];
    for (const { apply } of taken) apply();
    return taken.length;
  }
}
