/**
 * Handlers, waiting for events, and faults that end by themselves. Nothing runs in the background: what happened is looked at between two
 * statements and every 10 ms of machine time while the script waits, as a processor takes interrupts. So a script that reacts to events is
 * as repeatable as one that does not.
 */
import type { HostEvent, ScriptHost } from '../host.ts';
import type { EventTrigger, Node, OnStatement } from '../parse/ast.ts';
import { bounded } from '../patterns.ts';
import { DomainHandle, type Value } from '../values.ts';
import { turn } from './eval.ts';
import type { EventKind } from './events.ts';
import type { Frame } from './frame.ts';

export const POLL_NS = 10e6;

/** What a handler, or a `wait for`, wants to hear of. */
export interface Listener {
  readonly trigger: EventTrigger;
  readonly kind: EventKind;
  /** Null: any domain. */
  readonly of: Value;
  /** Of a xenstore event. */
  readonly path: string;
  /** Null for a `wait for`. */
  readonly handler: { readonly node: OnStatement; readonly frame: Frame } | null;
  /** What was last seen, of events that are looked for: a value of the xenstore, states by domain. */
  seen: Value | ReadonlyMap<string, Value>;
  /** What happened and was not taken yet. */
  readonly happened: Value[];
}

export interface Injection {
  readonly node: Node;
  /** Infinity: until the script ends. */
  readonly untilNs: number;
  undo(): Promise<void>;
}

const MOST_WAITING = 4096;

export class Interrupts {
  readonly listeners: Set<Listener> = new Set();
  readonly injections: Set<Injection> = new Set();
  /** A handler is not interrupted by another one. */
  busy = false;
  #events: AsyncIterator<HostEvent> | null = null;
  /** Called when something happened while nothing runs: at the prompt. */
  onEvent: (() => void) | null = null;

  get active(): boolean {
    return this.listeners.size > 0 || this.injections.size > 0;
  }

  /** Something is waited for that the machine does not tell. */
  get needsLooking(): boolean {
    return (
      [...this.listeners].some(({ kind }) => kind.found !== 'told') || [...this.injections].some(({ untilNs }) => untilNs !== Infinity)
    );
  }

  add(listener: Listener, host: ScriptHost): void {
    this.listeners.add(listener);
    if (this.#events !== null) return;
    const events = host.events()[Symbol.asyncIterator]();
    this.#events = events;
    void this.#hear(events).catch(() => undefined);
  }

  async #hear(events: AsyncIterator<HostEvent>): Promise<void> {
    for (;;) {
      const { done, value: event } = await events.next();
      if (done) return;
      for (const listener of this.listeners) {
        if (listener.kind.matches?.(event) && isOf(event.domain, listener.of)) note(listener, handleOf(event));
      }
      if (!this.busy) this.onEvent?.();
    }
  }

  /** Whatever the machine told before its last answer has arrived afterwards. */
  async settle(): Promise<void> {
    await turn();
  }

  async close(): Promise<void> {
    this.listeners.clear();
    void this.#events?.return?.();
    this.#events = null;
    await this.release(() => true);
  }

  /** Takes faults back whose time has come. */
  async release(isOver: (injection: Injection) => boolean): Promise<void> {
    for (const injection of this.injections) {
      if (!isOver(injection)) continue;
      this.injections.delete(injection);
      await injection.undo();
    }
  }
}

export function note(listener: Listener, what: Value): void {
  if (listener.happened.push(what) > MOST_WAITING) listener.happened.shift();
}

function handleOf({ kind, domain, id, detail }: HostEvent): DomainHandle {
  return new DomainHandle(
    domain,
    new Map<string, Value>([
      ['event', kind],
      ['id', BigInt(id)],
      ['reason', detail],
    ]),
  );
}

/** A name may have stars; a pattern, a domain and a list of all these do as well. */
export function isOf(domain: string, of: Value): boolean {
  if (of === null) return true;
  if (of instanceof RegExp) return bounded(of, domain, () => of.test(domain));
  if (of instanceof DomainHandle) return of.name === domain;
  if (Array.isArray(of)) return of.some((one: Value) => isOf(domain, one));
  if (typeof of !== 'string') return false;
  const pattern = of.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${pattern}$`).test(domain);
}
