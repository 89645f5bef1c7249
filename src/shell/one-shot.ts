/** A machine for one command, one text or one script: started, used, stopped; and how it ended as an exit code. */
import type { CommandCall, CommandWord, ScriptHost, Span } from '../lang/index.ts';
import type { Toolstack } from '../dom0/toolstack/types.ts';
import type { GlobalOptions, MachineOptions } from './global-options.ts';
import { absentToolstack } from './host/absent-toolstack.ts';
import { createScriptHost } from './host/script-host.ts';
import type { Io } from './io.ts';
import { ownTerminal } from './own-terminal.ts';
import { exitCodeFor } from './plain/show-failure.ts';
import type { Printer } from './printer.ts';

const TERMINATED = 143;

export interface Session {
  readonly host: ScriptHost;
  readonly signal: AbortSignal;
}

/** Runs `work` with a machine of its own, or without any if `machine` is null. Resolves with the exit code; failures have been shown. */
export async function withMachine(
  io: Io,
  options: GlobalOptions,
  machine: MachineOptions | null,
  printer: Printer,
  work: (session: Session) => Promise<void>,
): Promise<number> {
  const controller = new AbortController();
  let terminated = false;
  let leaving: number | null = null;
  const signals = io.onSignal((signal) => {
    terminated ||= signal === 'SIGTERM';
    controller.abort();
  });
  try {
    const toolstack = machine === null ? absentToolstack() : await io.openMachine({ ...machine, thread: false });
    try {
      const host = createScriptHost(toolstack, {
        terminal: ownTerminal(toolstack, io),
        pipe: printer.pipe,
        output: options.output,
        print: (text) => printer.text(text),
        note: (text) => printer.note(text),
        show: (value) => printer.value(value),
        progress: () => undefined,
        leave(code) {
          leaving = code;
          controller.abort();
        },
      });
      await work({ host, signal: controller.signal });
      if (io.stdout.isTTY && machine !== null) await sayWhatEnds(toolstack, printer);
    } finally {
      await toolstack.halt();
    }
    return leaving ?? 0;
  } catch (error) {
    if (leaving !== null) return leaving;
    if (terminated) return TERMINATED;
    await printer.failure(error);
    return exitCodeFor(error);
  } finally {
    signals[Symbol.dispose]();
  }
}

/** A person who sees a domain made expects it to stay. */
async function sayWhatEnds(toolstack: Toolstack, printer: Printer): Promise<void> {
  const guests = (await toolstack.list()).filter(({ domid }) => domid !== 0).map(({ name }) => name);
  if (guests.length > 0)
    printer.note(`this machine ends now, and ${guests.join(', ')} with it; xm without a command is a shell that keeps them`);
}

/** Words of our own command line, which the person's shell has taken apart already: they have no place in a text. */
export function callOf([name = '', ...words]: readonly string[]): CommandCall {
  const span: Span = { file: '', start: 0, end: 0, line: 1, column: 1 };
  return {
    name,
    words: words.map((text): CommandWord => ({ text, value: text, quoted: false, span })),
    span,
    input: null,
    declarations: new Map(),
  };
}

export async function runCall(call: CommandCall, { host, signal }: Session, printer: Printer): Promise<void> {
  await printer.value(await host.invoke(call, signal));
}
