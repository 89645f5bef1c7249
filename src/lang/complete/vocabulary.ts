/** Words of the language as completions: statements, stages, functions, properties. */
import { EVENTS } from '../evaluate/events.ts';
import { BUILTINS } from '../evaluate/builtins.ts';
import { METHOD_DOCS } from '../evaluate/method-docs.ts';
import { CONFIG_KEYS } from '../keys/config-keys.ts';
import type { ConfigKey } from '../keys/config-key.ts';
import type { CompletionItem } from './completion.ts';

function table(kind: CompletionItem['kind'], append: string, words: Readonly<Record<string, string>>): readonly CompletionItem[] {
  return Object.entries(words).map(([text, detail]) => ({ text, detail, kind, append }));
}

export const STATEMENTS: readonly CompletionItem[] = table('keyword', ' ', {
  let: 'a variable: let NAME = VALUE',
  if: 'if COND { … } else { … }',
  for: 'for NAME in LIST { … }',
  while: 'while COND { … }',
  fn: 'a function: fn NAME(a, b = 1) { … }',
  return: 'leaves a function with a value',
  domain: 'declares a domain: domain "web" { memory = 64MiB }',
  wait: 'wait 2s, wait until COND within 10s, wait for EVENT of "web" within 10s',
  on: 'a handler: on crashed of "web" as d { … }',
  inject: 'a fault: inject stall on DOMAIN for 2s',
  assert: 'assert COND, "message"',
  console: 'a dialogue: console DOMAIN { expect /…/; send "…" }',
  every: 'every 1s for 30s { … }',
  parallel: 'parallel { … }',
  try: 'try { … } catch e { … }',
  throw: 'fails with a message',
  include: 'include "other.xm"',
});

export const CONSOLE_STATEMENTS: readonly CompletionItem[] = table('keyword', ' ', {
  expect: 'waits for output: expect /login:/ within 5s',
  send: 'types: send "root\\n"',
  let: 'let m = match /…/',
});

/** Behind `wait`, besides a duration. */
export const WAITS: readonly CompletionItem[] = table('keyword', ' ', {
  until: 'a condition holds: wait until COND within 10s',
  for: 'something happens: wait for EVENT of "web" within 10s',
});

export const STAGES: readonly CompletionItem[] = table('stage', ' ', {
  where: 'rows for which a condition holds: where mem > 64MiB',
  select: 'columns: select name, mem',
  'sort by': 'in order: sort by cpu desc',
  first: 'the first rows: first 3',
  last: 'the last rows: last 3',
  'group by': 'counts rows by a value: group by state',
  count: 'how many rows',
  sum: 'total of a column: sum mem',
  min: 'smallest value of a column',
  max: 'largest value of a column',
  avg: 'mean of a column',
  reverse: 'rows from last to first',
  each: 'a function for each row: each x => x.name',
  'to json': 'as JSON text',
  'to csv': 'as CSV text',
  'to yaml': 'as YAML text; also tsv, ndjson, table',
  join: 'rows of another table with the same value: join (vcpu-list) on name',
  save: 'writes a file: save out.json, out.csv, out.yaml',
});

export const EVENT_NAMES: readonly CompletionItem[] = EVENTS.map(({ name, doc }) => ({
  text: name,
  detail: doc,
  kind: 'keyword',
  append: ' ',
}));

export const FUNCTIONS: readonly CompletionItem[] = BUILTINS.map(({ name, usage, doc }) => ({
  text: name,
  detail: `${usage}: ${doc}`,
  kind: 'function',
  append: '(',
}));

export const GLOBALS: readonly CompletionItem[] = table('variable', '', {
  host: 'the machine: .free_memory, .total_memory, .cpus',
  domains: 'all domains',
  _: 'the last result',
  true: '',
  false: '',
  null: '',
});

export const DOMAIN_PROPERTIES: readonly CompletionItem[] = table('property', '', {
  name: 'its name',
  id: 'its domid',
  uuid: 'its UUID',
  state: 'running, blocked, paused, runnable, shutdown, crashed or dying',
  memory: 'its memory',
  max_memory: 'the limit of its memory',
  cpu_time: 'CPU time so far',
  cpu_share: 'its share of CPU time',
  vcpus: 'its virtual CPUs',
  weight: 'its weight',
  cap: 'its cap',
  uptime: 'how long it has been running',
  disks: 'its disks, as the xenstore tells them',
  nics: 'its network interfaces, as the xenstore tells them',
  shutdown_reason: 'why it stopped; null while it has not',
  console: 'its console: .last(20)',
});

export const HOST_PROPERTIES: readonly CompletionItem[] = table('property', '', {
  free_memory: 'memory that no domain has',
  total_memory: 'memory of the machine',
  cpus: 'physical CPUs',
  cpu_mhz: 'their speed',
  xen_version: 'version of Xen',
});

function methods(docs: (typeof METHOD_DOCS)[string]): readonly CompletionItem[] {
  return Object.entries(docs).map(([text, [usage, doc]]) => ({
    text,
    detail: usage.includes('(') ? `.${usage}: ${doc}` : doc,
    kind: 'property',
    append: usage.includes('(') ? '(' : '',
  }));
}

const LISTS = methods(METHOD_DOCS['lists, ranges and tables']!);
const EVERY = [...Object.values(METHOD_DOCS).flatMap(methods), ...DOMAIN_PROPERTIES];

export const METHODS: Readonly<Record<'lists' | 'texts' | 'all', readonly CompletionItem[]>> = {
  lists: LISTS,
  texts: methods(METHOD_DOCS['texts']!),
  all: EVERY.filter(({ text }, at) => EVERY.findIndex((other) => other.text === text) === at),
};

export function keyDetail({ doc, unit, choices, default: fallback }: ConfigKey): string {
  const parts = [doc, unit && `in ${unit}`, choices && choices.join(', '), fallback && `default ${fallback}`];
  return parts.filter((part) => part).join('; ');
}

/** Keys with an effect first; what only old xm knew is not offered. */
export function configKeys(append: string): readonly CompletionItem[] {
  const ranked = [
    ...CONFIG_KEYS.filter(({ ignored }) => ignored === undefined),
    ...CONFIG_KEYS.filter(({ ignored, old }) => ignored !== undefined && !old),
  ];
  return ranked.map((key) => ({ text: key.name, detail: keyDetail(key), kind: 'key', append }));
}
