import type { Command, CommandContext } from './command.ts';
import { NOTHING } from './command.ts';
import { ShellFailure } from './failure.ts';
import { runText } from '../host/run-text.ts';

async function standardInput({ pipe }: CommandContext): Promise<string> {
  if (!pipe) throw new ShellFailure('not-supported', 'at the prompt there is no other standard input than your keys');
  const chunks: Uint8Array[] = [];
  for await (const chunk of pipe.input) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export const runCommand: Command = {
  name: 'run',
  group: 'shell',
  summary: 'Run a script',
  details: 'A script is lines of the language: commands, variables, loops, waits, assertions, console dialogues (help language).',
  positionals: [{ name: 'file', kind: 'file', summary: 'the script; - is stdin', required: true }],
  options: [{ long: 'virtual', summary: 'in virtual time: the same result every time, as fast as the host can', value: null }],
  effect: 'modifies',
  examples: [{ run: 'run examples/scripts/fair-share.xm', says: 'on this machine' }],
  async run(context, args) {
    const { toolstack, host, cwd, signal } = context;
    if (args.flag('virtual') && (await toolstack.time()).clock !== 'virtual') {
      throw new ShellFailure('not-supported', 'this machine runs in real time', { hint: 'from outside: xm run --virtual FILE' });
    }
    const file = args.text('file')!;
    const { path, text } = file === '-' ? { path: 'standard input', text: await standardInput(context) } : await host.readFile(file, cwd);
    await runText(text, path, host, { signal, onValue: (value) => context.show(value) });
    return NOTHING;
  },
};
