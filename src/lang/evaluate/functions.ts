/** Functions as values: those of the language itself and those that scripts define. */
import type { Callable, Value } from '../values.ts';
import { drive, wait, type Eval } from './eval.ts';
import type { Run } from './frame.ts';
import { isCallable } from './value-text.ts';

/** Null: called from outside of a run. */
type Invoke = (args: readonly Value[], run: Run | null) => Eval<Value>;

/** Called inside an evaluation without leaving it; from outside through `call`. */
export class EvalFunction implements Callable {
  readonly kind = 'function';
  readonly name: string;
  /** In the run of the caller: a branch of `parallel` is cancelled wherever it is, in functions too. */
  readonly invoke: Invoke;
  /** One of the language itself: what it yields is new. */
  readonly builds: boolean;

  constructor(name: string, invoke: Invoke, builds = false) {
    this.name = name;
    this.invoke = invoke;
    this.builds = builds;
  }

  call(args: readonly Value[]): Promise<Value> {
    return drive(this.invoke(args, null));
  }
}

export function* callFunction(callable: Callable, args: readonly Value[], run: Run | null): Eval<Value> {
  return callable instanceof EvalFunction ? yield* callable.invoke(args, run) : yield* wait(callable.call(args));
}

/** An argument is not what the function needs; placed by the caller. */
export class ArgumentFault extends Error {}

export function functionArgument(name: string, value: Value | undefined): Callable {
  if (!isCallable(value)) throw new ArgumentFault(`${name} needs a function, for example x => x`);
  return value;
}
