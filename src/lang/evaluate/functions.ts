/** Functions as values: those of the language itself and those that scripts define. */
import type { Callable, Value } from '../values.ts';
import { drive, wait, type Eval } from './eval.ts';
import { isCallable } from './value-text.ts';

/** Called inside an evaluation without leaving it; from outside through `call`. */
export class EvalFunction implements Callable {
  readonly kind = 'function';
  readonly name: string;
  readonly invoke: (args: readonly Value[]) => Eval<Value>;

  constructor(name: string, invoke: (args: readonly Value[]) => Eval<Value>) {
    this.name = name;
    this.invoke = invoke;
  }

  call(args: readonly Value[]): Promise<Value> {
    return drive(this.invoke(args));
  }
}

export function* callFunction(callable: Callable, args: readonly Value[]): Eval<Value> {
  return callable instanceof EvalFunction ? yield* callable.invoke(args) : yield* wait(callable.call(args));
}

/** An argument is not what the function needs; placed by the caller. */
export class ArgumentFault extends Error {}

export function functionArgument(name: string, value: Value | undefined): Callable {
  if (!isCallable(value)) throw new ArgumentFault(`${name} needs a function, for example x => x`);
  return value;
}
