/** A guest at the other end of its console: what it says is read in order, as a person would; patience is machine time. */
import type { ConsoleStream, DomainConfig, DomainInfo } from '../../../src/dom0/toolstack/types.ts';
import type { TestMachine } from '../../dom0/support/test-machine.ts';

const MS = 1e6;
const LOOK_EVERY_NS: number = 5 * MS;
const PATIENCE_MS = 5000;
const PROMPT = /pebble> $/;

export class Guest {
  readonly name: string;
  /** Everything it has said, carriage returns left out. */
  text = '';
  /** What is behind this has been read already. */
  #read = 0;
  readonly #machine: TestMachine;
  readonly #console: ConsoleStream;

  private constructor(machine: TestMachine, name: string, console: ConsoleStream) {
    this.#machine = machine;
    this.name = name;
    this.#console = console;
    void this.#listen();
  }

  static async create(machine: TestMachine, config: DomainConfig): Promise<Guest> {
    await machine.toolstack.create({ onCrash: 'preserve', ...config });
    return new Guest(machine, config.name, await machine.toolstack.console(config.name, 'start'));
  }

  /** The same domain after a restart has another console. */
  async again(): Promise<Guest> {
    return new Guest(this.#machine, this.name, await this.#machine.toolstack.console(this.name, 'start'));
  }

  /** Waits until `pattern` is in what has not been read yet, and reads up to its end. Returns what it read. */
  async sees(pattern: RegExp, withinMs: number = PATIENCE_MS): Promise<string> {
    const deadlineNs = this.#machine.handle.clock.now() + withinMs * MS;
    for (;;) {
      const fresh = this.text.slice(this.#read);
      const match = pattern.exec(fresh);
      if (match) {
        const end = match.index + match[0].length;
        this.#read += end;
        return fresh.slice(0, end);
      }
      if (this.#machine.handle.clock.now() >= deadlineNs)
        throw new Error(`${this.name} does not say ${pattern} within ${withinMs} ms, but: ${fresh.slice(-2000)}`);
      await this.#machine.sleep(LOOK_EVERY_NS);
    }
  }

  async type(text: string): Promise<void> {
    await this.#console.write(Buffer.from(text, 'latin1'));
  }

  /** Runs a command at pebble's prompt; returns the lines that it prints. */
  async run(line: string, withinMs: number = PATIENCE_MS): Promise<readonly string[]> {
    await this.type(`${line}\r`);
    const said = await this.sees(PROMPT, withinMs);
    return said.split('\n').slice(1, -1);
  }

  prompt(): Promise<string> {
    return this.sees(PROMPT);
  }

  info(): Promise<DomainInfo> {
    return this.#machine.toolstack.domain(this.name);
  }

  /** Waits until it has stopped; returns why. */
  async stops(withinMs: number = PATIENCE_MS): Promise<string> {
    const deadlineNs = this.#machine.handle.clock.now() + withinMs * MS;
    for (;;) {
      const { shutdownReason } = await this.info();
      if (shutdownReason !== null) return shutdownReason;
      if (this.#machine.handle.clock.now() >= deadlineNs) throw new Error(`${this.name} does not stop within ${withinMs} ms`);
      await this.#machine.sleep(LOOK_EVERY_NS);
    }
  }

  /** Waits until there is no such domain any more. */
  async goes(withinMs: number = PATIENCE_MS): Promise<void> {
    const deadlineNs = this.#machine.handle.clock.now() + withinMs * MS;
    while ((await this.#machine.toolstack.list()).some(({ name }) => name === this.name)) {
      if (this.#machine.handle.clock.now() >= deadlineNs) throw new Error(`${this.name} is still there after ${withinMs} ms`);
      await this.#machine.sleep(LOOK_EVERY_NS);
    }
  }

  async #listen(): Promise<void> {
    for await (const bytes of this.#console.output) this.text += Buffer.from(bytes).toString('latin1').replaceAll('\r', '');
  }
}
