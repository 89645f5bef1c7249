import { NOTHING, type Command } from './command.ts';
import { actedOn } from './find-domain.ts';
import { DOMAINS } from './positionals.ts';

export const pause: Command = {
  name: 'pause',
  group: 'lifecycle',
  summary: 'Pause execution of domains',
  details: 'A paused domain keeps its memory and gets no CPU until it is unpaused. Its own clock stands still for it meanwhile.',
  positionals: [{ ...DOMAINS, states: ['running', 'blocked', 'runnable'] }],
  options: [],
  effect: 'modifies',
  examples: [
    { run: 'pause web', says: 'one domain' },
    { run: 'list | where cpu > 80% | pause', says: 'all that are busy' },
  ],
  async run(context, args) {
    for (const { domid } of await actedOn(context, args)) await context.toolstack.pause(domid);
    return NOTHING;
  },
};
