import type { Command } from './command.ts';
import { DOMAINS } from './positionals.ts';
import { SHUTDOWN_OPTIONS, shutDownDomains } from './shut-down-domains.ts';

export const reboot: Command = {
  name: 'reboot',
  group: 'lifecycle',
  summary: 'Ask domains to reboot',
  details: 'What happens when the guest has stopped is said by on_reboot in its configuration: restart unless it says otherwise.',
  positionals: [DOMAINS],
  options: SHUTDOWN_OPTIONS,
  effect: 'modifies',
  examples: [{ run: 'reboot web', says: 'a new start with the same configuration' }],
  run: (context, args) => shutDownDomains('reboot', context, args),
};
