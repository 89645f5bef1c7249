import { NOTHING, type Command } from './command.ts';
import { attachConsole } from './attach-console.ts';
import { findDomain } from './find-domain.ts';
import { DOMAIN } from './positionals.ts';

export const consoleCommand: Command = {
  name: 'console',
  group: 'lifecycle',
  summary: "Attach to a domain's console",
  details:
    'What the guest has printed so far comes first, then what it prints now; keys go to it as they are. Ctrl-] leaves, the guest runs on. ' +
    'Without a terminal, stdin goes to the guest and its console to stdout, until the guest ends, or stdin has ended and the guest is silent. ' +
    'In a script, a block after the name is a dialogue: console web { expect /login:/ within 5s; send "root\\n" }.',
  positionals: [DOMAIN],
  options: [],
  effect: 'modifies',
  examples: [{ run: 'console web', says: 'Ctrl-] leaves' }],
  async run(context, args) {
    await attachConsole(context, await findDomain(context, args.text('domain')!));
    return NOTHING;
  },
};
