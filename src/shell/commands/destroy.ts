import { NOTHING, type Command } from './command.ts';
import { ShellFailure } from './failure.ts';
import { actedOn } from './find-domain.ts';
import { DOMAINS } from './positionals.ts';

export const destroy: Command = {
  name: 'destroy',
  group: 'lifecycle',
  summary: 'Terminate domains immediately',
  details: 'The guest is not asked and nothing is saved: what shutdown does politely, this does as a power cut.',
  positionals: [DOMAINS],
  options: [
    {
      long: 'force',
      short: 'f',
      summary: 'permit destroying domain 0, which only works where another domain controls the machine',
      value: null,
    },
  ],
  effect: 'destroys',
  examples: [{ run: 'destroy web db', says: 'two at once' }],
  async run(context, args) {
    const domains = await actedOn(context, args);
    if (domains.some(({ domid }) => domid === 0) && !args.flag('force')) {
      throw new ShellFailure('not-allowed', 'Not destroying domain 0; use -f to force.', {
        hint: 'This can only be done when using a disaggregated hardware domain and toolstack.',
      });
    }
    for (const { domid } of domains) await context.toolstack.destroy(domid);
    return NOTHING;
  },
};
