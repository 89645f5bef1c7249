/** The daemon: a console for each domain, kept from its first byte, and those of the domains that died last. */
import { GNTTAB_RESERVED_CONSOLE } from '../../vmm/abi/grant-entry.ts';
import type { GuestCalls, MappedFrames } from '../../vmm/control/types.ts';
import { must } from '../toolstack/must.ts';
import type { ConsoleStream } from '../toolstack/types.ts';
import { ConsoleReader } from './console-reader.ts';
import { GuestConsole } from './guest-console.ts';

/** Consoles of dead domains that can still be read. */
const DEAD_MOST = 32;

interface Attached {
  readonly console: GuestConsole;
  readonly mapped: MappedFrames;
  readonly port: number;
}

export class Consoled {
  readonly #calls: GuestCalls;
  readonly #attached: Map<number, Attached> = new Map();
  /** The last to die is the last. */
  #dead: GuestConsole[] = [];

  constructor(calls: GuestCalls) {
    this.#calls = calls;
  }

  /** All or nothing. */
  attach(domid: number, name: string, remotePort: number): void {
    const calls = this.#calls;
    const mapped = must(calls.mapGrant({ domid, refs: [GNTTAB_RESERVED_CONSOLE] }), 'the console page');
    try {
      const port = must(calls.bindInterdomain({ remote: domid, remotePort }), 'the console event channel');
      const console = new GuestConsole(domid, name, mapped.pages[0]!, () => void calls.notify({ port }));
      calls.onEvent(port, () => console.service());
      this.#attached.set(domid, { console, mapped, port });
    } catch (error) {
      mapped[Symbol.dispose]();
      throw error;
    }
  }

  /** Before the domain is destroyed. `keep`: its console can be read afterwards. */
  detach(domid: number, keep: boolean): void {
    const attached = this.#attached.get(domid);
    if (!attached) return;
    this.#attached.delete(domid);
    const { console, mapped, port } = attached;
    console.end();
    this.#calls.closePort({ port });
    mapped[Symbol.dispose]();
    if (keep) this.#dead = [...this.#dead, console].slice(-DEAD_MOST);
  }

  /** Takes out what the guest has printed last: it will not notify any more. */
  drain(domid: number): void {
    this.#attached.get(domid)?.console.service();
  }

  rename(domid: number, name: string): void {
    const attached = this.#attached.get(domid);
    if (attached) attached.console.name = name;
  }

  /** Of a domain that lives, by its id. */
  find(domid: number): GuestConsole | undefined {
    return this.#attached.get(domid)?.console;
  }

  /** Of a dead one, by its id or its name; of several with a name the last that died. */
  findDead(ref: string): GuestConsole | undefined {
    return this.#dead.findLast(({ domid }) => String(domid) === ref) ?? this.#dead.findLast(({ name }) => name === ref);
  }
}

export function openConsole(
  console: GuestConsole,
  from: 'start' | 'now',
  inDomain0: (work: () => Promise<void>) => Promise<void>,
): ConsoleStream {
  const { log } = console;
  const output = new ConsoleReader(log, from === 'start' ? log.start : log.end);
  const close = async (): Promise<void> => output.end();
  return { output, write: (bytes) => inDomain0(() => console.write(bytes)), close, [Symbol.asyncDispose]: close };
}
