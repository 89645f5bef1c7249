/** Completion of a command's words, by its signature. */
import type { CommandSignature, WordKind } from '../host.ts';
import { configKey } from '../keys/config-keys.ts';
import type { CompletionContext, CompletionItem } from './completion.ts';
import { configKeys } from './vocabulary.ts';

export interface WordRequest {
  readonly signature: CommandSignature;
  /** Words before the one that is completed. */
  readonly before: readonly string[];
  /** The word up to the cursor, without its quotes. */
  readonly typed: string;
  readonly quoted: boolean;
}

export interface WordAnswer {
  /** How many characters at the start of the word stay: `--file=`. */
  readonly kept: number;
  readonly items: readonly CompletionItem[];
}

type Options = CommandSignature['options'];
type Wanted = Pick<CommandSignature['positionals'][number], 'kind' | 'states'>;

export async function completeWord(request: WordRequest, context: CompletionContext): Promise<WordAnswer> {
  const { signature, before, typed, quoted } = request;
  const options: Options = [...signature.options, ...(context.options ?? [])];
  if (!quoted && typed.startsWith('--') && typed.includes('=')) {
    const equals = typed.indexOf('=');
    const option = options.find(({ long }) => long === typed.slice(2, equals));
    return { kept: equals + 1, items: option?.value ? await ofKind({ kind: option.value }, typed.slice(equals + 1), [], context) : [] };
  }
  const last = before.at(-1);
  const awaited = last === undefined || before.includes('--') ? undefined : optionThatTakes(last, options);
  if (awaited) return { kept: 0, items: await ofKind({ kind: awaited }, typed, [], context) };
  if (!quoted && typed.startsWith('-') && !before.includes('--')) return { kept: 0, items: optionItems(options, before) };
  const given = positionalsIn(before, options);
  const { positionals } = signature;
  const positional = positionals[given.length] ?? (positionals.at(-1)?.rest ? positionals.at(-1) : undefined);
  if (!positional) return { kept: 0, items: [] };
  const keyValue = /^([a-z][\w.]*)=(.*)$/.exec(typed);
  if ((positional.kind === 'key-value' || positional.kind === 'config-file') && keyValue)
    return { kept: keyValue[1]!.length + 1, items: valuesOfKey(keyValue[1]!) };
  return { kept: 0, items: await ofKind(positional, typed, given, context) };
}

/** Of the command that is called so, or is the only one that begins so. */
export function signatureNamed(name: string, commands: ReadonlyMap<string, CommandSignature>): CommandSignature | undefined {
  const exact = commands.get(name);
  if (exact) return exact;
  const beginning = new Set([...commands].filter(([spelling]) => spelling.startsWith(name)).map(([, signature]) => signature));
  return beginning.size === 1 ? [...beginning][0] : undefined;
}

/** The kind of value that the word after `word` is; undefined: `word` is no option that waits for one. */
export function optionThatTakes(word: string, options: Options): WordKind | undefined {
  const option = /^--[^=]+$/.test(word)
    ? options.find(({ long }) => `--${long}` === word)
    : /^-[A-Za-z]$/.test(word)
      ? options.find(({ short }) => `-${short}` === word)
      : undefined;
  return option?.value ?? undefined;
}

function positionalsIn(words: readonly string[], options: Options): readonly string[] {
  const found: string[] = [];
  let onlyOperands = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (onlyOperands || !/^-./.test(word)) found.push(word);
    else if (word === '--') onlyOperands = true;
    else if (optionThatTakes(word, options)) at++;
  }
  return found;
}

function optionItems(options: Options, before: readonly string[]): readonly CompletionItem[] {
  return options
    .filter(({ long, short }) => !before.includes(`--${long}`) && !(short && before.includes(`-${short}`)))
    .map(({ long, short, value, summary }) => ({
      text: `--${long}`,
      detail: short ? `-${short}  ${summary}` : summary,
      kind: 'option',
      append: value === null ? ' ' : '=',
    }));
}

export function valuesOfKey(name: string): readonly CompletionItem[] {
  return (configKey(name)?.choices ?? []).map((choice) => ({ text: choice, detail: '', kind: 'value', append: ' ' }));
}

async function ofKind(
  { kind, states }: Wanted,
  typed: string,
  given: readonly string[],
  context: CompletionContext,
): Promise<readonly CompletionItem[]> {
  switch (kind) {
    case 'domain': {
      const domains = (await context.domains()).filter(({ name }) => !given.includes(name));
      const fit = states ? domains.filter(({ detail }) => states.includes(detail)) : domains;
      return (fit.length > 0 ? fit : domains).map(({ name, detail }) => ({ text: name, detail, kind: 'domain', append: ' ' }));
    }
    case 'file':
      return await fileItems(typed, context, () => true);
    case 'config-file': {
      const declared = (await context.domains()).filter(({ name, declared }) => declared && !given.includes(name));
      return [
        ...declared.map(({ name, detail }): CompletionItem => ({ text: name, detail, kind: 'domain', append: ' ' })),
        ...(await fileItems(typed, context, (name) => /\.(?:cfg|conf|xl|hvm|pv)$/i.test(name))),
        // create web.cfg memory=64
        ...(given.length > 0 ? configKeys('=') : []),
      ];
    }
    case 'xenstore-path':
      return await xenstoreItems(typed, context);
    case 'command':
      return commandItems(context);
    case 'key-value':
      return configKeys('=');
    case 'number':
    case 'size':
    case 'duration':
    case 'text':
      return [];
  }
}

export function commandItems({ commands, functions = [] }: CompletionContext): readonly CompletionItem[] {
  return [
    ...[...commands].map(([name, { summary }]): CompletionItem => ({ text: name, detail: summary, kind: 'command', append: ' ' })),
    ...[...functions].map((name): CompletionItem => ({ text: name, detail: 'a function of this session', kind: 'function', append: ' ' })),
  ];
}

/** If nothing has the wanted ending, everything is offered. */
export async function fileItems(
  typed: string,
  context: CompletionContext,
  wanted: (name: string) => boolean,
): Promise<readonly CompletionItem[]> {
  if (!context.files) return [];
  const directory = typed.slice(0, typed.lastIndexOf('/') + 1);
  const partial = typed.slice(directory.length);
  const entries = (await context.files(directory)).filter(({ name }) => partial.startsWith('.') || !name.startsWith('.'));
  const matching = entries.filter((entry) => entry.directory || wanted(entry.name));
  const chosen = matching.some((entry) => !entry.directory && entry.name.startsWith(partial)) ? matching : entries;
  return chosen.map((entry) => ({
    text: directory + entry.name,
    detail: entry.directory ? 'directory' : '',
    kind: entry.directory ? 'directory' : 'file',
    append: entry.directory ? '/' : ' ',
  }));
}

async function xenstoreItems(typed: string, context: CompletionContext): Promise<readonly CompletionItem[]> {
  if (!context.xenstore) return [];
  const parent = typed.slice(0, typed.lastIndexOf('/') + 1) || '/';
  const names = await context.xenstore(parent === '/' ? '/' : parent.slice(0, -1));
  return names.map((name) => ({ text: parent + name, detail: '', kind: 'path', append: '' }));
}
