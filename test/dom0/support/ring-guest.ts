/** A guest's end of the xenstore ring, at the byte level, as a guest's driver would have it. */
import { XENSTORE_RING, XENSTORE_RING_SIZE } from '../../../src/vmm/abi/xenstore-ring.ts';
import { message, readHeader } from '../../../src/dom0/xenstore/messages.ts';

export interface Reply {
  readonly type: number;
  readonly requestId: number;
  readonly transactionId: number;
  readonly text: string;
}

export class RingGuest {
  readonly page: Uint8Array;
  readonly view: DataView;
  #received: Uint8Array = new Uint8Array(0);

  constructor(page: Uint8Array = new Uint8Array(4096)) {
    this.page = page;
    this.view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  }

  index(offset: number): number {
    return this.view.getUint32(offset, true);
  }

  setIndex(offset: number, value: number): void {
    this.view.setUint32(offset, value >>> 0, true);
  }

  /** Puts bytes into the request ring, as many as there is room for; answers how many. */
  put(bytes: Uint8Array): number {
    const prod = this.index(XENSTORE_RING.reqProd);
    const room = XENSTORE_RING_SIZE - ((prod - this.index(XENSTORE_RING.reqCons)) >>> 0);
    const count = Math.min(room, bytes.length);
    for (let i = 0; i < count; i++) this.page[XENSTORE_RING.req + (((prod + i) >>> 0) % XENSTORE_RING_SIZE)] = bytes[i]!;
    this.setIndex(XENSTORE_RING.reqProd, prod + count);
    return count;
  }

  /** Takes everything out of the reply ring. */
  take(): void {
    const cons = this.index(XENSTORE_RING.rspCons);
    const count = (this.index(XENSTORE_RING.rspProd) - cons) >>> 0;
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = this.page[XENSTORE_RING.rsp + (((cons + i) >>> 0) % XENSTORE_RING_SIZE)]!;
    this.setIndex(XENSTORE_RING.rspCons, cons + count);
    this.#received = Buffer.concat([this.#received, bytes]);
  }

  /** The whole messages that have come. NULs are shown as '|'. */
  replies(): Reply[] {
    this.take();
    const replies: Reply[] = [];
    while (this.#received.length >= 16) {
      const { type, requestId, transactionId, length } = readHeader(this.#received);
      if (this.#received.length < 16 + length) break;
      const text = Buffer.from(this.#received.subarray(16, 16 + length))
        .toString('latin1')
        .replaceAll('\0', '|');
      replies.push({ type, requestId, transactionId, text });
      this.#received = this.#received.slice(16 + length);
    }
    return replies;
  }
}

/** A request; '|' in the payload stands for NUL. */
export function request(type: number, payload: string, requestId: number = 1, transactionId: number = 0): Uint8Array {
  return message(type, requestId, transactionId, Buffer.from(payload.replaceAll('|', '\0'), 'latin1'));
}
