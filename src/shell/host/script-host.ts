/** The world as a program of the language sees it: this machine, this shell. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { CommandCall, CommandSignature, ConfigRecord, ScriptHost, Value } from '../../lang/index.ts';
import { CommandFailure } from '../../lang/host.ts';
import { type DomainConfig, type Toolstack, ToolstackError } from '../../dom0/toolstack/types.ts';
import { ShellFailure } from '../commands/failure.ts';
import { orAborted } from '../commands/abort.ts';
import { type Command, type Pipe, signatureOf, type Terminal } from '../commands/command.ts';
import { didYouMean } from '../commands/near.ts';
import { commandHelp } from '../commands/help-text.ts';
import { parseWords } from '../commands/parse-words.ts';
import { findCommand, PROGRAM_NAMES, resolveCommand } from '../commands/resolve-command.ts';
import { COMMANDS } from '../commands/table.ts';
import { DEFAULT_OUTPUT, type OutputOptions } from '../plain/output-options.ts';
import { plainText } from '../plain/plain-text.ts';
import { asFailure } from './as-failure.ts';
import { domainProperty } from './domain-property.ts';
import { globalValue } from './global-value.ts';
import { outcomeValue } from './outcome-value.ts';
import { FAULTS, injectFault } from './faults.ts';
import { formatted } from './formatted.ts';
import { hostEvents } from './host-events.ts';
import { guestKernel, guestNames } from './package-files.ts';

/** Where things are shown while a command runs. */
export interface HostScreen {
  readonly terminal: Terminal | null;
  readonly pipe?: Pipe | null;
  /** How results are shown unless a command line says otherwise. */
  readonly output?: OutputOptions;
  print(text: string): void;
  note(text: string): void;
  progress(stage: string, fraction: number | null): void;
  leave(code: number): void;
  /** A result that comes while a command runs: those of a script that `run` runs. Default: as text. */
  show?(value: Value): Promise<void>;
}

export function commandSignatures(commands: readonly Command[] = COMMANDS): ReadonlyMap<string, CommandSignature> {
  return new Map(
    commands.flatMap((command) =>
      [command.name, ...(command.aliases ?? [])].map((name) => [name, { ...signatureOf(command), name }] as const),
    ),
  );
}

/** `xm list` at the prompt: the language must know that `xm` may stand where a command stands. */
function programSignature(name: string): CommandSignature {
  return {
    name,
    summary: 'The same as the command that follows',
    positionals: [
      { name: 'command', kind: 'command', required: false, rest: false },
      { name: 'words', kind: 'text', required: false, rest: true },
    ],
    options: [],
  };
}

