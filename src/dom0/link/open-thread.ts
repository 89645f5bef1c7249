/** A machine in a worker thread, reached over its message port. */
import { Worker } from 'node:worker_threads';
import { ToolstackError, type Toolstack } from '../toolstack/types.ts';
import { internalError } from './failures.ts';
import type { MachineOptions } from './machine-options.ts';
import type { ToClient, ToServer } from './protocol.ts';
import { RemoteToolstack } from './remote-toolstack.ts';

/** From the sources the thread's file lies beside this one; in the bundle this is a chunk of its own, and the thread's file a level up. */
function threadFile(): URL {
  const here = import.meta.url;
  if (here.endsWith('.ts')) return new URL('./machine-thread.ts', here);
  return new URL(here.includes('/chunks/') ? '../machine-thread.js' : './machine-thread.js', here);
}

export async function openThread(options: Required<MachineOptions>): Promise<Toolstack> {
  const worker = new Worker(threadFile(), { workerData: options, name: 'machine' });
  const remote = new RemoteToolstack({
    send: (message: ToServer) => worker.postMessage(message),
    onMessage: (listener: (message: ToClient) => void) => void worker.on('message', listener),
  });
  let halted = false;
  worker.on('error', (error) => remote.lose(internalError(error instanceof Error ? (error.stack ?? error.message) : String(error))));
  worker.on('exit', (code) =>
    remote.lose(
      halted
        ? new ToolstackError({ code: 'cancelled', message: 'the machine was halted' })
        : internalError(`the machine's thread has ended with exit code ${code}`),
    ),
  );
  const { toolstack } = remote;
  await toolstack.time(); // it answers, so it stands
  return {
    ...toolstack,
    async halt() {
      if (halted) return;
      halted = true;
      try {
        await toolstack.halt();
      } finally {
        await worker.terminate();
      }
    },
  };
}
