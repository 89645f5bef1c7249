/** A failure for the person, or for the program that reads stderr: what, where, and what to do. Never a stack, unless it is our mistake. */
import { CommandFailure } from '../../lang/host.ts';
import { ProblemError } from '../../lang/problem.ts';
import type { Problem, Span } from '../../lang/index.ts';
import { exitCodeOf, ShellFailure } from '../commands/failure.ts';
import { ToolstackError } from '../../dom0/toolstack/types.ts';
import { sanitize } from '../term/sanitize.ts';
import type { Json } from './json.ts';

interface Described {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly span: Span | null;
  readonly problems: readonly Problem[];
  readonly sources: ReadonlyMap<string, string>;
  /** Not null: a mistake of ours. */
  readonly stack: string | null;
}

const NOTHING_MORE = { span: null, problems: [], sources: new Map<string, string>(), stack: null };

function describe(error: unknown): Described {
  if (error instanceof ShellFailure) {
    const { code, message, hint, span, problems, sources } = error;
    return { code, message, hint, span, problems, sources, stack: null };
  }
  if (error instanceof ProblemError) {
    const first = error.problems[0];
    return {
      ...NOTHING_MORE,
      code: first?.code ?? 'failed',
      message: first?.message ?? error.message,
      hint: first?.help ?? null,
      span: first?.span ?? null,
      problems: error.problems,
    };
  }
  if (error instanceof CommandFailure) return { ...NOTHING_MORE, code: error.code, message: error.message, hint: error.hint };
  if (error instanceof ToolstackError) {
    const ours = error.code === 'internal' ? (error.stack ?? error.message) : null;
    return { ...NOTHING_MORE, code: error.code, message: error.message, hint: error.hint ?? null, stack: ours };
  }
  const thrown = error instanceof Error ? error : new Error(String(error));
  return { ...NOTHING_MORE, code: 'internal', message: thrown.message, hint: null, stack: thrown.stack ?? thrown.message };
}

/** The exit code that goes with it. */
export function exitCodeFor(error: unknown): number {
  return error instanceof ShellFailure ? error.exitCode : exitCodeOf(describe(error).code);
}

function bug({ message, stack }: Described): string {
  return `error: this is a bug in Xenolith: ${message}\n${stack}\n`;
}

/** Ends with a line end. `colour` as formatProblem takes it. */
export async function failureText(error: unknown, colour = false): Promise<string> {
  const failure = describe(error);
  if (failure.stack !== null) return bug(failure);
  const placed = failure.problems.filter(({ span }) => failure.sources.has(span.file));
  if (placed.length > 0) {
    const { formatProblem } = await import('../../lang/index.ts');
    return mattering(placed)
      .map((problem) => formatProblem(problem, failure.sources.get(problem.span.file)!, colour).replace(/\n*$/, '\n'))
      .join('');
  }
  const paint = (code: string, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const hint = failure.hint === null ? '' : `${paint('36', 'hint:')} ${sanitize(failure.hint)}\n`;
  return `${paint('31', 'error:')} ${sanitize(failure.message)}\n${place(failure)}${hint}`;
}

/** File by file. What stopped it comes last, next to the prompt; what has no effect does not matter now. */
function mattering(problems: readonly Problem[]): readonly Problem[] {
  const files = [...new Set(problems.map(({ span }) => span.file))];
  return files.flatMap((file) =>
    ['warning', 'error'].flatMap((wanted) => problems.filter(({ severity, span }) => span.file === file && severity === wanted)),
  );
}

function place({ span, sources }: Described): string {
  return span !== null && sources.has(span.file) ? `  --> ${span.file}:${span.line}:${span.column}\n` : '';
}

function problemJson({ code, severity, message, span, help }: Problem): Json {
  return { code, severity, message, span: { ...span }, hint: help ?? null };
}

/** One line. */
export function failureJson(error: unknown): string {
  const { code, message, hint, span, problems, stack } = describe(error);
  const json: Json = {
    code,
    message,
    hint,
    span: span === null || span.file === '' ? null : { ...span },
    ...(problems.length > 1 && { problems: problems.map(problemJson) }),
    ...(stack !== null && { stack }),
  };
  return `${JSON.stringify(json)}\n`;
}
