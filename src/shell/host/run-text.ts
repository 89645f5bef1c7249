/** A text of the language, run on this machine: the lines after -c, a script, what comes on stdin. */
import type { RunResult, ScriptHost, Value } from '../../lang/index.ts';
import { textFailure } from '../commands/failure.ts';

export interface RunTextOptions {
  readonly signal: AbortSignal;
  /** The value of each statement that has one, as it comes. */
  onValue?(value: Value): Promise<void> | void;
}

/** Rejects with what is wrong with the text, or with what stopped it, placed in it. */
export async function runText(text: string, file: string, host: ScriptHost, options: RunTextOptions): Promise<RunResult> {
  const language = await import('../../lang/index.ts');
  const sources = new Map([[file, text]]);
  const { program, problems } = language.parse(text, file);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw textFailure(problems, sources);
  return await language.run(program, host, options);
}
