/** xm without a process: words in, bytes and an exit code out. */
import { PassThrough, Readable } from 'node:stream';
import type { MachineOptions } from '../../../src/shell/global-options.ts';
import { cli } from '../../../src/shell/cli.ts';
import type { Io } from '../../../src/shell/io.ts';
import { type FakeToolstack, fakeToolstack } from '../fake-toolstack.ts';

export interface XmRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** null: no machine was started. */
  readonly machine: FakeToolstack | null;
  readonly machineOptions: (MachineOptions & { readonly thread: boolean }) | null;
}

export interface XmOptions {
  readonly stdin?: string;
  /** Width of the terminal that stdout is; none: a pipe. */
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of the fake machine. */
  readonly openMachine?: Io['openMachine'];
  /** Called when the machine is there. */
  readonly onMachine?: (machine: FakeToolstack, signal: (name: 'SIGINT' | 'SIGTERM') => void) => void;
}

export async function xm(
  argv: readonly string[],
  { stdin = '', columns, env = {}, openMachine, onMachine }: XmOptions = {},
): Promise<XmRun> {
  const out = new PassThrough();
  const chunks: Buffer[] = [];
  out.on('data', (chunk: Buffer) => chunks.push(chunk));
  let stderr = '';
  let machine: FakeToolstack | null = null;
  let machineOptions: XmRun['machineOptions'] = null;
  const listeners = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>();
  const io: Io = {
    stdin: Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]),
    stdout: Object.assign(out, columns === undefined ? {} : { isTTY: true, columns, rows: 24 }),
    stderr: { write: (text) => (stderr += text) },
    env,
    openMachine(options) {
      if (openMachine) return openMachine(options);
      machine = fakeToolstack();
      machineOptions = options;
      onMachine?.(machine, (name) => listeners.forEach((listener) => listener(name)));
      return Promise.resolve(machine);
    },
    onSignal(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
  const exitCode = await cli(argv, io);
  return { exitCode, stdout: Buffer.concat(chunks).toString(), stderr, machine, machineOptions };
}
