import { NOTHING, type Command } from './command.ts';
import { findDomain } from './find-domain.ts';
import { memoryMiB } from './numbers.ts';
import { DOMAIN } from './positionals.ts';

export const memSet: Command = {
  name: 'mem-set',
  group: 'resources',
  summary: 'Set the current memory usage of a domain',
  details:
    "The guest's balloon driver is asked through xenstore (memory/target); a guest without one keeps what it has. SIZE is in MiB, or has b, k, m, g or t after it.",
  positionals: [DOMAIN, { name: 'size', kind: 'size', summary: 'the new target', required: true }],
  options: [],
  effect: 'modifies',
  examples: [
    { run: 'mem-set web 256', says: '256 MiB' },
    { run: 'mem-set web 1g', says: '1 GiB' },
  ],
  async run(context, args) {
    const size = memoryMiB(args.value('size')!, args.text('size')!);
    const { domid } = await findDomain(context, args.text('domain')!);
    await context.toolstack.setMemory(domid, size);
    return NOTHING;
  },
};
