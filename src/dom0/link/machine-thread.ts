/** The machine's thread: the hypervisor, domain 0 and its toolstack, which answers over the port to the thread that started this one. */
import { parentPort, workerData } from 'node:worker_threads';
import type { MachineOptions } from './machine-options.ts';
import type { ToClient, ToServer } from './protocol.ts';
import { serveToolstack } from './serve-toolstack.ts';
import { startMachine } from './start-machine.ts';

const port = parentPort;
if (!port) throw new Error('this file is the machine’s thread: it is started by openMachine');
serveToolstack(startMachine(workerData as Required<MachineOptions>), {
  send: (message: ToClient) => port.postMessage(message),
  onMessage: (listener: (message: ToServer) => void) => void port.on('message', listener),
});