export function createScriptHost(toolstack: Toolstack, screen: HostScreen): ScriptHost {
  const created = new Map<string, DomainConfig>();
  const signatures = new Map([...commandSignatures(), ...[...PROGRAM_NAMES].map((name) => [name, programSignature(name)] as const)]);
  const print = (text: string): void => screen.print(text);

  const host: ScriptHost = {
    commands: () => signatures,
    faults: FAULTS.map(({ name }) => name),
    checkCall(name, words) {
      const command = findCommand(COMMANDS, name);
      try {
        if (command) parseWords(command, words);
        return null;
      } catch (error) {
        if (!(error instanceof ShellFailure)) throw error;
        return error;
      }
    },
    async invoke(typed, signal) {
      try {
        return await invoke(typed, signal);
      } catch (error) {
        throw await asFailure(error, toolstack);
      }
    },
    global: (name) => globalValue(name, toolstack),
    async domainProperty(name, property) {
      try {
        return await domainProperty(name, property, toolstack);
      } catch (error) {
        throw await asFailure(error, toolstack);
      }
    },
    async xenstoreRead(path) {
      try {
        return await toolstack.xenstoreRead(path);
      } catch (error) {
        if (error instanceof ToolstackError && error.code === 'no-such-path') return null;
        throw await asFailure(error, toolstack);
      }
    },
    async console(domain, from) {
      try {
        return await toolstack.console(domain, from);
      } catch (error) {
        throw await asFailure(error, toolstack);
      }
    },
    clock: {
      now: async () => (await toolstack.time()).nowNs,
      // Given up by both: here at once, and there, so that no time is let pass for nobody.
      sleepUntil: (deadlineNs, signal) => orAborted(signal, toolstack.sleepUntil(deadlineNs, signal)),
    },
    readFile: (path, from) => Promise.resolve().then(() => readText(path, from)),
    writeFile: (path, from, text) => Promise.resolve().then(() => writeText(path, from, text)),
    format: (value, format) => formatted(value, format),
    events: () => hostEvents(toolstack),
    async inject(call) {
      try {
        return await injectFault(call, toolstack);
      } catch (error) {
        throw await asFailure(error, toolstack);
      }
    },
    guest(name) {
      const path = guestKernel(name);
      if (path !== null) return path;
      const names = guestNames();
      throw new CommandFailure(
        'file-not-found',
        `there is no guest called '${name}'`,
        didYouMean(name, names) ?? `the guests that ship with Xenolith: ${names.join(', ')}`,
      );
    },
    print,
  };

  async function show(value: Value, output: OutputOptions): Promise<void> {
    if (screen.show) await screen.show(value);
    else {
      const text = await plainText(value, output);
      if (text !== '') print(text.replace(/\n$/, ''));
    }
  }

  async function invoke(typed: CommandCall, signal: AbortSignal): Promise<Value> {
    const call = withoutProgram(typed);
    const command = resolveCommand(COMMANDS, call.name);
    const base = screen.output ?? DEFAULT_OUTPUT;
    const { args, output, help } = parseWords(command, call.words, base);
    if (help) return commandHelp(command);
    const declarations: ReadonlyMap<string, ConfigRecord> = call.declarations;
    const outcome = await orAborted(
      signal,
      command.run(
        {
          toolstack,
          host,
          signal,
          cwd: process.cwd(),
          call: { ...call, name: command.name },
          terminal: screen.terminal,
          pipe: screen.pipe ?? null,
          output,
          declarations,
          created,
          note: (text) => screen.note(text),
          progress: (stage, fraction) => screen.progress(stage, fraction),
          leave: (code) => screen.leave(code),
          show: (value) => show(value, output),
        },
        args,
      ),
    );
    return outcomeValue(outcome, output, base);
  }
  return host;
}

/** `xm list` is `list`; `xm` alone asks for help. */
function withoutProgram(call: CommandCall): CommandCall {
  if (!PROGRAM_NAMES.has(call.name)) return call;
  const [first, ...words] = call.words;
  return first ? { ...call, name: first.text, words } : { ...call, name: 'help' };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'it may not be read',
  ENOTDIR: 'a part of its path is not a folder',
};
const CODES: Readonly<Record<string, string>> = { ENOENT: 'file-not-found', EISDIR: 'not-a-file' };

/** `from` is the file that names `path`, or a folder. */
function beside(path: string, from: string): string {
  const folder = statSync(from, { throwIfNoEntry: false })?.isDirectory() ? from : dirname(from);
  return resolve(folder, path);
}

function writeText(path: string, from: string, text: string): void {
  try {
    writeFileSync(beside(path, from), text);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new CommandFailure('failed', `cannot write '${path}': ${REASONS[code] ?? String((error as Error).message)}`, null);
  }
}

function readText(path: string, from: string): { readonly path: string; readonly text: string } {
  const absolute = beside(path, from);
  try {
    return { path: absolute, text: readFileSync(absolute, 'utf8') };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new CommandFailure(
      CODES[code] ?? 'not-readable',
      `cannot read '${path}': ${REASONS[code] ?? String((error as Error).message)}`,
      null,
    );
  }
}
