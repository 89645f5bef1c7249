import type { Command } from './command.ts';
import { DOMAINS } from './positionals.ts';
import { SHUTDOWN_OPTIONS, shutDownDomains } from './shut-down-domains.ts';

export const shutdown: Command = {
  name: 'shutdown',
  group: 'lifecycle',
  summary: 'Ask domains to shut down',
  details:
    'The request goes through xenstore (control/shutdown); a guest that does not watch for it goes on running. destroy needs no consent.',
  positionals: [DOMAINS],
  options: SHUTDOWN_OPTIONS,
  effect: 'modifies',
  examples: [
    { run: 'shutdown web -w', says: 'and return when it is off' },
    { run: 'shutdown -a -w --timeout=30s', says: 'all of them, for half a minute at most' },
  ],
  run: (context, args) => shutDownDomains('poweroff', context, args),
};
