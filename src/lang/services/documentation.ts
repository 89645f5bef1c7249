/** What the tables say of the words of the language, in Markdown. Hover and completion show the same. */
import { DOMAIN_PROPERTIES, HOST_PROPERTIES, STAGES, STATEMENTS, CONSOLE_STATEMENTS, GLOBALS } from '../complete/vocabulary.ts';
import type { CompletionItem } from '../complete/completion.ts';
import { signatureNamed } from '../complete/words.ts';
import { BUILTIN_BY_NAME } from '../evaluate/builtins.ts';
import { EVENT_BY_NAME } from '../evaluate/events.ts';
import { METHOD_DOCS } from '../evaluate/method-docs.ts';
import { configKey } from '../keys/config-keys.ts';
import type { ConfigKey, KeyType } from '../keys/config-key.ts';
import { formatQuantity, parseNumber } from '../units/units.ts';
import { Quantity } from '../values.ts';
import type { Vocabulary } from './vocabulary.ts';

export const fenced = (code: string, language = 'xm'): string => `\`\`\`${language}\n${code}\n\`\`\``;

/** A form to write, and below it what it does. */
const entry = (form: string, text: string, language?: string): string => `${fenced(form, language)}\n\n${sentence(text)}`;

const sentence = (text: string): string =>
  (/[.!?…]$/.test(text) ? text : `${text}.`).replace(/^[a-z](?=[a-z]*[ ,:])/, (letter) => letter.toUpperCase());

const TYPES: Readonly<Record<KeyType, string>> = {
  text: '"…"',
  integer: 'NUMBER',
  boolean: '0 | 1',
  memory: 'MEBIBYTES',
  choice: '"…"',
  list: '[ … ]',
  cpus: '"0-3,^2"',
  'text-or-list': '"…" | [ … ]',
  names: '[ DOMAIN, … ]',
  any: '…',
};

export function keyDoc(name: string): string | null {
  const key = configKey(name);
  if (!key) return null;
  const { doc, type, choices, ignored } = key;
  const value = choices ? choices.map((choice) => `"${choice}"`).join(' | ') : TYPES[type];
  const facts = [
    ...limits(key),
    key.default === undefined ? '' : `default: \`${key.default}\``,
    key.ours ? 'not a key of real xl' : '',
    key.old ? 'known to xm only; xl drops it silently' : '',
  ].filter((fact) => fact !== '');
  const what = ignored === undefined ? doc : `Has no effect here: ${ignored}`;
  return [entry(`${name} = ${value}`, what), ...facts.map((fact) => `- ${fact}`)].join('\n').replace(/\n- /, '\n\n- ');
}

function limits({ unit, min, max, type }: ConfigKey): readonly string[] {
  const range =
    min !== undefined && max !== undefined
      ? `${min} to ${max}`
      : min !== undefined && min > 0
        ? `at least ${min}`
        : max === undefined
          ? ''
          : `at most ${max}`;
  const size = type === 'memory' ? 'MiB; in a script also with a unit: `64MiB`, `1GiB`' : unit;
  return [size === undefined ? '' : `in ${size}`, range];
}

export function functionDoc(name: string): string | null {
  const builtin = BUILTIN_BY_NAME.get(name);
  return builtin ? entry(builtin.usage, builtin.doc) : null;
}

/** Without knowing what it is a method of: all that are called so. */
export function memberDoc(name: string, of: 'domain' | 'host' | null): string | null {
  const table = of === 'host' ? HOST_PROPERTIES : of === 'domain' ? DOMAIN_PROPERTIES : null;
  const property = table?.find(({ text }) => text === name);
  if (property) return entry(`${of === 'host' ? 'host' : 'domain(NAME)'}.${name}`, property.detail);
  if (table) return null;
  const methods = Object.entries(METHOD_DOCS).flatMap(([kind, docs]) =>
    Object.hasOwn(docs, name) ? [{ kind, usage: docs[name]![0], doc: docs[name]![1] }] : [],
  );
  const domains = DOMAIN_PROPERTIES.find(({ text }) => text === name);
  const told = [
    ...methods.map(({ kind, usage, doc }) => entry(`.${usage}`, `of ${kind}: ${doc}`)),
    ...(domains ? [entry(`.${name}`, `of a domain: ${domains.detail}`)] : []),
  ];
  return told.length === 0 ? null : told.join('\n\n');
}

