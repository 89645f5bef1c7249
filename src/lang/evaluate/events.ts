/** What a script can wait for and react to: one table for `on` and `wait for`, for completion and for the reference. */
import type { HostEvent } from '../host.ts';
import type { EventTrigger, Node } from '../parse/ast.ts';
import { didYouMean } from '../problems/did-you-mean.ts';

export interface EventKind {
  readonly name: string;
  readonly doc: string;
  /** How it is found: the machine tells it, or the interpreter looks at the machine every 10 ms of its time. */
  readonly found: 'told' | 'state' | 'xenstore';
  /** Why this machine never tells it. */
  readonly never?: string;
  /** Of the machine's events, those that are this one. */
  matches?(event: HostEvent): boolean;
}

function told(name: string, doc: string, matches: (event: HostEvent) => boolean = (event) => event.kind === name): EventKind {
  return { name, doc, found: 'told', matches };
}

export const EVENTS: readonly EventKind[] = [
  told('created', 'a domain is there, still paused'),
  told('started', 'a domain runs for the first time'),
  told('paused', 'a domain was paused'),
  told('unpaused', 'a domain runs again'),
  { name: 'blocked', doc: 'a domain has come to wait for something', found: 'state' },
  told('shutdown', 'a domain shut itself down; .reason says why'),
  told('rebooted', 'a domain was started again in place of one that stopped'),
  told('crashed', 'a domain crashed; .reason says why'),
  told('destroyed', 'a domain is gone'),
  told('renamed', 'a domain has a new name'),
  {
    ...told('migrated', 'a domain came from another machine; not yet: there is no migration'),
    never: 'domains do not migrate yet',
  },
  told('watchdog', "a domain's watchdog stopped it", ({ kind, detail }) => kind === 'shutdown' && detail === 'watchdog'),
  {
    name: 'xenstore',
    doc: 'the value at a path of the xenstore changed: on xenstore "/local/domain/1/name" as value { … }',
    found: 'xenstore',
  },
];

export const EVENT_BY_NAME: ReadonlyMap<string, EventKind> = new Map(EVENTS.map((kind) => [kind.name, kind]));

interface TriggerFault {
  readonly place: Node;
  readonly message: string;
  readonly help?: string;
}

/** What is wrong with an event as it is written; null: nothing. */
export function triggerFault({ event, path, of, start }: EventTrigger): TriggerFault | null {
  const place = { start, end: start + event.length };
  const kind = EVENT_BY_NAME.get(event);
  if (!kind) {
    const help = didYouMean(event, EVENT_BY_NAME.keys()) ?? `the events are ${[...EVENT_BY_NAME.keys()].join(', ')}`;
    return { place, message: `there is no event '${event}'`, help };
  }
  if (kind.found !== 'xenstore')
    return path ? { place: path, message: `'${event}' takes no path`, help: `for one domain: ${event} of "web"` } : null;
  if (!path) return { place, message: "'xenstore' needs a path", help: 'for example xenstore "/local/domain/1/name"' };
  return of ? { place: of, message: 'a path of the xenstore is of no domain' } : null;
}
