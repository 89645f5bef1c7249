/** A real machine with a virtual clock, its toolstack, and a count of everything that a domain might leave behind. */
import { resolve } from 'node:path';
import { createToolstack, type LocalToolstack } from '../../../src/dom0/toolstack/create-toolstack.ts';
import { withMoves } from '../../../src/dom0/toolstack/with-moves.ts';
import type { DomainConfig, DomainEvent, Toolstack } from '../../../src/dom0/toolstack/types.ts';
import type { Control, GuestCalls } from '../../../src/vmm/control/types.ts';
import { ENOMEM } from '../../../src/vmm/errno.ts';
import { createHypervisor, type HypervisorHandle } from '../../../src/vmm/hypervisor.ts';

const MIB: number = 1024 * 1024;
export const SECOND = 1e9;
/** A deadline that does not come, not even in virtual time: it is past what the clock can tell. */
export const NEVER = 1e16;
export const PEBBLE: string = resolve(import.meta.dirname, '../../../examples/guests/pebble/pebble.elf');

export function pebble(name: string, more: Partial<DomainConfig> = {}): DomainConfig {
  return { name, kernel: PEBBLE, memoryMiB: 4, ...more };
}

export interface TestMachine extends AsyncDisposable {
  readonly handle: HypervisorHandle;
  readonly local: LocalToolstack;
  readonly toolstack: Required<Toolstack>;
  readonly bugs: unknown[];
  /** A hypercall of domain 0 that fails with ENOMEM while it is set. */
  readonly refusal: Refusal;
  leftovers(): Promise<Record<string, number>>;
  /** Machine time passes. */
  sleep(ns: number): Promise<void>;
  /** Everything on the console until `pattern` is there. */
  sees(name: string, pattern: RegExp): Promise<string>;
  type(name: string, text: string): Promise<void>;
}

export type HypercallName = keyof Control | keyof GuestCalls;

export interface Refusal {
  operation: HypercallName | null;
}

function refusing<T extends object>(calls: T, refusal: Refusal): T {
  return new Proxy(calls, {
    get: (target, name, receiver) => (name === refusal.operation ? () => ENOMEM : Reflect.get(target, name, receiver)),
  });
}

export interface TestMachineOptions {
  readonly memoryMiB?: number;
  readonly cpus?: number;
  readonly translateAfter?: number | null;
}

export function testMachine({ memoryMiB = 64, cpus = 2, ...engine }: TestMachineOptions = {}): TestMachine {
  const handle = createHypervisor({ memoryBytes: memoryMiB * MIB, cpus, clock: 'virtual', dom0MemoryMiB: 4, ...engine });
  const bugs: unknown[] = [];
  handle.onBug = (error) => bugs.push(error);
  const refusal: Refusal = { operation: null };
  const local = createToolstack({
    clock: handle.clock,
    start: () => handle.start(),
    stop: () => handle.stop(),
    at: (deadlineNs, fire) => handle.at(deadlineNs, fire),
    holdVirtualTime: () => handle.holdVirtualTime(),
    freezeVirtualTime: () => handle.freezeVirtualTime(),
    controlFor: (domid) => refusing(handle.controlFor(domid), refusal),
    guestCalls: (domid) => refusing(handle.guestCalls(domid), refusal),
  });
  const toolstack = withMoves(local.toolstack, local.moves) as Required<Toolstack>;

  const sleep = async (ns: number): Promise<void> => toolstack.sleepUntil((await toolstack.time()).nowNs + ns);

  return {
    handle,
    local,
    toolstack,
    bugs,
    refusal,
    sleep,
    async leftovers() {
      const { hypervisor } = handle;
      // What guests and scheduler have under way comes to rest.
      await sleep(SECOND);
      return {
        frames: hypervisor.frames.freeCount,
        domains: hypervisor.domains.size,
        ports: [...hypervisor.domains.values()].reduce((sum, { events }) => sum + events.open, 0),
        timers: hypervisor.machine.clock.pending,
        nodes: (await toolstack.xenstoreList('/')).length,
        names: (await toolstack.list()).length,
      };
    },
    async sees(name, pattern) {
      const { signal, abort } = giveUp();
      const late = toolstack.sleepUntil((await toolstack.time()).nowNs + 10 * SECOND, signal).then(
        () => {
          throw new Error(`${pattern} did not appear on the console of ${name}: ${JSON.stringify(text)}`);
        },
        () => undefined as never,
      );
      let text = '';
      await using console = await toolstack.console(name, 'start');
      const read = async (): Promise<string> => {
        for await (const bytes of console.output) {
          text += Buffer.from(bytes).toString('latin1');
          if (pattern.test(text)) return text;
        }
        throw new Error(`${name} has ended without ${pattern}: ${JSON.stringify(text)}`);
      };
      try {
        return await Promise.race([read(), late]);
      } finally {
        abort();
        late.catch(() => undefined);
      }
    },
    async type(name, text) {
      await using console = await toolstack.console(name, 'now');
      await console.write(Buffer.from(text));
    },
    async [Symbol.asyncDispose]() {
      await toolstack.halt();
    },
  };
}

function giveUp(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

/** The next event that `wanted` is true of. Those that follow can still be heard. */
export async function eventOf(events: AsyncIterable<DomainEvent>, wanted: (event: DomainEvent) => boolean): Promise<DomainEvent> {
  const iterator = events[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) throw new Error('the events have ended');
    if (wanted(value)) return value;
  }
}

/** The failure of an operation. */
export async function failure(work: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await work;
  } catch (error) {
    const { code, message, hint, field } = error as Record<string, unknown>;
    if (code === undefined) throw error;
    return { code, message, hint, field };
  }
  throw new Error('it succeeded');
}
