/** Waiting in machine time, and the values that a condition read. */
import type { Expression, Node, WaitUntilStatement, AssertStatement } from '../parse/ast.ts';
import { DomainHandle, Quantity, type Value } from '../values.ts';
import { wait, type Eval } from './eval.ts';
import { serviceInterrupts } from './event-statements.ts';
import { evaluate, hostAt } from './expressions.ts';
import { spanOf, type Frame } from './frame.ts';
import { POLL_NS } from './interrupts.ts';
import { ScriptError, scriptError } from './script-error.ts';
import { formatQuantity } from '../units/units.ts';
import { isCallable, isTrue, shortText, typeName, valueText } from './value-text.ts';

export function* durationNs(node: Expression, frame: Frame): Eval<number> {
  const value = yield* evaluate(node, frame);
  if (value instanceof Quantity && value.unit === 'ns') return value.amount;
  throw scriptError('type-error', spanOf(frame, node), `a duration is needed, not ${typeName(value)}`, {
    help: 'for example 250ms, 10s or 2m',
  });
}

export function* sleep(node: Node, frame: Frame, forNs: number): Eval<void> {
  const { clock } = hostAt(node, frame);
  const now = yield* wait(clock.now());
  yield* sleepUntil(node, frame, now + forNs);
}

export function* sleepUntil(node: Node, frame: Frame, deadlineNs: number): Eval<void> {
  const { clock } = hostAt(node, frame);
  const { interrupts } = frame.run.session;
  for (;;) {
    const until = interrupts.active && !interrupts.busy ? Math.min(deadlineNs, (yield* wait(clock.now())) + POLL_NS) : deadlineNs;
    try {
      yield* wait(clock.sleepUntil(until, frame.run.signal));
    } finally {
      checkCancelled(node, frame);
    }
    yield* serviceInterrupts(node, frame);
    if (until >= deadlineNs) return;
  }
}

export function checkCancelled(node: Node, frame: Frame): void {
  if (frame.run.signal.aborted) throw scriptError('cancelled', spanOf(frame, node), 'cancelled');
}

export function* waitUntil(node: WaitUntilStatement, frame: Frame): Eval<void> {
  const { clock } = hostAt(node, frame);
  const limitNs = node.within ? yield* durationNs(node.within, frame) : Infinity;
  const start = yield* wait(clock.now());
  for (;;) {
    const seen = yield* look(node, frame);
    if (seen.holds) return;
    const now = yield* wait(clock.now());
    if (now - start >= limitNs) {
      const limit = formatQuantity(new Quantity('ns', limitNs));
      throw scriptError('timed-out', spanOf(frame, node.condition), `not within ${limit}: ${frame.source.slice(node.condition)}`, {
        help: seen.told,
        code: 'timed-out',
      });
    }
    yield* sleepUntil(node, frame, Math.min(now + POLL_NS, start + limitNs));
  }
}

/** While there is a time limit, a domain that does not exist yet only means: not yet. */
function* look(node: WaitUntilStatement, frame: Frame): Eval<{ readonly holds: boolean; readonly told: string | undefined }> {
  const trace = new Map<Expression, Value>();
  try {
    const holds = isTrue(yield* evaluate(node.condition, { ...frame, trace }));
    const read = whatWasRead(node.condition, trace, frame);
    return { holds, told: read && `last seen: ${read}` };
  } catch (error) {
    if (!node.within || !(error instanceof ScriptError) || error.problem.code !== HOST_FAILED) throw error;
    return { holds: false, told: `last seen: ${error.message}` };
  }
}
const HOST_FAILED = 'XM1207';

export function* checkAssertion(node: AssertStatement, frame: Frame): Eval<void> {
  const trace = new Map<Expression, Value>();
  if (isTrue(yield* evaluate(node.condition, { ...frame, trace }))) return;
  const told = node.message ? valueText(yield* evaluate(node.message, frame)) : null;
  const condition = frame.source.slice(node.condition).replace(/\s+/g, ' ');
  throw scriptError(
    'assertion-failed',
    spanOf(frame, node.condition),
    told === null ? `assertion failed: ${condition}` : `assertion failed: ${told}`,
    {
      help: whatWasRead(node.condition, trace, frame),
    },
  );
}

const MOST_SHOWN = 6;

/** `share = 0.31, w = 256`: names, properties and calls of the condition with what they were. */
function whatWasRead(condition: Expression, trace: ReadonlyMap<Expression, Value>, frame: Frame): string | undefined {
  const shown = new Map<string, string>();
  for (const node of readsOf(condition)) {
    const value = trace.get(node);
    if (value === undefined || isCallable(value) || value instanceof DomainHandle) continue;
    shown.set(frame.source.slice(node).replace(/\s+/g, ' '), shortText(value));
  }
  return shown.size === 0
    ? undefined
    : [...shown]
        .slice(0, MOST_SHOWN)
        .map(([text, value]) => `${text} = ${value}`)
        .join(', ');
}

function* readsOf(node: Expression): Iterable<Expression> {
  switch (node.kind) {
    case 'name':
    case 'member':
    case 'index':
      yield node;
      return;
    case 'call':
      yield node;
      for (const argument of node.args) yield* readsOf(argument);
      return;
    case 'unary':
      yield* readsOf(node.operand);
      return;
    case 'binary':
      yield* readsOf(node.left);
      yield* readsOf(node.right);
      return;
    case 'conditional':
      yield* readsOf(node.condition);
      yield* readsOf(node.yes);
      yield* readsOf(node.no);
      return;
    case 'list':
      for (const item of node.items) yield* readsOf(item);
      return;
    default:
  }
}
