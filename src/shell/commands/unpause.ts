import { NOTHING, type Command } from './command.ts';
import { actedOn } from './find-domain.ts';
import { DOMAINS } from './positionals.ts';

export const unpause: Command = {
  name: 'unpause',
  group: 'lifecycle',
  summary: 'Unpause paused domains',
  details: 'A domain made with create -p starts with this.',
  positionals: [{ ...DOMAINS, states: ['paused'] }],
  options: [],
  effect: 'modifies',
  examples: [{ run: 'unpause web', says: 'let it go on' }],
  async run(context, args) {
    for (const { domid } of await actedOn(context, args)) await context.toolstack.unpause(domid);
    return NOTHING;
  },
};
