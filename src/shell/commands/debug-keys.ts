import { NOTHING, type Command } from './command.ts';

export const debugKeys: Command = {
  name: 'debug-keys',
  group: 'host',
  summary: 'Send debug keys to the hypervisor',
  details:
    "What it says to them is in dmesg; the key h lists them all. x is Xenolith's own: opcodes that guests tried and that are not implemented, and what the translator has done.",
  positionals: [{ name: 'keys', kind: 'text', summary: 'letters, one after the other', required: true }],
  options: [],
  effect: 'reads',
  examples: [
    { run: 'debug-keys h', says: 'which keys there are' },
    { run: 'debug-keys qr', says: 'domains and run queues' },
  ],
  async run({ toolstack }, args) {
    await toolstack.debugKeys(args.text('keys')!);
    return NOTHING;
  },
};
