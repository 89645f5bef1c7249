/** xm --help. */
import type { Command } from './commands/command.ts';
import { commandList, optionList } from './commands/help-text.ts';
import { PROBLEM_TOPIC, TOPICS } from './commands/help-topics.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';

const USAGE = `Usage: xm                        the shell
       xm [OPTIONS] COMMAND ...  one command
       xm [OPTIONS] -c TEXT      a line of the language, or several
       xm [OPTIONS] run FILE     a script

Xenolith is Xen inside one Node.js process. Each xm has a machine of its own: it
starts with domain 0 alone, and it ends, with its domains, when xm ends. To do more
than one thing with a domain, use the shell, -c 'create web.cfg; list', or a script.
`;

export function programHelp(commands: readonly Command[]): string {
  return `${USAGE}\nOptions:\n${optionList(GLOBAL_OPTIONS)}\n${commandList(commands, [...TOPICS, PROBLEM_TOPIC])}`;
}
