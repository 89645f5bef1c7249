import { packageVersion } from '../host/package-files.ts';
import type { Command } from './command.ts';

export const version: Command = {
  name: 'version',
  group: 'shell',
  summary: 'Print the version of Xenolith and of what it runs on',
  positionals: [],
  options: [],
  effect: 'reads',
  examples: [{ run: 'version', says: 'both versions' }],
  async run({ toolstack }) {
    const own = packageVersion();
    const xen = (await toolstack.info())['xen_version'] ?? '';
    const value = new Map([
      ['xenolith', own],
      ['xen', xen],
      ['node', process.versions.node],
    ]);
    return { kind: 'text', text: `Xenolith ${own} (Xen ${xen}, Node.js ${process.versions.node})\n`, value };
  },
};
