/** Asks a guest to stop, by xenstore's control/shutdown, and waits for it if that is wanted. */
import type { Dom0 } from './dom0.ts';
import { domainPath } from '../xenstore/path.ts';
import type { KnownDomain } from './domain-table.ts';
import { ToolstackError, type DomainEvent } from './types.ts';

export async function shutdownDomain(
  dom0: Dom0,
  known: KnownDomain,
  how: 'poweroff' | 'reboot',
  waitNs: number | undefined,
): Promise<void> {
  const { domid, name } = known;
  const events = dom0.events.listen();
  try {
    const stopped = await dom0.run(() => {
      // It may have stopped, or gone, while this request was on its way.
      if (dom0.domains.get(domid) !== known || known.stopped !== null) return true;
      dom0.store.write(`${domainPath(domid)}/control/shutdown`, how);
      return false;
    });
    if (stopped) {
      if (waitNs !== undefined) return;
      throw new ToolstackError({
        code: 'wrong-state',
        message: `${name} has shut down already`,
        hint: 'destroy removes what is left of it',
      });
    }
    if (waitNs === undefined) return;
    const ended = await withTimeout(dom0, untilStopped(events, domid), waitNs);
    if (ended === null)
      throw new ToolstackError({
        code: 'timed-out',
        message: `${name} has not shut down within ${waitNs / 1e9} s`,
        hint: 'a guest may ignore the request; destroy does not ask',
      });
    if (ended.kind === 'crashed')
      throw new ToolstackError({
        code: 'guest-crashed',
        message: `${name} crashed instead of shutting down`,
        hint: 'dmesg has its registers',
      });
  } finally {
    await events.return?.();
  }
}

async function untilStopped(events: AsyncIterable<DomainEvent>, domid: number): Promise<DomainEvent> {
  for await (const event of events)
    if (event.kind !== 'progress' && event.domid === domid && ['shutdown', 'crashed', 'destroyed'].includes(event.kind)) return event;
  throw new ToolstackError({ code: 'cancelled', message: 'the machine was halted' });
}

/** null: machine time has run out. */
async function withTimeout<T>({ time }: Dom0, event: Promise<T>, waitNs: number): Promise<T | null> {
  const enough = new AbortController();
  const late = time.sleepUntil(time.nowNs + waitNs, enough.signal).then(() => null);
  // Given up when the event comes first: then nobody looks at it any more.
  late.catch(() => undefined);
  try {
    return await Promise.race([event, late]);
  } finally {
    enough.abort();
  }
}
