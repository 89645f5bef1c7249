/** Words of a command line to arguments, by the command's record: the rules of getopt_long, with options and operands in any order. */
import type { CommandWord, Value } from '../../lang/index.ts';
import { DEFAULT_OUTPUT, type OutputOptions } from '../plain/output-options.ts';
import type { Arguments, Command, Option } from './command.ts';
import { COMMON_OPTIONS, outputOptions } from './common-options.ts';
import { didYouMean } from './near.ts';
import { usage } from './failure.ts';
import { usageLine } from './usage-line.ts';

export interface ParsedWords {
  readonly args: Arguments;
  readonly output: OutputOptions;
  readonly help: boolean;
}

const COMMON_NAMES = new Set(COMMON_OPTIONS.map(({ long }) => long));

export function parseWords(command: Command, words: readonly CommandWord[], base: OutputOptions = DEFAULT_OUTPUT): ParsedWords {
  const reader = new Reader(command);
  reader.read(words);
  const given = reader.options;
  const help = given.has('help');
  const operands = help ? new Map<string, CommandWord[]>() : assign(command, reader.operands, words);
  const common = new Map(
    [...given].flatMap(([name, values]) => (COMMON_NAMES.has(name) && !declares(command, name) ? [[name, values.at(-1)!] as const] : [])),
  );
  return { args: argumentsOf(given, operands), output: outputOptions(common, base), help };
}

const declares = (command: Command, long: string): boolean => command.options.some((option) => option.long === long);

class Reader {
  readonly options = new Map<string, Value[]>();
  readonly operands: CommandWord[] = [];
  readonly #command: Command;
  readonly #known: readonly Option[];

  constructor(command: Command) {
    this.#command = command;
    const own = command.options;
    this.#known = [...own, ...COMMON_OPTIONS.filter(({ long }) => !own.some((option) => option.long === long))];
  }

  read(words: readonly CommandWord[]): void {
    let onlyOperands = false;
    for (let at = 0; at < words.length; at++) {
      const word = words[at]!;
      const { text } = word;
      const next = (): CommandWord | undefined => words[++at];
      if (onlyOperands || word.quoted || !text.startsWith('-') || text === '-') this.operands.push(word);
      else if (text === '--') onlyOperands = true;
      else if (text.startsWith('--')) this.#long(word, next);
      else if (/^-\d/.test(text) && !this.#short(text[1]!)) this.operands.push(word);
      else this.#shorts(word, next);
    }
  }

  #short(letter: string): Option | undefined {
    return this.#known.find(({ short }) => short === letter);
  }

  #long(word: CommandWord, next: () => CommandWord | undefined): void {
    const equals = word.text.indexOf('=');
    const name = word.text.slice(2, equals < 0 ? undefined : equals);
    const carried = equals < 0 ? undefined : word.text.slice(equals + 1);
    const option = this.#known.find(({ long }) => long === name) ?? this.#abbreviated(name, word);
    if (option.value === null) {
      if (carried !== undefined && !option.mayCarry) throw usage(`option '--${option.long}' takes no value`, this.#help(), word.span);
      this.#give(option, carried ?? true);
    } else {
      this.#give(option, carried ?? this.#valueOf(option, `--${option.long}`, word, next));
    }
  }

  #abbreviated(name: string, word: CommandWord): Option {
    const candidates = this.#known.filter(({ long }) => long.startsWith(name));
    if (candidates.length === 1) return candidates[0]!;
    if (candidates.length > 1) {
      const names = candidates.map(({ long }) => `--${long}`).join(', ');
      throw usage(`option '--${name}' is ambiguous: ${names}`, this.#help(), word.span);
    }
    const near = didYouMean(
      name,
      this.#known.map(({ long }) => long),
    );
    throw usage(`option \`${name}' not supported.`, near?.replace(/'(.*)'/, "'--$1'") ?? this.#help(), word.span);
  }

  #shorts(word: CommandWord, next: () => CommandWord | undefined): void {
    const letters = word.text.slice(1);
    for (let at = 0; at < letters.length; at++) {
      const option = this.#short(letters[at]!);
      if (!option) throw usage(`option \`${letters[at]}' not supported.`, this.#help(), word.span);
      if (option.value === null) {
        this.#give(option, true);
        continue;
      }
      const attached = letters.slice(at + 1).replace(/^=/, '');
      this.#give(option, attached !== '' ? attached : this.#valueOf(option, `-${option.short}`, word, next));
      return;
    }
  }

  #valueOf(option: Option, as: string, word: CommandWord, next: () => CommandWord | undefined): Value {
    const value = next();
    if (value === undefined) throw usage(`option '${as}' requires an argument: ${option.summary}`, this.#help(), word.span);
    return value.value ?? value.text;
  }

  #give(option: Option, value: Value): void {
    this.options.set(option.long, [...(this.options.get(option.long) ?? []), value]);
  }

  #help(): string {
    return usageLine(this.#command);
  }
}

function assign(command: Command, operands: readonly CommandWord[], words: readonly CommandWord[]): Map<string, CommandWord[]> {
  const assigned = new Map<string, CommandWord[]>();
  let at = 0;
  for (const positional of command.positionals) {
    const taken = positional.rest ? operands.slice(at) : operands.slice(at, at + 1);
    at += taken.length;
    if (taken.length > 0) assigned.set(positional.name, [...taken]);
  }
  const needed = command.positionals.filter(({ required }) => required).length;
  if (operands.length < needed) {
    throw usage(
      `'xm ${command.name}' requires at least ${needed} argument${needed === 1 ? '' : 's'}.`,
      usageLine(command),
      words.at(-1)?.span ?? null,
    );
  }
  const surplus = operands[at];
  if (surplus) throw usage(`'xm ${command.name}' does not know what to do with '${surplus.text}'`, usageLine(command), surplus.span);
  return assigned;
}

function argumentsOf(options: ReadonlyMap<string, readonly Value[]>, operands: ReadonlyMap<string, readonly CommandWord[]>): Arguments {
  return {
    text(name) {
      const given = options.get(name)?.at(-1);
      return given === undefined ? operands.get(name)?.[0]?.text : String(given);
    },
    texts: (name) => options.get(name)?.map(String) ?? operands.get(name)?.map(({ text }) => text) ?? [],
    flag: (name) => options.has(name),
    value: (name) => options.get(name)?.at(-1) ?? operands.get(name)?.[0]?.value,
  };
}
