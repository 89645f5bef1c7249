/** Runs command lines as the shell does, on the fake machine, and tells what came of them. */
import type { Value } from '../../src/lang/index.ts';
import type { OutputOptions } from '../../src/shell/plain/output-options.ts';
import { DEFAULT_OUTPUT } from '../../src/shell/plain/output-options.ts';
import { createScriptHost } from '../../src/shell/host/script-host.ts';
import type { Terminal } from '../../src/shell/commands/command.ts';
import { exitCodeFor, failureText } from '../../src/shell/plain/show-failure.ts';
import { plainText } from '../../src/shell/plain/plain-text.ts';
import { callOf } from '../../src/shell/one-shot.ts';
import { fakeToolstack, type FakeToolstack } from './fake-toolstack.ts';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly value: Value;
  readonly error: unknown;
}

export interface Shell {
  readonly machine: FakeToolstack;
  readonly notes: string[];
  /** Words between blanks; no quotes. */
  run(line: string, input?: Value): Promise<Ran>;
  left: number | null;
}

export interface ShellOptions {
  readonly terminal?: Terminal | null;
  readonly input?: readonly string[];
  readonly output?: OutputOptions;
  readonly signal?: AbortSignal;
}

export function openShell({
  terminal = null,
  input = [],
  output = DEFAULT_OUTPUT,
  signal = new AbortController().signal,
}: ShellOptions = {}): Shell {
  const machine = fakeToolstack();
  const notes: string[] = [];
  let stdout = '';
  const host = createScriptHost(machine, {
    terminal,
    output,
    pipe: {
      input: (async function* () {
        for (const chunk of input) {
          await Promise.resolve();
          yield Buffer.from(chunk);
        }
      })(),
      write: (bytes) => {
        stdout += Buffer.from(bytes).toString();
        return Promise.resolve();
      },
    },
    print: (text) => void (stdout += `${text}\n`),
    note: (text) => void notes.push(text),
    progress: () => undefined,
    leave: (code) => {
      shell.left = code;
    },
  });
  const shell: Shell = {
    machine,
    notes,
    left: null,
    async run(line, piped = null) {
      stdout = '';
      try {
        const value = await host.invoke({ ...callOf(line.split(' ')), input: piped }, signal);
        stdout += await plainText(value, output);
        return { exitCode: 0, stdout, stderr: '', value, error: null };
      } catch (error) {
        return { exitCode: exitCodeFor(error), stdout, stderr: await failureText(error), value: null, error };
      }
    },
  };
  return shell;
}
