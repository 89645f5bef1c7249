/**
 * docs/reference.md and the grammar for editors, from the tables: keys, commands, statements, functions, events, faults, units, diagnostics.
 * `npm run reference` writes them; a test sees that what is committed is what the tables make.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  BUILTINS,
  CONFIG_KEYS,
  DOMAIN_PROPERTIES,
  EVENTS,
  explainProblem,
  HOST_PROPERTIES,
  keyDetail,
  METHOD_DOCS,
  PROBLEM_CODES,
  STAGES,
  STATEMENTS,
  textMateGrammar,
  UNITS,
  type ConfigKey,
} from '../src/lang/index.ts';
import type { Command, Option } from '../src/shell/commands/command.ts';
import { COMMON_OPTIONS } from '../src/shell/commands/common-options.ts';
import { EXIT_CODES } from '../src/shell/commands/failure.ts';
import { COMMANDS } from '../src/shell/commands/table.ts';
import { synopsis } from '../src/shell/commands/usage-line.ts';
import { FAULTS } from '../src/shell/host/faults.ts';

type Cells = readonly string[];

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string): string => `\`${cell(text)}\``;

function table(heading: Cells, rows: readonly Cells[]): string {
  const line = (cells: Cells): string => `| ${cells.join(' | ')} |\n`;
  return line(heading) + line(heading.map(() => '---')) + rows.map(line).join('');
}

const section = (title: string, text: string): string => `## ${title}\n\n${text}`;

interface Item {
  readonly text: string;
  readonly detail: string;
}

const items = (heading: string, list: readonly Item[]): string =>
  table(
    [heading, 'meaning'],
    list.map(({ text, detail }) => [code(text), cell(detail)]),
  );

function keyRow(key: ConfigKey): Cells {
  const note = key.ignored === undefined ? '' : `no effect: ${key.ignored}`;
  return [code(key.name), key.type, cell(keyDetail(key)), cell(key.ours ? 'not of xl' : note)];
}

function keys(): string {
  const effective = CONFIG_KEYS.filter(({ ignored }) => ignored === undefined);
  const ignored = new Map<string, string[]>();
  for (const { name, ignored: why } of CONFIG_KEYS) if (why !== undefined) ignored.set(why, [...(ignored.get(why) ?? []), name]);
  return [
    table(['key', 'type', 'meaning', 'note'], effective.map(keyRow)),
    '\nRead, but without effect:\n\n',
    table(
      ['why', 'keys'],
      [...ignored].map(([why, names]) => [cell(why), names.map(code).join(' ')]),
    ),
  ].join('');
}

const option = ({ long, short, value, summary }: Option): Cells => [
  code(`${short === undefined ? '' : `-${short}, `}--${long}${value === null ? '' : ` ${value.toUpperCase()}`}`),
  cell(summary),
];

function command(one: Command): string {
  const { name, summary, details, options, examples } = one;
  return [
    `### ${name}\n\n\`xm ${synopsis(one)}\`\n\n${summary}.${details === undefined ? '' : ` ${details}`}\n`,
    options.length === 0 ? '' : `\n${table(['option', 'meaning'], options.map(option))}`,
    `\n\`\`\`\n${examples.map(({ run, says }) => `${run.padEnd(44)}  # ${says}`).join('\n')}\n\`\`\`\n`,
  ].join('');
}

function units(): string {
  const byUnit = new Map<string, string[]>();
  for (const [name, { unit }] of Object.entries(UNITS)) byUnit.set(unit, [...(byUnit.get(unit) ?? []), name]);
  return table(
    ['kind', 'units'],
    [...byUnit].map(([unit, names]) => [NAMES[unit]!, names.map(code).join(' ')]),
  );
}

const NAMES: Readonly<Record<string, string>> = { bytes: 'sizes', ns: 'durations', 'bytes/s': 'rates', percent: 'percentages' };

export function referencePage(): string {
  const methods = Object.entries(METHOD_DOCS).map(
    ([kind, docs]) =>
      `Of ${kind}:\n\n${table(
        ['method', 'meaning'],
        Object.values(docs).map(([usage, doc]) => [code(`.${usage}`), cell(doc)]),
      )}`,
  );
  const parts = [
    '# Reference\n\nMade from the tables of the sources by `npm run reference`; `help` in the shell shows the same.\n',
    section('Configuration keys', keys()),
    section('Statements', items('begins with', STATEMENTS)),
    section('Stages of a pipeline', items('stage', STAGES)),
    section(
      'Functions',
      table(
        ['function', 'meaning'],
        BUILTINS.map(({ usage, doc }) => [code(usage), cell(doc)]),
      ),
    ),
    section('Methods', methods.join('\n')),
    section('Properties of a domain', items('property', DOMAIN_PROPERTIES)),
    section('Properties of the host', items('property', HOST_PROPERTIES)),
    section(
      'Events',
      table(
        ['event', 'happens when'],
        EVENTS.map(({ name, doc }) => [code(name), cell(doc)]),
      ),
    ),
    section(
      'Faults',
      table(
        ['fault', 'effect', 'note'],
        FAULTS.map(({ name, usage, doc, missing }) => [
          code(`${name}${usage === '' ? '' : ` ${usage}`}`),
          cell(doc),
          missing === undefined ? '' : `not yet: ${missing}`,
        ]),
      ),
    ),
    section('Units', units()),
    section('Commands', `Options of every command:\n\n${table(['option', 'meaning'], COMMON_OPTIONS.map(option))}`),
    ...COMMANDS.map(command),
    section(
      'Exit codes',
      table(
        ['code', 'meaning'],
        EXIT_CODES.map(({ code: exit, meaning }) => [String(exit), cell(meaning)]),
      ),
    ),
    section('Example programs', examplePrograms()),
    section(
      'Diagnostics',
      table(
        ['code', 'severity', 'what', 'more'],
        PROBLEM_CODES.map((id) => {
          const { severity, title, explanation } = explainProblem(id)!;
          return [id, severity, cell(title), cell(explanation)];
        }),
      ),
    ),
  ];
  return parts.join('\n');
}

/** Each says in its first line what it is. */
function examplePrograms(): string {
  const folder = resolve(import.meta.dirname, '../examples/scripts');
  const rows = readdirSync(folder)
    .toSorted()
    .map((name) => [code(name), cell(/^# (.*[a-z].*)$/m.exec(readFileSync(resolve(folder, name), 'utf8'))?.[1] ?? '')]);
  return `In \`examples/scripts\`; the tests run each of them twice in virtual time. \`xm run --virtual FILE\` runs a program, \`xm create FILE\` a configuration.\n\n${table(['file', 'what it is'], rows)}`;
}

/** docs/xm.tmLanguage.json, and beside the extension for VS Code, which can only point into its own folder. */
export function editorGrammar(): string {
  return `${JSON.stringify(textMateGrammar(COMMANDS.flatMap(({ name, aliases = [] }) => [name, ...aliases])), null, 2)}\n`;
}

export const GRAMMARS = ['docs/xm.tmLanguage.json', 'editors/vscode/xm.tmLanguage.json'] as const;

if (import.meta.main) {
  const folder = resolve(import.meta.dirname, '../docs');
  mkdirSync(folder, { recursive: true });
  writeFileSync(resolve(folder, 'reference.md'), referencePage());
  for (const path of GRAMMARS) writeFileSync(resolve(folder, '..', path), editorGrammar());
}
