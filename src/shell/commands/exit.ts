import { NOTHING, type Command } from './command.ts';
import { integer } from './numbers.ts';

export const exit: Command = {
  name: 'exit',
  aliases: ['quit'],
  group: 'shell',
  summary: 'Leave the shell; the machine and its domains end with it',
  positionals: [{ name: 'code', kind: 'number', summary: 'exit code, 0 without one', required: false }],
  options: [],
  effect: 'destroys',
  examples: [{ run: 'exit', says: 'leave' }],
  run(context, args) {
    const code = args.value('code');
    context.leave(code === undefined ? 0 : integer(code, 'an exit code', { min: 0, max: 255 }));
    return Promise.resolve(NOTHING);
  },
};
