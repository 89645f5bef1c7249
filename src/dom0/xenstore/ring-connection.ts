/**
 * A guest's connection: requests come out of its ring, replies and watch events go in. A guest that writes nonsense into the ring, or a message that is too
 * long, has broken its connection and only that.
 */
import {
  XENSTORE_ERROR,
  XENSTORE_PAYLOAD_MAX,
  XENSTORE_RING,
  XENSTORE_RING_SIZE,
  XENSTORE_SERVER_FEATURE_ERROR,
  XS,
  XSD_SOCKMSG_BYTES,
} from '../../vmm/abi/xenstore-ring.ts';
import { ByteRingReader, ByteRingWriter } from '../rings/byte-ring.ts';
import { message, readHeader, strings, type Header } from './messages.ts';
import { handleRequest } from './requests.ts';
import { StoreError } from './store-error.ts';
import type { Client, Store } from './store.ts';
import type { Transaction } from './transaction.ts';

/** Replies that wait for room in the ring before no more requests are taken. */
const OUTSTANDING_MOST = 20;
/** Watch events that wait for room: more are dropped, the guest does not read them. */
const WAITING_BYTES_MOST: number = 256 * 1024;

interface Outgoing {
  readonly bytes: Uint8Array;
  /** A watch event has a key, by which it is not sent twice while the first one waits. */
  readonly event: string | null;
}

export class RingConnection implements Client {
  readonly domid: number;
  readonly privileged = false;
  readonly transactions: Map<number, Transaction> = new Map();
  /** It talked nonsense: it is not listened to any more. */
  broken = false;
  readonly #store: Store;
  readonly #requests: ByteRingReader;
  readonly #replies: ByteRingWriter;
  readonly #view: DataView;
  readonly #notify: () => void;
  readonly #incoming: Uint8Array = new Uint8Array(XSD_SOCKMSG_BYTES + XENSTORE_PAYLOAD_MAX);
  #received = 0;
  #header: Header | null = null;
  #outgoing: Outgoing[] = [];
  /** Bytes of the first outgoing message that are in the ring already. */
  #sent = 0;
  #waitingEvents: Set<string> = new Set();
  #waitingBytes = 0;
  #moved = false;

  constructor(store: Store, domid: number, page: Uint8Array, notify: () => void) {
    this.#store = store;
    this.domid = domid;
    this.#notify = notify;
    this.#view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    const { req, reqCons, reqProd, rsp, rspCons, rspProd } = XENSTORE_RING;
    this.#requests = new ByteRingReader(page, { buffer: req, size: XENSTORE_RING_SIZE, cons: reqCons, prod: reqProd });
    this.#replies = new ByteRingWriter(page, { buffer: rsp, size: XENSTORE_RING_SIZE, cons: rspCons, prod: rspProd });
    this.#view.setUint32(XENSTORE_RING.serverFeatures, XENSTORE_SERVER_FEATURE_ERROR, true);
  }

  /** The guest's event channel has fired: takes requests and sends what waits. */
  service(): void {
    if (this.broken) return;
    this.#flush();
    while (!this.broken && this.#replyCount() < OUTSTANDING_MOST && this.#receive()) this.#flush();
    this.#tell();
  }

  watchEvent(path: string, token: string): void {
    if (this.broken) return;
    const payload = strings(path, token);
    const event = `${path}\0${token}`;
    if (payload.length > XENSTORE_PAYLOAD_MAX || this.#waitingBytes > WAITING_BYTES_MOST) return;
    if (!path.startsWith('@') && this.#waitingEvents.has(event)) return;
    this.#waitingEvents.add(event);
    this.#queue({ bytes: message(XS.WATCH_EVENT, 0, 0, payload), event });
    this.#flush();
    this.#tell();
  }

  #replyCount(): number {
    return this.#outgoing.length - this.#waitingEvents.size;
  }

  /** Goes on with the message that is coming in; false: the ring has no more of it. */
  #receive(): boolean {
    const available = this.#requests.available;
    if (available === null) {
      this.#break(XENSTORE_ERROR.RINGIDX);
      return false;
    }
    if (available === 0) return false;
    const wanted = this.#header ? XSD_SOCKMSG_BYTES + this.#header.length : XSD_SOCKMSG_BYTES;
    const bytes = this.#requests.read(wanted - this.#received);
    this.#incoming.set(bytes, this.#received);
    this.#received += bytes.length;
    this.#moved = true;
    if (this.#received < wanted) return true;
    if (!this.#header) {
      this.#header = readHeader(this.#incoming);
      if (this.#header.length > XENSTORE_PAYLOAD_MAX) {
        this.#break(XENSTORE_ERROR.PROTO);
        return false;
      }
      if (this.#header.length > 0) return true;
    }
    const header = this.#header;
    const payload = this.#incoming.slice(XSD_SOCKMSG_BYTES, this.#received);
    this.#header = null;
    this.#received = 0;
    this.#answer(header, payload);
    return true;
  }

  #answer({ type, requestId, transactionId }: Header, payload: Uint8Array): void {
    const afterwards: (() => void)[] = [];
    let reply: Uint8Array;
    try {
      const result = handleRequest(type, {
        store: this.#store,
        client: this,
        transactionId,
        payload,
        afterwards: (work) => afterwards.push(work),
      });
      reply = message(type, requestId, transactionId, result);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      reply = message(XS.ERROR, requestId, transactionId, strings(error.errno.name));
    }
    this.#queue({ bytes: reply, event: null });
    for (const work of afterwards) work();
  }

  #queue(outgoing: Outgoing): void {
    this.#outgoing.push(outgoing);
    this.#waitingBytes += outgoing.bytes.length;
  }

  /** Puts what waits into the ring, as far as there is room. */
  #flush(): void {
    while (this.#outgoing.length > 0) {
      const { bytes, event } = this.#outgoing[0]!;
      if (this.#replies.room === null) {
        this.#break(XENSTORE_ERROR.RINGIDX);
        return;
      }
      const count = this.#replies.write(bytes.subarray(this.#sent));
      if (count > 0) this.#moved = true;
      this.#sent += count;
      if (this.#sent < bytes.length) return;
      this.#sent = 0;
      this.#outgoing.shift();
      this.#waitingBytes -= bytes.length;
      if (event !== null) this.#waitingEvents.delete(event);
    }
  }

  /** The guest hears of room in one ring and of bytes in the other by the same event. */
  #tell(): void {
    if (!this.#moved) return;
    this.#moved = false;
    this.#notify();
  }

  #break(error: number): void {
    this.broken = true;
    this.#outgoing = [];
    this.#waitingEvents = new Set();
    this.#waitingBytes = 0;
    this.#store.forget(this);
    this.#view.setUint32(XENSTORE_RING.error, error, true);
    this.#notify();
  }
}
