import { NOTHING, type Command } from './command.ts';
import { usage } from './failure.ts';
import { usageLine } from './usage-line.ts';
import { absolutePath, unescapeValue } from './xenstore-paths.ts';

export const xenstoreWrite: Command = {
  name: 'xenstore-write',
  group: 'host',
  summary: 'Write values to xenstore',
  details:
    'Several pairs of PATH and VALUE may stand on one line. In a value \\n, \\t, \\r, \\\\, \\xHH and \\OOO mean what they mean to the real tool.',
  positionals: [
    { name: 'path', kind: 'xenstore-path', summary: 'where', required: true },
    { name: 'value', kind: 'text', summary: 'what', required: true, rest: true },
  ],
  options: [{ long: 'raw', short: 'R', summary: 'take backslashes as they are', value: null }],
  effect: 'modifies',
  examples: [{ run: 'xenstore-write /local/domain/1/control/shutdown poweroff', says: 'what shutdown does' }],
  async run({ toolstack }, args) {
    const words = [args.text('path')!, ...args.texts('value')];
    if (words.length % 2 === 1) throw usage(`there is no value for '${words.at(-1)}'`, usageLine(xenstoreWrite));
    for (let at = 0; at < words.length; at += 2) {
      const value = words[at + 1]!;
      await toolstack.xenstoreWrite(absolutePath(words[at]!), args.flag('raw') ? value : unescapeValue(value));
    }
    return NOTHING;
  },
};
