import { problemPage } from '../host/problem-page.ts';
import type { Command } from './command.ts';
import { usage } from './failure.ts';
import { commandHelp, commandList } from './help-text.ts';
import { PROBLEM_TOPIC, TOPICS } from './help-topics.ts';
import { didYouMean } from './near.ts';
import { findCommand, namesOf, PROGRAM_NAMES } from './resolve-command.ts';

const PROBLEM_CODE = /^XM\d+$/i;

/** Works without a machine: `xm help` opens none. */
export async function helpText(commands: readonly Command[], topic: string | undefined): Promise<string> {
  if (topic === undefined || PROGRAM_NAMES.has(topic)) return commandList(commands, [...TOPICS, PROBLEM_TOPIC]);
  if (PROBLEM_CODE.test(topic)) return await problemPage(topic.toUpperCase());
  const page = TOPICS.find(({ name }) => name === topic);
  if (page) return page.text();
  const command = findCommand(commands, topic);
  if (command) return commandHelp(command);
  const names = [...namesOf(commands), ...TOPICS.map(({ name }) => name)];
  throw usage(`there is no help about '${topic}'`, didYouMean(topic, names) ?? "'help' lists what there is");
}

export const help: Command = {
  name: 'help',
  group: 'shell',
  summary: 'List the commands, or explain one',
  positionals: [{ name: 'topic', kind: 'command', summary: 'a command, a topic, or the code of a diagnostic', required: false }],
  options: [],
  effect: 'reads',
  examples: [
    { run: 'help', says: 'all commands' },
    { run: 'help create', says: 'one of them' },
    { run: 'help exit-codes', says: 'what a script can rely on' },
  ],
  async run(_context, args) {
    const { COMMANDS } = await import('./table.ts');
    return { kind: 'text', text: await helpText(COMMANDS, args.text('topic')) };
  },
};
