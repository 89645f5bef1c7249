import type { Command } from './command.ts';

export const dmesg: Command = {
  name: 'dmesg',
  group: 'host',
  summary: "Read the hypervisor's message ring",
  details: 'What the hypervisor has said, also the registers of guests that crashed. Lines begin with (XEN).',
  positionals: [],
  options: [{ long: 'clear', short: 'c', summary: 'empty the ring after reading it', value: null }],
  effect: 'reads',
  examples: [
    { run: 'dmesg', says: 'all of it' },
    { run: 'dmesg -c', says: 'and forget it' },
  ],
  async run({ toolstack }, args) {
    return { kind: 'text', text: await toolstack.dmesg(args.flag('clear')) };
  },
};
