import type { Command } from './command.ts';
import { absolutePath, escapeValue } from './xenstore-paths.ts';

export const xenstoreRead: Command = {
  name: 'xenstore-read',
  group: 'host',
  summary: 'Print values from xenstore',
  positionals: [{ name: 'path', kind: 'xenstore-path', summary: 'of each value', required: true, rest: true }],
  options: [
    { long: 'prefix', short: 'p', summary: 'put the path before the value', value: null },
    { long: 'raw', short: 'R', summary: 'bytes as they are, without escapes', value: null },
  ],
  effect: 'reads',
  examples: [{ run: 'xenstore-read /local/domain/1/name', says: 'one value' }],
  async run({ toolstack }, args) {
    const paths = args.texts('path');
    const values: string[] = [];
    let text = '';
    for (const path of paths) {
      const value = await toolstack.xenstoreRead(absolutePath(path));
      values.push(value);
      text += (args.flag('prefix') ? `${path}: ` : '') + (args.flag('raw') ? value : `${escapeValue(value)}\n`);
    }
    return { kind: 'text', text, value: values.length === 1 ? values[0]! : values };
  },
};
