/** What the toolstack tells of domains, in the words of the language. */
import type { HostEvent } from '../../lang/index.ts';
import type { Toolstack } from '../../dom0/toolstack/types.ts';

export function hostEvents(toolstack: Toolstack): AsyncIterable<HostEvent> {
  // Listened to from now on, not from when somebody asks for the first one.
  const events = toolstack.events();
  return {
    async *[Symbol.asyncIterator]() {
      for await (const event of events) {
        if (event.kind === 'progress') continue;
        const { kind, name, domid, detail = null } = event;
        yield { kind, domain: name, id: domid, detail };
      }
    },
  };
}
