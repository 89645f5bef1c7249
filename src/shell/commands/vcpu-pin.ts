import { NOTHING, type Command } from './command.ts';
import { hostCpuCount, parseCpus } from './cpu-sets.ts';
import { ShellFailure, usage } from './failure.ts';
import { findDomain } from './find-domain.ts';
import { DOMAIN } from './positionals.ts';

function affinity(text: string | undefined, hostCpus: number): readonly number[] | null {
  if (text === undefined || text === '-') return null;
  const cpus = parseCpus(text, hostCpus);
  if (cpus.length === 0) throw usage(`no physical CPU is left in '${text}'`, `the host has CPUs 0 to ${hostCpus - 1}`);
  return cpus;
}

export const vcpuPin: Command = {
  name: 'vcpu-pin',
  group: 'resources',
  summary: 'Set which physical CPUs a virtual CPU can use',
  details:
    'VCPU is a number, or all. HARD is where it may run, SOFT where it would rather run: all, or numbers and ranges (0-3,^1 is 0, 2 and 3; ' +
    'nodes:0 is the CPUs of node 0). A - leaves that one as it is.',
  positionals: [
    DOMAIN,
    { name: 'vcpu', kind: 'number', summary: 'number of the virtual CPU, or all', required: true },
    { name: 'hard', kind: 'text', summary: 'CPUs it may use; - to leave them, all for all', required: true },
    { name: 'soft', kind: 'text', summary: 'CPUs it prefers; - to leave them, all for all', required: false },
  ],
  options: [],
  effect: 'modifies',
  examples: [
    { run: 'vcpu-pin web 0 1', says: 'its first virtual CPU runs on CPU 1 only' },
    { run: 'vcpu-pin web all 0-3,^1', says: 'all of them on 0, 2 or 3' },
    { run: 'vcpu-pin web 0 - 2', says: 'only the preference' },
  ],
  async run(context, args) {
    const { toolstack } = context;
    const which = args.text('vcpu')!;
    if (which !== 'all' && !/^\d+$/.test(which)) throw usage(`Error: Invalid argument ${which} as VCPU.`, 'a number, or all');
    const { domid, name, maxVcpus } = await findDomain(context, args.text('domain')!);
    const hostCpus = await hostCpuCount(toolstack);
    const hard = affinity(args.text('hard'), hostCpus);
    const soft = affinity(args.text('soft'), hostCpus);
    const vcpu = which === 'all' ? 'all' : Number(which);
    if (vcpu !== 'all' && vcpu >= maxVcpus) {
      throw new ShellFailure('invalid', `${name} has no virtual CPU ${vcpu}`, {
        hint: maxVcpus === 1 ? 'it has one, number 0' : `it has 0 to ${maxVcpus - 1}`,
      });
    }
    await toolstack.pinVcpu(domid, vcpu, hard, soft);
    return NOTHING;
  },
};