/** Details of statements and stages hold their form: 'a variable: let NAME = VALUE', 'every 1s for 30s { … }'. */
function formDoc(items: readonly CompletionItem[], name: string, before = ''): string | null {
  const detail = items.find(({ text }) => text === name)?.detail ?? '';
  if (detail === '') return null;
  const at = detail.startsWith(`${name} `) ? 0 : detail.indexOf(`: ${name} `) + 2;
  if (at === 1) return entry(before + name, detail);
  const form = fenced(before + detail.slice(at));
  return at === 0 ? form : `${form}\n\n${sentence(detail.slice(0, at - 2))}`;
}

export const statementDoc = (word: string): string | null => formDoc([...STATEMENTS, ...CONSOLE_STATEMENTS], word);

/** `to csv` and the other formats have one line between them. */
export function stageDoc(name: string): string | null {
  return formDoc(STAGES, name, '… | ') ?? (name.startsWith('to ') ? entry(`… | ${name}`, 'the table as text of this format') : null);
}

export const globalDoc = (name: string): string | null => formDoc(GLOBALS, name);

export function eventDoc(name: string): string | null {
  const event = EVENT_BY_NAME.get(name);
  return event ? entry(name === 'xenstore' ? 'on xenstore PATH as value { … }' : `on ${name} of "NAME" as d { … }`, event.doc) : null;
}

export function faultDoc(name: string, { faults }: Vocabulary): string | null {
  const fault = faults.find((one) => one.name === name);
  return fault ? entry(`inject ${[name, fault.usage, 'on DOMAIN for 2s'].filter((part) => part !== '').join(' ')}`, fault.doc) : null;
}

export function commandDoc(name: string, vocabulary: Vocabulary): string | null {
  const signature = signatureNamed(name, vocabulary.commands);
  const page = signature ? vocabulary.page(signature.name) : null;
  return signature ? (page ?? entry(signature.name, signature.summary)) : null;
}

export function optionDoc(text: string, command: string, { commands, options }: Vocabulary): string | null {
  const all = [...(commands.get(command)?.options ?? []), ...options];
  const option =
    all.find(({ long, short }) => text === `--${long}` || text === `-${short}`) ??
    all.find(({ long }) => text.length > 3 && `--${long}`.startsWith(text));
  if (!option) return null;
  const { long, short, value, summary } = option;
  return entry(
    `${command} ${short === undefined ? '' : `-${short}, `}--${long}${value === null ? '' : `=${value.toUpperCase()}`}`,
    summary,
    'text',
  );
}

const KINDS = { bytes: 'a size', ns: 'a duration', 'bytes/s': 'a rate', percent: 'a percentage' } as const;

/** What a number comes to; null where it says that itself. */
export function numberDoc(text: string, key: string | null): string | null {
  const value = parseNumber(text);
  if (value instanceof Quantity) {
    const others = [...new Set(spellings(value))].filter((one) => one.replaceAll(/[ ,]/g, '') !== text);
    return [`\`${text}\`: ${KINDS[value.unit]}`, others.join(' = ')].filter((part) => part !== '').join(', ');
  }
  const { type, unit } = (key === null ? undefined : configKey(key)) ?? {};
  if (typeof value !== 'bigint') return null;
  if (type === 'memory')
    return [`\`${text}\` MiB`, formatQuantity(new Quantity('bytes', Number(value) * 2 ** 20))]
      .filter((one) => one !== `${text}MiB`)
      .join(' = ');
  if (unit !== undefined) return `\`${text}\` ${unit}`;
  return String(value) === text ? null : `\`${text}\` = ${value}`;
}

function spellings(value: Quantity): readonly string[] {
  const { unit, amount } = value;
  const plain = (number: number): string => number.toLocaleString('en-US', { maximumFractionDigits: 9 });
  const base = {
    bytes: `${plain(amount)} bytes`,
    ns: `${plain(amount / 1e9)} s`,
    'bytes/s': `${plain(amount)} bytes a second`,
    percent: plain(amount / 100),
  };
  return [formatQuantity(value), base[unit]];
}

/** Of something that completion offers. */
export function itemDocumentation(
  { text, kind }: Pick<CompletionItem, 'text' | 'kind'>,
  command: string,
  vocabulary: Vocabulary,
): string | null {
  switch (kind) {
    case 'command':
      return commandDoc(text, vocabulary);
    case 'option':
      return optionDoc(text, command, vocabulary);
    case 'key':
      return keyDoc(text);
    case 'keyword':
      return statementDoc(text) ?? eventDoc(text);
    case 'function':
      return functionDoc(text);
    case 'property':
      return memberDoc(text, null);
    case 'stage':
      return stageDoc(text);
    case 'variable':
      return globalDoc(text);
    case 'domain':
    case 'file':
    case 'directory':
    case 'path':
    case 'value':
      return null;
  }
}
