/** One way to say what is wrong, where, and what to do. */

/** Offsets in UTF-16 units from the start of the text; line and column from 1. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

export type Severity = 'error' | 'warning' | 'hint';

export interface Problem {
  /** Stable: 'XM1042'. Declared once in the problems table; `help XM1042` explains it. */
  readonly code: string;
  readonly severity: Severity;
  /** One sentence, no full stop: "unknown key 'memroy'". */
  readonly message: string;
  readonly span: Span;
  /** What to do: "did you mean 'memory'?" */
  readonly help?: string;
  /** Another place that has to do with it: the declaration that is hidden. */
  readonly related?: Span;
}

/** Thrown by evaluation; carries one or more problems. */
export class ProblemError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map((problem) => problem.message).join('\n'));
    this.name = 'ProblemError';
    this.problems = problems;
  }
}
