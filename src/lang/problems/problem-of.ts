/** The one way to make a diagnostic. */
import type { Problem, Span } from '../problem.ts';
import { PROBLEMS, type ProblemId, type ProblemKind } from './table.ts';

export function problemOf(id: ProblemId, span: Span, message: string, help?: string | null, related?: Span): Problem {
  const { code, severity } = PROBLEMS[id];
  return { code, severity, message, span, ...(help && { help }), ...(related && { related }) };
}

export function isError({ severity }: Problem): boolean {
  return severity === 'error';
}

/** `help XM1042`: null when no problem has this code. */
export function explainProblem(code: string): ProblemKind | null {
  const wanted = code.toUpperCase();
  return Object.values(PROBLEMS).find((kind) => kind.code === wanted) ?? null;
}

export const PROBLEM_CODES: readonly string[] = Object.values(PROBLEMS).map(({ code }) => code);
