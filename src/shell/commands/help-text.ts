/** Help pages, from the commands' records. */
import type { Command, Group, Option, Positional } from './command.ts';
import { COMMON_OPTIONS } from './common-options.ts';
import { synopsis } from './usage-line.ts';

const GROUPS: Readonly<Record<Group, string>> = {
  lifecycle: 'Domains',
  listing: 'Listing',
  resources: 'CPU and memory',
  host: 'Host and xenstore',
  shell: 'Shell',
};

const WIDTH = 80;

export function wrap(text: string, indent = '', width: number = WIDTH): string {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = indent;
    for (const word of paragraph.split(' ')) {
      if (line.length > indent.length && line.length + 1 + word.length > width) {
        lines.push(line);
        line = indent;
      }
      line += (line.length > indent.length ? ' ' : '') + word;
    }
    lines.push(line.trimEnd());
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** Two columns: what stands on the left, and its summary wrapped beside it. */
function pairs(rows: readonly (readonly [string, string])[], indent = '  '): string {
  const left = Math.min(28, Math.max(...rows.map(([name]) => name.length)));
  return rows
    .map(([name, summary]) => {
      const text = wrap(summary, ' '.repeat(indent.length + left + 2));
      const place = `${indent}${name.padEnd(left)}  `;
      return name.length > left ? `${indent}${name}\n${text}` : place + text.slice(place.length);
    })
    .join('');
}

function optionRow({ long, short, value, mayCarry, summary }: Option): readonly [string, string] {
  const carried = value === null ? (mayCarry ? '[=VALUE]' : '') : ` ${value.toUpperCase()}`;
  return [`${short === undefined ? '   ' : `-${short},`} --${long}${carried}`, summary];
}

const operandRow = ({ name, summary }: Positional): readonly [string, string] => [name.toUpperCase(), summary];

export function commandHelp(command: Command): string {
  const { aliases = [], summary, details, positionals, options, examples } = command;
  const common = COMMON_OPTIONS.filter(({ long }) => !options.some((option) => option.long === long));
  const parts = [
    `Usage: xm ${synopsis(command)}\n`,
    wrap(`${summary}.`),
    details === undefined ? '' : wrap(details),
    aliases.length === 0 ? '' : `Also: ${aliases.join(', ')}\n`,
    positionals.length === 0 ? '' : `Operands:\n${pairs(positionals.map(operandRow))}`,
    options.length === 0 ? '' : `Options:\n${pairs(options.map(optionRow))}`,
    `Options of every command:\n${pairs(common.map(optionRow))}`,
    `Examples:\n${pairs(examples.map(({ run, says }) => [run, says] as const))}`,
  ];
  return parts.filter((part) => part !== '').join('\n');
}

export function optionList(options: readonly Option[]): string {
  return pairs(options.map(optionRow));
}

export interface Topic {
  readonly name: string;
  readonly summary: string;
}

export function commandList(commands: readonly Command[], topics: readonly Topic[]): string {
  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const members = commands.filter((command) => command.group === group);
    return `${title}\n${pairs(members.map(({ name, aliases = [], summary }) => [[name, ...aliases].join(', '), summary] as const))}`;
  });
  const more = `More: help NAME\n${pairs([...topics.map(({ name, summary }) => [name, summary] as const), ['COMMAND', 'the page of a command; the same as COMMAND --help']])}`;
  return [...groups, more].join('\n');
}
