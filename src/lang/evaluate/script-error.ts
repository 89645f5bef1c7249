/** What stops a script: a problem with its place, and what a `catch` block sees of it. */
import type { Problem, Span } from '../problem.ts';
import { ProblemError } from '../problem.ts';
import { problemOf } from '../problems/problem-of.ts';
import type { ProblemId } from '../problems/table.ts';

export class ScriptError extends ProblemError {
  /** `e.code`: the command's own, or the id of the problem. */
  readonly code: string;
  readonly hint: string | null;

  constructor(problems: readonly Problem[], code: string, hint: string | null, cause?: unknown) {
    super(problems);
    this.name = 'ScriptError';
    this.code = code;
    this.hint = hint;
    if (cause !== undefined) this.cause = cause;
  }

  get problem(): Problem {
    return this.problems[0]!;
  }
}

interface More {
  readonly help?: string | null | undefined;
  readonly code?: string;
  readonly cause?: unknown;
}

export function scriptError(id: ProblemId, span: Span, message: string, { help, code, cause }: More = {}): ScriptError {
  return new ScriptError([problemOf(id, span, message, help)], code ?? id, help ?? null, cause);
}
