/**
 * Regular expressions that a program brings along, bounded. JavaScript's engine backtracks: /(a+)+$/ on forty letters runs for hours, and nothing
 * else in the thread gets its turn meanwhile. So a pattern that could do this is run where V8 itself stops it after a while.
 */
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';

// V8 has a second engine, which takes linear time and knows neither look-arounds nor back-references: where it can, it goes on with that one.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

/** A pattern that was stopped; whoever used it knows its place. */
export class SlowPattern extends Error {
  constructor(pattern: RegExp) {
    super(`${String(pattern)} takes too long on this text`);
  }
}

const LIMIT_MS = 500;
const TIMED_OUT = 'ERR_SCRIPT_EXECUTION_TIMEOUT';
/** Signs with which there is more than one way to match. */
const CHOICES = /[*+?{|]/g;
/** With one of them at most the time grows with the square of the text; to start V8's watch costs more than that. */
const SHORT = 4096;

let watched: { readonly script: vm.Script; readonly context: { run: (() => unknown) | null } } | null = null;

/** What `run` makes of the pattern and the text. Throws `SlowPattern`. */
export function bounded<T>(pattern: RegExp, text: string, run: () => T): T {
  if (text.length <= SHORT && (pattern.source.match(CHOICES)?.length ?? 0) <= 1) return run();
  watched ??= { script: new vm.Script('run()'), context: vm.createContext({ run: null }) as { run: null } };
  const { script, context } = watched;
  context.run = run;
  try {
    return script.runInContext(context, { timeout: LIMIT_MS }) as T;
  } catch (error) {
    // A long text may also be more than the engine's own stack can hold.
    if (error instanceof RangeError || (error as NodeJS.ErrnoException).code === TIMED_OUT) throw new SlowPattern(pattern);
    throw error;
  } finally {
    context.run = null;
  }
}
