import { NOTHING, type Command } from './command.ts';
import { findDomain } from './find-domain.ts';
import { memoryMiB } from './numbers.ts';
import { DOMAIN } from './positionals.ts';

export const memMax: Command = {
  name: 'mem-max',
  group: 'resources',
  summary: 'Set the most memory a domain may have',
  details: "The hypervisor's limit; the guest is not told. SIZE is in MiB, or has b, k, m, g or t after it.",
  positionals: [DOMAIN, { name: 'size', kind: 'size', summary: 'the new limit', required: true }],
  options: [],
  effect: 'modifies',
  examples: [{ run: 'mem-max web 512', says: '512 MiB at most' }],
  async run(context, args) {
    const size = memoryMiB(args.value('size')!, args.text('size')!);
    const { domid } = await findDomain(context, args.text('domain')!);
    await context.toolstack.setMaxMemory(domid, size);
    return NOTHING;
  },
};
