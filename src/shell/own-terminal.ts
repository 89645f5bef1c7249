/** The full-screen views for a one-shot command on a terminal: it is taken for the view and given back. */
import type { Toolstack } from '../dom0/toolstack/types.ts';
import type { Terminal } from './commands/command.ts';
import type { Io } from './io.ts';
import type { TerminalOwner } from './term/terminal.ts';

export function ownTerminal(toolstack: Toolstack, { stdin, stdout, env }: Io): Terminal | null {
  if (!stdin.isTTY || !stdout.isTTY || env['TERM'] === 'dumb') return null;
  const taken = async <T>(view: (terminal: TerminalOwner) => Promise<T>): Promise<T> => {
    const { openTerminal } = await import('./term/terminal.ts');
    using terminal = openTerminal({ stdin, stdout, env });
    return await view(terminal);
  };
  return {
    async top(options) {
      const { showTop } = await import('./ui/top/top-view.ts');
      await taken((terminal) => showTop(terminal, toolstack, options));
    },
    async attachConsole(domain) {
      const { showConsole } = await import('./ui/console-view.ts');
      const { name } = await toolstack.domain(domain);
      const stream = await toolstack.console(domain, 'start');
      return await taken((terminal) => showConsole(terminal, stream, name));
    },
  };
}
