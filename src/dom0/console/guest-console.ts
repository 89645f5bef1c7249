/** The console of one guest: its ring is emptied into the log, keys go in as there is room. */
import { CONSOLE_IN_SIZE, CONSOLE_OUT_SIZE, CONSOLE_RING } from '../../vmm/abi/console-ring.ts';
import { ByteRingReader, ByteRingWriter } from '../rings/byte-ring.ts';
import { ToolstackError } from '../toolstack/types.ts';
import { ConsoleLog } from './console-log.ts';

interface Keys {
  readonly bytes: Uint8Array;
  readonly taken: () => void;
  readonly refused: (error: Error) => void;
}

export class GuestConsole {
  readonly domid: number;
  name: string;
  readonly log: ConsoleLog = new ConsoleLog();
  readonly #output: ByteRingReader;
  readonly #input: ByteRingWriter;
  readonly #notify: () => void;
  /** What the guest has no room for yet. */
  #keys: Keys[] = [];
  #ended = false;

  constructor(domid: number, name: string, page: Uint8Array, notify: () => void) {
    this.domid = domid;
    this.name = name;
    this.#notify = notify;
    const { in: input, inCons, inProd, out, outCons, outProd } = CONSOLE_RING;
    this.#output = new ByteRingReader(page, { buffer: out, size: CONSOLE_OUT_SIZE, cons: outCons, prod: outProd });
    this.#input = new ByteRingWriter(page, { buffer: input, size: CONSOLE_IN_SIZE, cons: inCons, prod: inProd });
  }

  /** The guest's event channel has fired: it has printed something, or taken keys. */
  service(): void {
    const printed = this.#drain();
    const typed = this.#feed();
    // It may wait for room in either.
    if (printed || typed) this.#notify();
  }

  /** Resolves when all of it is in the guest's ring. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#ended) return Promise.reject(ended(this.name));
    if (bytes.length === 0) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#keys.push({ bytes, taken: resolve, refused: reject });
    this.service();
    return promise;
  }

  /** The guest goes, the page with it. What it has printed last is kept. */
  end(): void {
    this.#drain();
    this.#ended = true;
    for (const { refused } of this.#keys) refused(ended(this.name));
    this.#keys = [];
    this.log.close();
  }

  #drain(): boolean {
    const { available } = this.#output;
    if (available === null) {
      // Its index is nonsense: what is in the ring cannot be told. It goes on behind it.
      this.#output.skip();
      return false;
    }
    if (available === 0) return false;
    this.log.append(this.#output.read(available));
    return true;
  }

  #feed(): boolean {
    let typed = false;
    for (let first = this.#keys[0]; first; first = this.#keys[0]) {
      const count = this.#input.write(first.bytes);
      if (count > 0) typed = true;
      this.#keys.shift();
      if (count < first.bytes.length) {
        this.#keys.unshift({ ...first, bytes: first.bytes.subarray(count) });
        break;
      }
      first.taken();
    }
    return typed;
  }
}

function ended(name: string): ToolstackError {
  return new ToolstackError({ code: 'wrong-state', message: `${name} has ended: nobody reads its console` });
}
