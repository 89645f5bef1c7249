import { NOTHING, type Command } from './command.ts';
import { absolutePath } from './xenstore-paths.ts';

export const xenstoreRm: Command = {
  name: 'xenstore-rm',
  group: 'host',
  summary: 'Remove nodes from xenstore, with what is below them',
  positionals: [{ name: 'path', kind: 'xenstore-path', summary: 'of each node', required: true, rest: true }],
  options: [],
  effect: 'destroys',
  examples: [{ run: 'xenstore-rm /tool/test', says: 'the node and all below it' }],
  async run({ toolstack }, args) {
    for (const path of args.texts('path')) await toolstack.xenstoreRemove(absolutePath(path));
    return NOTHING;
  },
};
