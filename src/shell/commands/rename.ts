import { NOTHING, type Command } from './command.ts';
import { findDomain } from './find-domain.ts';
import { DOMAIN } from './positionals.ts';

export const rename: Command = {
  name: 'rename',
  group: 'lifecycle',
  summary: 'Rename a domain',
  positionals: [DOMAIN, { name: 'new-name', kind: 'text', summary: 'its new name', required: true }],
  options: [],
  effect: 'modifies',
  examples: [{ run: 'rename web web-old', says: 'the guest does not notice' }],
  async run(context, args) {
    const { domid } = await findDomain(context, args.text('domain')!);
    await context.toolstack.rename(domid, args.text('new-name')!);
    return NOTHING;
  },
};
