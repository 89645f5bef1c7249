/** One call from text to result. */
import { check, isError, parse, run, valueText, type Problem, type RunResult, type Session, type Value } from '../../../src/lang/index.ts';
import { fakeHost, type FakeHost } from '../fake-host.ts';

export interface Ran extends RunResult {
  readonly host: FakeHost;
  readonly shown: readonly Value[];
  readonly problems: readonly Problem[];
}

interface Options {
  readonly host?: FakeHost;
  readonly session?: Session;
  readonly signal?: AbortSignal;
}

export async function runScript(
  text: string,
  { host = fakeHost(), session, signal = new AbortController().signal }: Options = {},
): Promise<Ran> {
  const known = session ? { variables: new Set(session.scope.names()) } : {};
  const { program, problems } = parse(text, 'test.xm', known);
  const errors = [...problems, ...check(program, host, known)].filter(isError);
  const shown: Value[] = [];
  const result = await run(program, host, { signal, ...(session && { session }), onValue: (value) => void shown.push(value) });
  return { ...result, host, shown, problems: errors };
}

/** The value of the last expression, as text; a failure throws. */
export async function valueOf(text: string, options: Options = {}): Promise<string> {
  const { ok, value, failure, problems } = await runScript(text, options);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
  if (!ok) throw new Error(`${failure!.message}${failure!.hint === null ? '' : ` (${failure!.hint})`}`);
  return valueText(value, true);
}
