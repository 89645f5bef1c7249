/** A machine and a language that exist only for the screen's tests: plain, quick, the same every time. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ConsoleStream, DomainInfo, DomainSample, HostSample, Toolstack } from '../../../src/dom0/toolstack/types.ts';
import type { RoleSpan } from '../../../src/shell/editor/layout.ts';
import type { Interpreter, Ran } from '../../../src/shell/ui/interpreter.ts';
import type { HostScreen } from '../../../src/shell/ui/options.ts';

export function domain(domid: number, name: string, more: Partial<DomainSample> = {}): DomainSample {
  return {
    domid,
    name,
    uuid: `00000000-0000-0000-0000-${String(domid).padStart(12, '0')}`,
    memoryKiB: 65536,
    maxMemoryKiB: 65536,
    vcpus: 1,
    maxVcpus: 1,
    state: 'blocked',
    stateLetters: '-b----',
    shutdownReason: null,
    cpuTimeNs: 0,
    retired: 0,
    weight: 256,
    cap: 0,
    uptimeNs: 0,
    pool: 'Pool-0',
    vcpuTimesNs: [0],
    nets: 0,
    netTxBytes: 0,
    netRxBytes: 0,
    vbds: 0,
    vbdOo: 0,
    vbdRd: 0,
    vbdWr: 0,
    vbdRdSectors: 0,
    vbdWrSectors: 0,
    ...more,
  };
}

export function sample(timeNs: number, domains: readonly DomainSample[]): HostSample {
  return { timeNs, totalMemoryKiB: 1048576, freeMemoryKiB: 524288, cpus: 2, cpuMhz: 1000, xenVersion: '4.17.4', domains };
}

/** A console that has said `past` and echoes what it is told; 'bye\r' ends it. */
export function echoConsole(past: string): ConsoleStream & { readonly received: number[] } {
  const received: number[] = [];
  const waiting: Uint8Array[] = [new TextEncoder().encode(past)];
  let arrived = Promise.withResolvers<void>();
  const wake = (): void => arrived.resolve();
  let ended = false;
  let line = '';
  return {
    received,
    output: (async function* () {
      for (;;) {
        const chunk = waiting.shift();
        if (chunk) yield chunk;
        else if (ended) return;
        else {
          await arrived.promise;
          arrived = Promise.withResolvers();
        }
      }
    })(),
    write(bytes) {
      received.push(...bytes);
      line += Buffer.from(bytes).toString('latin1');
      waiting.push(Buffer.from(Buffer.from(bytes).toString('latin1').replace('\r', '\r\n'), 'latin1'));
      if (line.includes('bye\r')) ended = true;
      wake();
      return Promise.resolve();
    },
    close() {
      ended = true;
      wake();
      return Promise.resolve();
    },
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
}

/** A guest that prints without end, as fast as it is read. */
function noisyConsole(): ConsoleStream {
  const chunk = new TextEncoder().encode('y\r\n'.repeat(1000));
  return {
    output: (async function* () {
      for (;;) yield chunk;
    })(),
    write: () => Promise.resolve(),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

export interface FakeMachine {
  readonly toolstack: Toolstack;
  readonly domains: DomainSample[];
  halted: boolean;
}

/** Only what the screen itself asks for is there; anything else is a mistake of the test. */
export function fakeMachine(guests: readonly string[] = ['db', 'web']): FakeMachine {
  const domains = [
    domain(0, 'Domain-0', { state: 'running', stateLetters: 'r-----', memoryKiB: 262144 }),
    ...guests.map((name, at) => domain(at + 1, name)),
  ];
  const machine = { domains, halted: false };
  let seconds = 0;
  const known: Partial<Toolstack> = {
    list: () => Promise.resolve(domains as readonly DomainInfo[]),
    domain: (ref) => {
      const found = domains.find(({ domid, name }) => name === ref || String(domid) === String(ref));
      return found ? Promise.resolve(found) : Promise.reject(new Error(`no domain ${ref}`));
    },
    console: (ref) => Promise.resolve(ref === 'noisy' ? noisyConsole() : echoConsole('booting\r\nlogin: ')),
    shutdown: (ref) => {
      domains.splice(
        domains.findIndex(({ name }) => name === ref),
        1,
      );
      return Promise.resolve();
    },
    async *samples(intervalMs) {
      for (;;) {
        const second = ++seconds;
        yield sample(
          second * 1e9,
          domains.map((one) => ({ ...one, cpuTimeNs: second * one.domid * 250e6 })),
        );
        await delay(intervalMs);
      }
    },
    // oxlint-disable-next-line require-yield
    async *events() {
      await new Promise(() => undefined);
    },
    halt: () => {
      machine.halted = true;
      return Promise.resolve();
    },
  };
  return Object.assign(machine, { toolstack: known as Toolstack });
}

const COMMANDS: Readonly<Record<string, string>> = {
  list: 'List domains',
  info: 'Show information about the machine',
  help: 'Show help',
  top: 'Watch domains',
  console: 'Attach to a console',
  slow: 'Take a while',
  exit: 'Leave',
};

/** Commands: list, info, help, top, console NAME, slow (until cancelled), fail, exit. */
export function fakeInterpreter(machine: FakeMachine, screen: HostScreen): Interpreter {
  return {
    highlight(text): readonly RoleSpan[] {
      const word = /^\s*(\S+)/.exec(text);
      if (!word) return [];
      const start = word[0].length - word[1]!.length;
      return [{ start, end: word[0].length, role: Object.hasOwn(COMMANDS, word[1]!) ? 'command' : 'unknown-command' }];
    },
    isComplete: (text) => (text.match(/{/g)?.length ?? 0) <= (text.match(/}/g)?.length ?? 0),
    complete(text, offset) {
      const start = text.lastIndexOf(' ', offset - 1) + 1;
      const typed = text.slice(start, offset);
      const offers = start === 0 ? Object.entries(COMMANDS) : machine.domains.map(({ name, state }) => [name, state] as const);
      const items = offers
        .filter(([name]) => name.startsWith(typed))
        .map(([name, detail]) => ({ text: name, detail, kind: 'command', append: ' ' }));
      return Promise.resolve({ start, end: offset, items });
    },
    async run(line, { signal, show }): Promise<Ran> {
      const [name, argument] = line.trim().split(/\s+/);
      switch (name) {
        case 'list':
          show(machine.domains.map(({ name, domid }) => `${name} ${domid}`).join('\n'));
          break;
        case 'info':
          show('host : xenolith');
          break;
        case 'help':
          show('Commands: list info top');
          break;
        case 'top':
          await screen.terminal.top({ delayMs: 100 });
          break;
        case 'console':
          await screen.terminal.attachConsole(argument ?? '');
          break;
        case 'slow':
          screen.progress('building page tables', 0.25);
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
          return { exitCode: 130, failures: ['cancelled'] };
        case 'bug':
          setImmediate(() => {
            throw new Error('a mistake of ours');
          });
          break;
        case 'exit':
          screen.leave(Number(argument ?? 0));
          break;
        case 'if':
          show('a block');
          break;
        default:
          return { exitCode: 2, failures: [`error: there is no command '${name}'`] };
      }
      return { exitCode: 0, failures: [] };
    },
  };
}
