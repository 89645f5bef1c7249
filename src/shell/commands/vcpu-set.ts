import { NOTHING, type Command } from './command.ts';
import { hostCpuCount } from './cpu-sets.ts';
import { usage } from './failure.ts';
import { findDomain } from './find-domain.ts';
import { DOMAIN } from './positionals.ts';

export const vcpuSet: Command = {
  name: 'vcpu-set',
  group: 'resources',
  summary: 'Set how many virtual CPUs a domain may use',
  details:
    'The guest is told through xenstore (cpu/N/availability) and takes its virtual CPUs on or off line itself. More than it was created with (maxvcpus) it never gets.',
  positionals: [DOMAIN, { name: 'count', kind: 'number', summary: 'how many', required: true }],
  options: [{ long: 'ignore-host', short: 'i', summary: 'also more than the host has physical CPUs', value: null }],
  effect: 'modifies',
  examples: [{ run: 'vcpu-set web 2', says: 'two from now on' }],
  async run(context, args) {
    const text = args.text('count')!;
    if (!/^\d+$/.test(text)) throw usage('Error: Invalid argument.', `'${text}' is not a number of virtual CPUs`);
    const count = Number(text);
    if (count < 1) throw usage('a domain needs at least 1 virtual CPU', 'pause stops it, destroy ends it');
    const { domid } = await findDomain(context, args.text('domain')!);
    const cpus = await hostCpuCount(context.toolstack);
    if (count > cpus && !args.flag('ignore-host')) {
      throw usage(
        `You are overcommmitting! You have ${cpus} physical CPUs and want ${count} vCPUs! Aborting, use --ignore-host to continue`,
        `vcpu-set -i ${args.text('domain')} ${count}`,
      );
    }
    await context.toolstack.setVcpus(domid, count);
    return NOTHING;
  },
};
