/** The words before the command: what kind of machine, what kind of output, and what to do with it. */
import type { Value } from '../lang/index.ts';
import type { Option } from './commands/command.ts';
import { COMMON_OPTIONS, outputOptions } from './commands/common-options.ts';
import { usage } from './commands/failure.ts';
import { didYouMean } from './commands/near.ts';
import { integer, memoryMiB } from './commands/numbers.ts';
import { DEFAULT_OUTPUT, type OutputOptions } from './plain/output-options.ts';

export interface MachineOptions {
  readonly memoryMiB?: number;
  readonly cpus?: number;
  readonly clock?: 'real' | 'virtual';
  readonly translator?: boolean;
}

export interface GlobalOptions {
  readonly machine: MachineOptions;
  readonly output: OutputOptions;
  /** False: no colours whatever the terminal can do. */
  readonly colour: boolean;
  readonly help: boolean;
  readonly version: boolean;
  /** What follows -c; null: there is none. */
  readonly program: string | null;
  /** The command and its words. */
  readonly words: readonly string[];
}

export const GLOBAL_OPTIONS: readonly Option[] = [
  { long: 'command', short: 'c', summary: 'run this text, a line or several, and leave', value: 'text' },
  { long: 'memory', summary: "the machine's memory: MiB, or with b, k, m, g or t", value: 'size' },
  { long: 'cpus', summary: "the machine's physical CPUs", value: 'number' },
  { long: 'virtual', summary: 'virtual time: as fast as the host can, the same every time', value: null },
  { long: 'interpreter', summary: 'interpret all guest code: slower, the same in all else', value: null },
  { long: 'no-color', summary: 'no colours', value: null },
  ...COMMON_OPTIONS,
  { long: 'version', short: 'V', summary: 'print the version', value: null },
];

/** The emulated memory ends below 4 GiB. */
const MEMORY_MIB = { min: 64, max: 3584 };
const CPUS = { min: 1, max: 64 };

export function globalOptions(argv: readonly string[]): GlobalOptions {
  const given = new Map<string, Value>();
  let at = 0;
  for (; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === '--') {
      at++;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    const [name = word, carried] = word.startsWith('--') ? splitOnce(word.slice(2)) : [word.slice(1)];
    const option = GLOBAL_OPTIONS.find(({ long, short }) => (word.startsWith('--') ? long === name : short === name));
    if (!option) {
      const near = didYouMean(
        name,
        GLOBAL_OPTIONS.map(({ long }) => long),
      );
      throw usage(`unknown global option '${word}'`, near?.replace(/'(.*)'/, "'--$1'") ?? "'xm --help' lists them");
    }
    if (option.value === null) {
      if (carried !== undefined && !option.mayCarry) throw usage(`option '--${option.long}' takes no value`);
      given.set(option.long, carried ?? true);
      continue;
    }
    const value = carried ?? argv[++at];
    if (value === undefined) throw usage(`option '${word}' requires an argument: ${option.summary}`);
    given.set(option.long, value);
  }
  return build(given, argv.slice(at));
}

function splitOnce(word: string): readonly [string, string?] {
  const equals = word.indexOf('=');
  return equals < 0 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}

function build(given: ReadonlyMap<string, Value>, words: readonly string[]): GlobalOptions {
  const memory = given.get('memory');
  const cpus = given.get('cpus');
  const program = given.get('command');
  if (program !== undefined && words.length > 0)
    throw usage(`after -c TEXT there is nothing more to say: ${words.join(' ')}`, 'put the text between quotes');
  return {
    machine: {
      ...(memory !== undefined && { memoryMiB: integer(memoryMiB(memory, String(memory)), "the machine's memory in MiB", MEMORY_MIB) }),
      ...(cpus !== undefined && { cpus: integer(cpus, 'the number of CPUs', CPUS) }),
      ...(given.has('virtual') && { clock: 'virtual' as const }),
      ...(given.has('interpreter') && { translator: false }),
    },
    output: outputOptions(given, DEFAULT_OUTPUT),
    colour: !given.has('no-color'),
    help: given.has('help'),
    version: given.has('version'),
    program: program === undefined ? null : String(program),
    words,
  };
}
