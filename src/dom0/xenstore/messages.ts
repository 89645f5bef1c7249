/** struct xsd_sockmsg and what follows it (xen/include/public/io/xs_wire.h). */
import { XSD_SOCKMSG_BYTES } from '../../vmm/abi/xenstore-ring.ts';

export interface Header {
  readonly type: number;
  readonly requestId: number;
  readonly transactionId: number;
  readonly length: number;
}

export function readHeader(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    type: view.getUint32(0, true),
    requestId: view.getUint32(4, true),
    transactionId: view.getUint32(8, true),
    length: view.getUint32(12, true),
  };
}

export function message(type: number, requestId: number, transactionId: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(XSD_SOCKMSG_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, requestId, true);
  view.setUint32(8, transactionId, true);
  view.setUint32(12, payload.length, true);
  bytes.set(payload, XSD_SOCKMSG_BYTES);
  return bytes;
}

/** Strings, each ended by a NUL. */
export function strings(...texts: readonly string[]): Uint8Array {
  return Buffer.from(texts.map((text) => `${text}\0`).join(''), 'latin1');
}

/** The strings of a payload that are ended by a NUL, and where the rest begins. */
export function splitStrings(payload: Uint8Array, most: number = Infinity): { readonly texts: readonly string[]; readonly rest: number } {
  const texts: string[] = [];
  let at = 0;
  while (texts.length < most) {
    const end = payload.indexOf(0, at);
    if (end < 0) break;
    texts.push(Buffer.from(payload.subarray(at, end)).toString('latin1'));
    at = end + 1;
  }
  return { texts, rest: at };
}
