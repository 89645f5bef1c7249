/** The process as the shell uses it; tests bring their own. */
import type { Toolstack } from '../dom0/toolstack/types.ts';
import type { MachineOptions } from './global-options.ts';
import type { TerminalInput, TerminalOutput } from './term/terminal.ts';

export interface Io {
  readonly stdin: TerminalInput;
  readonly stdout: TerminalOutput;
  readonly stderr: { write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `thread`: on a thread of its own, so that a screen stays alive beside it. */
  openMachine(options: MachineOptions & { readonly thread: boolean }): Promise<Toolstack>;
  /** SIGINT and SIGTERM go to `listener` until disposed. */
  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM') => void): Disposable;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export function processIo(): Io {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    async openMachine(options) {
      const { openMachine } = await import('../dom0/link/open-machine.ts');
      return await openMachine(options);
    },
    onSignal(listener) {
      for (const signal of SIGNALS) process.on(signal, listener);
      return {
        [Symbol.dispose]() {
          for (const signal of SIGNALS) process.off(signal, listener);
        },
      };
    },
  };
}
