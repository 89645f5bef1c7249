/** "usage: xm create [-p] [-c] FILE [KEY=VALUE...]": one line, from the command's record. */
import type { Command, Positional } from './command.ts';

function operand({ name, required, rest }: Positional): string {
  const shown = name.toUpperCase() + (rest ? '...' : '');
  return required ? shown : `[${shown}]`;
}

export function synopsis(command: Command): string {
  const options = command.options.length > 0 ? ['[OPTIONS]'] : [];
  return [command.name, ...options, ...command.positionals.map(operand)].join(' ');
}

export function usageLine(command: Command): string {
  return `usage: xm ${synopsis(command)}`;
}
