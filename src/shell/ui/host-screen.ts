/** What a running command may ask of the screen. */
import type { Toolstack } from '../../dom0/toolstack/types.ts';
import type { Terminal } from '../commands/command.ts';
import type { TerminalOwner } from '../term/terminal.ts';
import { showConsole } from './console-view.ts';
import type { LiveRegion } from './live-region.ts';

/** The views that take the whole terminal; the live region comes back after them. */
export function fullViews(terminal: TerminalOwner, region: LiveRegion, machine: Promise<Toolstack>): Terminal {
  return {
    async top({ delayMs }) {
      // Loaded when it is first looked at: the prompt does not wait for it.
      const [{ showTop }, toolstack] = await Promise.all([import('./top/top-view.ts'), machine]);
      await region.away(() => showTop(terminal, toolstack, { delayMs }));
    },
    async attachConsole(domain) {
      const toolstack = await machine;
      const { name } = await toolstack.domain(domain);
      const stream = await toolstack.console(domain, 'start');
      return region.away(() => showConsole(terminal, stream, name));
    },
  };
}
