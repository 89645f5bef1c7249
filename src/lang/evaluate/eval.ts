/**
 * An evaluation is a generator that yields promises: a script's driver awaits them, a configuration's driver refuses them. So one
 * evaluator serves both, and a configuration is read without a single turn of the event loop.
 */
export type Eval<T> = Generator<Promise<unknown>, T, unknown>;

/** Waits for the outside world. */
export function* wait<T>(promise: Promise<T>): Eval<T> {
  return (yield promise) as T;
}

export async function drive<T>(evaluation: Eval<T>): Promise<T> {
  let step = evaluation.next();
  while (!step.done) {
    let answer: unknown;
    try {
      answer = await step.value;
    } catch (error) {
      step = evaluation.throw(error);
      continue;
    }
    step = evaluation.next(answer);
  }
  return step.value;
}

/** `refuse` makes the error for an evaluation that wants to wait. */
export function driveSync<T>(evaluation: Eval<T>, refuse: () => Error): T {
  let step = evaluation.next();
  while (!step.done) {
    step.value.catch(() => undefined);
    step = evaluation.throw(refuse());
  }
  return step.value;
}

/** Lets timers and keys have their turn: a loop that asks nothing of the machine must not hold the thread. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
