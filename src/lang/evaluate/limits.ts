/** How much a program may do and hold. All of it is counted, so the same program ends at the same place; only memory is measured. */
import { getHeapStatistics } from 'node:v8';
import type { Value } from '../values.ts';
import type { Node } from '../parse/ast.ts';
import { turn, wait, type Eval } from './eval.ts';
import { spanOf, type Frame } from './frame.ts';
import { scriptError } from './script-error.ts';
import { isList, isMap } from './value-text.ts';

/** Between two looks at the machine a script may do a lot, but not without end. */
const MOST_STEPS = 5_000_000;
/** Values do not change: a list that grows is copied. So many elements take as long as a step. */
const ELEMENTS_A_STEP = 64;
const ENTRIES_A_STEP = 16;
const STEPS_A_TURN = 512;
/** How much text or how many elements are built before memory is measured again. */
const BUILT_A_LOOK = 2 ** 24;
const STEPS_A_LOOK = 2 ** 14;
/** Of the memory that the process may have; the rest is for everybody else. */
const MOST_OF_HEAP = 0.6;

export function countStep(node: Node, frame: Frame): void {
  const { run } = frame;
  run.count++;
  spend(1, node, frame);
  if (run.count % STEPS_A_LOOK === 0) checkMemory(node, frame);
}

function spend(steps: number, node: Node, { run, source }: Frame): void {
  run.sinceMachine += steps;
  if (run.sinceMachine > MOST_STEPS)
    throw scriptError('no-end', source.spanOf(node), 'this does not come to an end', {
      help: `${MOST_STEPS} steps without a look at the machine: wait 10ms lets its time pass`,
    });
}

/** A value that was just built, and is given back. */
export function counted<T extends Value>(value: T, node: Node, frame: Frame): T {
  const { run } = frame;
  const size = typeof value === 'string' || isList(value) ? value.length : isMap(value) ? value.size : 0;
  if (size < ENTRIES_A_STEP) return value;
  if (typeof value !== 'string') spend(size / (isList(value) ? ELEMENTS_A_STEP : ENTRIES_A_STEP), node, frame);
  run.built += size;
  if (run.built > BUILT_A_LOOK) {
    run.built = 0;
    checkMemory(node, frame);
  }
  return value;
}

function checkMemory(node: Node, frame: Frame): void {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  if (used > limit * MOST_OF_HEAP)
    throw scriptError('too-large', spanOf(frame, node), `the script holds too much: ${Math.round(used / 2 ** 20)} MiB`, {
      help: 'keep only what is needed later: a name that is given another value lets the old one go',
    });
}

/** Keys and timers get their turn now and then, whatever the script does. */
export function* takeTurn({ run }: Frame): Eval<void> {
  if (run.host === null || run.count - run.turned < STEPS_A_TURN) return;
  run.turned = run.count;
  yield* wait(turn());
}
