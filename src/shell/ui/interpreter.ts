/** What the prompt needs of the language: a seam, so that the screen is tested without a machine. */
import type { Value } from '../../lang/index.ts';
import type { RoleSpan } from '../editor/layout.ts';
import type { Offer } from '../editor/menu.ts';

export interface RunContext {
  readonly signal: AbortSignal;
  /** A result for the person; called as results come. */
  show(value: Value): void;
}

export interface Ran {
  /** As the one-shot command would have ended: 0, 1, 2, … (help exit-codes). */
  readonly exitCode: number;
  /** Ready to print, one a failure; may carry SGR. */
  readonly failures: readonly string[];
}

export interface Interpreter {
  highlight(text: string): readonly RoleSpan[];
  /** False: the prompt continues on the next line. */
  isComplete(text: string): boolean;
  complete(text: string, offset: number): Promise<Offer>;
  /** Never rejects. */
  run(line: string, context: RunContext): Promise<Ran>;
}
