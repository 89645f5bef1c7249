/** Names to commands: exact, an alias, or a beginning that fits only one. */
import type { Command } from './command.ts';
import { usage } from './failure.ts';
import { didYouMean } from './near.ts';

/** `xm list` and `xl list` at the prompt mean `list`. */
export const PROGRAM_NAMES: ReadonlySet<string> = new Set(['xm', 'xl']);

export function namesOf(commands: readonly Command[]): readonly string[] {
  return commands.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
}

/** null: no command is called so, and none or several begin so. */
export function findCommand(commands: readonly Command[], word: string): Command | null {
  const exact = commands.find(({ name, aliases = [] }) => name === word || aliases.includes(word));
  if (exact || word === '') return exact ?? null;
  const begin = new Set(
    commands.filter(({ name, aliases = [] }) => name.startsWith(word) || aliases.some((alias) => alias.startsWith(word))),
  );
  return begin.size === 1 ? [...begin][0]! : null;
}

export function resolveCommand(commands: readonly Command[], word: string): Command {
  const found = findCommand(commands, word);
  if (found) return found;
  const begin = word === '' ? [] : namesOf(commands).filter((name) => name.startsWith(word));
  if (begin.length > 1) throw usage(`'${word}' is the beginning of several commands: ${begin.join(', ')}`);
  throw usage(`there is no command '${word}'`, didYouMean(word, namesOf(commands)) ?? "'help' lists the commands");
}
