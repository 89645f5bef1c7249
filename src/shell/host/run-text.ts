/** A text of the language, run on this machine: a line of the prompt, the lines after -c, a script, what comes on stdin. */
import { CommandFailure } from '../../lang/host.ts';
import type { Failure, Problem, RunResult, ScriptHost, Session, Step, Value } from '../../lang/index.ts';
import { exitCodeOf, ShellFailure, textFailure } from '../commands/failure.ts';

export interface RunTextOptions {
  readonly signal: AbortSignal;
  /** Names and declarations that outlive this text. */
  readonly session?: Session;
  /** A script ends with 1 whatever failed in it (LANGUAGE: exit status); a command line with the code of its failure. */
  readonly isScript?: boolean;
  /** The value of each statement that has one, as it comes. */
  onValue?(value: Value): Promise<void> | void;
  onStep?(step: Step): void;
  /** What check warns of, before anything runs. `shown` is it with its place. */
  onWarning?(problem: Problem, shown: string): void;
  /** A handler of the session failed between two lines. */
  onHandlerFailure?(failure: unknown): void;
}

const SCRIPT_FAILED = 1;

/** Rejects with what is wrong with the text, or with what stopped it, placed in it. */
export async function runText(text: string, file: string, host: ScriptHost, options: RunTextOptions): Promise<RunResult> {
  const { parse, diagnose, formatProblem, run, isError } = await import('../../lang/index.ts');
  const { session, isScript = false } = options;
  const sources = new Map([[file, text]]);
  const known = session ? { variables: new Set(session.scope.names()), domains: new Set(session.declarations.keys()) } : {};
  const parsed = parse(text, file, known);
  const found = diagnose(parsed, host, known);
  if (found.some(isError)) throw textFailure(found, sources);
  for (const problem of found) if (problem.severity === 'warning') options.onWarning?.(problem, formatProblem(problem, text));
  const result = await run(parsed.program, host, {
    ...options,
    onHandlerFailure: (failure) => options.onHandlerFailure?.(failureOf(failure, sources, false)),
  });
  if (result.failure) throw failureOf(result.failure, sources, isScript);
  return result;
}

function failureOf(
  { code, message, hint, span, problems, cause }: Failure,
  sources: ReadonlyMap<string, string>,
  isScript: boolean,
): unknown {
  const exitCode = isScript && code !== 'cancelled' ? SCRIPT_FAILED : exitCodeOf(code);
  // A command that could say more, such as every mistake of a configuration file with its place.
  if (cause instanceof ShellFailure && cause.sources.size > 0) {
    const all = new Map([...cause.sources, ...sources]);
    return new ShellFailure(cause.code as 'failed', cause.message, {
      ...cause,
      hint: cause.hint,
      sources: all,
      exitCode: isScript ? exitCode : cause.exitCode,
    });
  }
  if (cause instanceof Error && !(cause instanceof CommandFailure) && code !== 'cancelled' && isOurs(cause)) return cause;
  return new ShellFailure(code as 'failed', message, { hint, span, problems, sources, exitCode });
}

/** What JavaScript itself throws is a mistake of ours, not of the script. */
function isOurs(error: Error): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
}
