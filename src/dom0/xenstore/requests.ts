/** What each message type does for a guest: one table, as wire_funcs of tools/xenstored/core.c. A reply is a payload; refusals are thrown. */
import { XENSTORE_PAYLOAD_MAX, XS } from '../../vmm/abi/xenstore-ring.ts';
import { E2BIG, EACCES, EINVAL, ENOSYS, type Errno } from '../../vmm/errno.ts';
import { splitStrings, strings } from './messages.ts';
import { canonicalPath, domainPath } from './path.ts';
import { formatPermission, parsePermission } from './permissions.ts';
import { StoreError } from './store-error.ts';
import type { Client, Store } from './store.ts';

export interface Request {
  readonly store: Store;
  readonly client: Client;
  readonly transactionId: number;
  readonly payload: Uint8Array;
  /** Runs after the reply has been queued. */
  readonly afterwards: (work: () => void) => void;
}

type Handler = (request: Request) => Uint8Array;

const OK: Uint8Array = strings('OK');

function refuse(errno: Errno): never {
  throw new StoreError(errno);
}

/** The payload must be one string, whole. */
function onePath({ payload, client }: Request, allowSpecial: boolean = false): string {
  const { texts, rest } = splitStrings(payload, 1);
  if (texts.length !== 1 || rest !== payload.length) refuse(EINVAL);
  return canonicalPath(texts[0]!, client.domid, allowSpecial);
}

function watchArguments({ payload, client }: Request): { path: string; given: string; token: string } {
  const { texts } = splitStrings(payload);
  if (texts.length !== 2) refuse(EINVAL);
  return { path: canonicalPath(texts[0]!, client.domid, true), given: texts[0]!, token: texts[1]! };
}

function limited(reply: Uint8Array): Uint8Array {
  return reply.length > XENSTORE_PAYLOAD_MAX ? refuse(E2BIG) : reply;
}

const forDomain0Only: Handler = () => refuse(EACCES);

const HANDLERS: Readonly<Record<number, Handler>> = {
  [XS.CONTROL]: forDomain0Only,
  [XS.INTRODUCE]: forDomain0Only,
  [XS.RELEASE]: forDomain0Only,
  [XS.RESUME]: forDomain0Only,
  [XS.SET_TARGET]: forDomain0Only,
  [XS.IS_DOMAIN_INTRODUCED]: forDomain0Only,

  [XS.DIRECTORY](request) {
    const { store, client, transactionId } = request;
    return limited(strings(...store.directory(client, transactionId, onePath(request)).names));
  },

  /** A list that is too long for one message, from an offset; its last part ends with an empty string. */
  [XS.DIRECTORY_PART]({ store, client, transactionId, payload }) {
    const { texts, rest } = splitStrings(payload, 2);
    if (texts.length !== 2 || rest !== payload.length || !/^\d{1,9}$/.test(texts[1]!)) refuse(EINVAL);
    const { names, generation } = store.directory(client, transactionId, canonicalPath(texts[0]!, client.domid));
    const head = strings(String(generation));
    const list = strings(...names);
    const start = Math.min(Number(texts[1]), list.length);
    const room = XENSTORE_PAYLOAD_MAX - head.length - 1;
    if (list.length - start <= room) return Buffer.concat([head, list.subarray(start), strings('')]);
    const end = list.lastIndexOf(0, start + room - 1) + 1;
    return Buffer.concat([head, list.subarray(start, end)]);
  },

  [XS.READ](request) {
    const { store, client, transactionId } = request;
    return limited(store.read(client, transactionId, onePath(request)));
  },

  [XS.WRITE]({ store, client, transactionId, payload }) {
    const { texts, rest } = splitStrings(payload, 1);
    if (texts.length !== 1) refuse(EINVAL);
    store.write(client, transactionId, canonicalPath(texts[0]!, client.domid), payload.slice(rest));
    return OK;
  },

  [XS.MKDIR](request) {
    request.store.makeDirectory(request.client, request.transactionId, onePath(request));
    return OK;
  },

  [XS.RM](request) {
    request.store.remove(request.client, request.transactionId, onePath(request));
    return OK;
  },

  [XS.GET_PERMS](request) {
    const { store, client, transactionId } = request;
    return strings(...store.permissions(client, transactionId, onePath(request, true)).map(formatPermission));
  },

  [XS.SET_PERMS]({ store, client, transactionId, payload }) {
    const { texts } = splitStrings(payload);
    if (texts.length < 2) refuse(EINVAL);
    const permissions = texts.slice(1).map((text) => parsePermission(text) ?? refuse(EINVAL));
    store.setPermissions(client, transactionId, canonicalPath(texts[0]!, client.domid, true), permissions);
    return OK;
  },

  [XS.WATCH](request) {
    const { store, client, afterwards } = request;
    const { path, given, token } = watchArguments(request);
    const relative = !given.startsWith('/') && !given.startsWith('@');
    store.watch(client, path, token, relative ? domainPath(client.domid).length + 1 : 0);
    // It fires once when it is set up, whether there is such a node or not.
    afterwards(() => client.watchEvent(given, token));
    return OK;
  },

  [XS.UNWATCH](request) {
    const { path, token } = watchArguments(request);
    request.store.unwatch(request.client, path, token);
    return OK;
  },

  [XS.RESET_WATCHES]({ store, client }) {
    store.forget(client);
    return OK;
  },

  [XS.TRANSACTION_START]({ store, client, transactionId }) {
    return strings(String(store.startTransaction(client, transactionId)));
  },

  [XS.TRANSACTION_END]({ store, client, transactionId, payload }) {
    const { texts, rest } = splitStrings(payload, 1);
    if (rest !== payload.length || (texts[0] !== 'T' && texts[0] !== 'F')) refuse(EINVAL);
    store.endTransaction(client, transactionId, texts[0] === 'T');
    return OK;
  },

  [XS.GET_DOMAIN_PATH]({ payload }) {
    const { texts, rest } = splitStrings(payload, 1);
    if (texts.length !== 1 || rest !== payload.length || !/^\d{1,5}$/.test(texts[0]!)) refuse(EINVAL);
    return strings(domainPath(Number(texts[0])));
  },
};

export function handleRequest(type: number, request: Request): Uint8Array {
  const handler = HANDLERS[type];
  if (!handler) throw new StoreError(ENOSYS);
  return handler(request);
}
