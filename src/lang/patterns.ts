/**
 * Regular expressions that a program brings along, bounded. JavaScript's engine backtracks: /(a+)+$/ on forty letters runs for hours, and nothing
 * else in the thread gets its turn meanwhile. V8 has a second engine that takes linear time; it knows neither look-arounds nor back-references.
 */
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';

/** V8 goes on with the linear engine after 50,000 steps back, where it can. */
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

/** A pattern that was stopped; whoever used it knows its place. */
export class SlowPattern extends Error {
  constructor(pattern: RegExp) {
    super(`${String(pattern)} takes too long on this text`);
  }
}

const LIMIT_MS = 500;
const TIMED_OUT = 'ERR_SCRIPT_EXECUTION_TIMEOUT';
const LOOKS_AROUND = /\(\?<?[=!]/;
const REFERS_BACK = /\\(?:[1-9]|k<)/;
const LITERALS = /\\.|\[(?:\\.|[^\]\\])*\]/gs;
const REPEATED_GROUP = /\)(?:[*+]|\{)/;
/** A text so short is tried in every way. */
const FEW = 20;
const QUANTIFIERS = /[*+{]/g;
/** With one quantifier at most the time grows with the square of the text; starting V8's watch costs more than that. */
const SHORT = 4096;

/** Only the engine that backtracks can do it, and repeats more than single letters: V8 cannot always stop that. */
function isEndless({ source }: RegExp): boolean {
  return (LOOKS_AROUND.test(source) || REFERS_BACK.test(source)) && REPEATED_GROUP.test(source.replace(LITERALS, '_'));
}

let watched: { readonly script: vm.Script; readonly context: { run: (() => unknown) | null } } | null = null;

/** What `run` makes of the pattern and the text. Throws `SlowPattern`. */
export function bounded<T>(pattern: RegExp, text: string, run: () => T): T {
  if (text.length > FEW && isEndless(pattern)) throw new SlowPattern(pattern);
  if (text.length <= SHORT && (pattern.source.match(QUANTIFIERS)?.length ?? 0) <= 1) return run();
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
