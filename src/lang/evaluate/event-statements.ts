/** `on EVENT { … }`, `wait for EVENT`, `inject FAULT on DOMAIN`. */
import type { EventTrigger, InjectStatement, Node, OnStatement, WaitForStatement } from '../parse/ast.ts';
import { formatQuantity, parseNumber } from '../units/units.ts';
import { DomainHandle, Quantity, type Value } from '../values.ts';
import { wait, type Eval } from './eval.ts';
import { EVENT_BY_NAME, triggerFault, type EventKind } from './events.ts';
import { asking, evaluate, hostAt } from './expressions.ts';
import { Scope, spanOf, type Frame } from './frame.ts';
import { isOf, note, POLL_NS, type Listener } from './interrupts.ts';
import { step, wordValue } from './pipelines.ts';
import { scriptError } from './script-error.ts';
import { executeBlock } from './statements.ts';
import { isList, typeName, valueText } from './value-text.ts';
import { durationNs, sleepUntil } from './waits.ts';

export function* handle(node: OnStatement, frame: Frame): Eval<void> {
  const listener = yield* listen(node.trigger, { ...frame, top: false }, node);
  frame.run.session.interrupts.add(listener, hostAt(node, frame));
}

function* listen(trigger: EventTrigger, frame: Frame, node: OnStatement | null): Eval<Listener> {
  const kind = kindOf(trigger, frame);
  const path = trigger.path ? valueText(yield* evaluate(trigger.path, frame)) : '';
  const of = trigger.of ? yield* evaluate(trigger.of, frame) : null;
  const listener: Listener = {
    trigger,
    kind,
    of,
    path,
    handler: node ? { node, frame } : null,
    seen: null,
    happened: [],
  };
  if (kind.found !== 'told') listener.seen = yield* look(listener, frame);
  return listener;
}

function kindOf(trigger: EventTrigger, frame: Frame): EventKind {
  const fault = triggerFault(trigger);
  if (fault) throw scriptError('unknown-event', spanOf(frame, fault.place), fault.message, { help: fault.help });
  return EVENT_BY_NAME.get(trigger.event)!;
}

/** What the machine does not tell: the value at a path, the states of domains. */
function* look({ kind, path, of, trigger }: Listener, frame: Frame): Eval<Value | ReadonlyMap<string, Value>> {
  const host = hostAt(trigger, frame);
  if (kind.found === 'xenstore') return yield* asking(trigger, frame, wait(host.xenstoreRead(path)));
  const states = new Map<string, Value>();
  const domains = yield* wait(host.global('domains'));
  for (const domain of isList(domains) ? domains : []) {
    const name = domain instanceof DomainHandle ? domain.name : valueText(domain);
    // It may be gone by the time it is asked.
    if (isOf(name, of)) states.set(name, (yield* wait(host.domainProperty(name, 'state').catch(() => undefined))) ?? null);
  }
  return states;
}

function* lookAgain(listener: Listener, frame: Frame): Eval<void> {
  const before = listener.seen;
  const now = yield* look(listener, frame);
  listener.seen = now;
  if (listener.kind.found === 'xenstore') {
    if (now !== before) note(listener, now as Value);
    return;
  }
  for (const [name, state] of now as ReadonlyMap<string, Value>) {
    if (state === listener.kind.name && (before as ReadonlyMap<string, Value>).get(name) !== state)
      note(listener, new DomainHandle(name, new Map([['event', listener.kind.name]])));
  }
}

/** Runs the handlers of what happened, and takes faults back whose time has come. */
export function* serviceInterrupts(node: Node, frame: Frame): Eval<void> {
  const { interrupts } = frame.run.session;
  if (!interrupts.active || interrupts.busy || frame.run.host === null) return;
  interrupts.busy = true;
  try {
    yield* wait(interrupts.settle());
    if (interrupts.injections.size > 0) {
      const now = yield* wait(hostAt(node, frame).clock.now());
      yield* wait(interrupts.release(({ untilNs }) => untilNs <= now));
    }
    for (const listener of interrupts.listeners) {
      if (listener.kind.found !== 'told') yield* lookAgain(listener, frame);
      if (listener.handler)
        for (let what = listener.happened.shift(); what !== undefined; what = listener.happened.shift())
          yield* react(listener.handler, what, frame);
    }
  } finally {
    interrupts.busy = false;
  }
}

function* react({ node, frame }: Listener['handler'] & {}, what: Value, current: Frame): Eval<void> {
  const scope = new Scope(frame.scope);
  if (node.name !== null) scope.declare(node.name, what);
  yield* executeBlock(node.body, { ...frame, run: current.run, scope, top: false });
}

export function* waitForEvent(node: WaitForStatement, frame: Frame): Eval<void> {
  const host = hostAt(node, frame);
  const { never } = kindOf(node.trigger, frame);
  if (never !== undefined) throw scriptError('host-failed', spanOf(frame, node.trigger), `this would wait for ever: ${never}`);
  const { interrupts } = frame.run.session;
  const limitNs = node.within ? yield* durationNs(node.within, frame) : Infinity;
  const listener = yield* listen(node.trigger, frame, null);
  const start = yield* wait(host.clock.now());
  interrupts.add(listener, host);
  try {
    for (let now = start; ; now = yield* wait(host.clock.now())) {
      // A handler that waits is not interrupted, so it looks for itself.
      if (interrupts.busy && listener.kind.found !== 'told') yield* lookAgain(listener, frame);
      const what = listener.happened.shift();
      if (what !== undefined) {
        if (node.name !== null) frame.scope.declare(node.name, what);
        return;
      }
      if (now - start >= limitNs) {
        const wanted = frame.source.slice(node.trigger);
        throw scriptError(
          'timed-out',
          spanOf(frame, node.trigger),
          `no event within ${formatQuantity(new Quantity('ns', limitNs))}: ${wanted}`,
        );
      }
      yield* sleepUntil(node, frame, Math.min(now + POLL_NS, start + limitNs));
    }
  } finally {
    interrupts.listeners.delete(listener);
  }
}

export function* inject(node: InjectStatement, frame: Frame): Eval<void> {
  const host = hostAt(node, frame);
  const args: Value[] = [];
  for (const word of node.args) args.push(quantityOf(yield* wordValue(word, frame)));
  const domain = valueText(yield* wordValue(node.domain, frame));
  const duration = node.duration ? quantityOf(yield* wordValue(node.duration, frame)) : null;
  if (node.duration && !(duration instanceof Quantity && duration.unit === 'ns'))
    throw scriptError('type-error', spanOf(frame, node.duration), `a duration is needed, not ${typeName(duration)}`, {
      help: 'for example 250ms or 10s',
    });
  const now = yield* wait(host.clock.now());
  const undo = yield* asking(node, frame, wait(host.inject({ fault: node.fault, domain, args }, frame.run.signal)));
  const untilNs = duration instanceof Quantity ? now + duration.amount : Infinity;
  frame.run.session.interrupts.injections.add({ node, untilNs, undo });
  step(frame, 'inject', node, true);
}

/** A word that was written as a number is one: 2s, 20%. */
function quantityOf(value: Value): Value {
  return typeof value === 'string' ? (parseNumber(value) ?? value) : value;
}
