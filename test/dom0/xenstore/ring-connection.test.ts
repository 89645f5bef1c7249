import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { RingConnection } from '../../../src/dom0/xenstore/ring-connection.ts';
import { StoreClient } from '../../../src/dom0/xenstore/store-client.ts';
import { Store } from '../../../src/dom0/xenstore/store.ts';
import { XENSTORE_ERROR, XENSTORE_RING, XS } from '../../../src/vmm/abi/xenstore-ring.ts';
import { request, RingGuest, type Reply } from '../support/ring-guest.ts';

interface Setup {
  readonly store: Store;
  readonly dom0: StoreClient;
  readonly guest: RingGuest;
  readonly connection: RingConnection;
  readonly notified: () => number;
  /** Sends one request and answers what came back. */
  readonly ask: (type: number, payload: string, transactionId?: number) => Reply[];
  readonly text: (type: number, payload: string, transactionId?: number) => string;
}

function setup(start = 0): Setup {
  const store = new Store();
  const dom0 = new StoreClient(store);
  dom0.make('/local/domain/3', [
    { domid: 0, access: 'n' },
    { domid: 3, access: 'r' },
  ]);
  dom0.make('/local/domain/3/data', [{ domid: 3, access: 'n' }]);
  dom0.make(
    '/local/domain/3/name',
    [
      { domid: 0, access: 'n' },
      { domid: 3, access: 'r' },
    ],
    'web',
  );
  const guest = new RingGuest();
  for (const index of [XENSTORE_RING.reqCons, XENSTORE_RING.reqProd, XENSTORE_RING.rspCons, XENSTORE_RING.rspProd])
    guest.setIndex(index, start);
  let notifications = 0;
  const connection = new RingConnection(store, 3, guest.page, () => notifications++);
  const ask = (type: number, payload: string, transactionId = 0): Reply[] => {
    const bytes = request(type, payload, 1, transactionId);
    const replies: Reply[] = [];
    for (let at = 0; at < bytes.length;) {
      at += guest.put(bytes.subarray(at));
      connection.service();
      replies.push(...guest.replies());
    }
    // A long reply comes in several rings full.
    for (let before = -1; before !== guest.index(XENSTORE_RING.rspProd);) {
      before = guest.index(XENSTORE_RING.rspProd);
      connection.service();
      replies.push(...guest.replies());
    }
    return replies;
  };
  const text = (type: number, payload: string, transactionId = 0): string => ask(type, payload, transactionId)[0]!.text;
  return { store, dom0, guest, connection, notified: () => notifications, ask, text };
}

describe('requests', () => {
  test('echo type, request and transaction in the reply, and the guest is notified', () => {
    const { guest, connection, notified } = setup();
    guest.put(request(XS.READ, 'name|', 77));
    connection.service();
    expect(guest.replies()).toEqual([{ type: XS.READ, requestId: 77, transactionId: 0, text: 'web' }]);
    expect(notified()).toBe(1);
  });

  test('read, write, directory, mkdir, rm', () => {
    const { text } = setup();
    expect(text(XS.WRITE, 'data/a|some\x01thing')).toBe('OK|');
    expect(text(XS.READ, '/local/domain/3/data/a|')).toBe('some\x01thing');
    expect(text(XS.MKDIR, 'data/b|')).toBe('OK|');
    expect(text(XS.DIRECTORY, 'data|')).toBe('a|b|');
    expect(text(XS.RM, 'data/a|')).toBe('OK|');
    expect(text(XS.DIRECTORY, 'data|')).toBe('b|');
    expect(text(XS.DIRECTORY, 'data/b|')).toBe('');
  });

  test('errors come by name', () => {
    const { ask, text } = setup();
    expect(ask(XS.READ, 'nothing|')).toEqual([{ type: XS.ERROR, requestId: 1, transactionId: 0, text: 'ENOENT|' }]);
    expect(text(XS.READ, '/local/domain/0/name|')).toBe('EACCES|');
    expect(text(XS.WRITE, 'name|x')).toBe('EACCES|');
    expect(text(XS.READ, 'data//x|')).toBe('EINVAL|');
    expect(text(XS.READ, 'data/|')).toBe('EINVAL|');
    expect(text(XS.READ, 'da ta|')).toBe('EINVAL|');
    expect(text(XS.READ, '|')).toBe('EINVAL|');
    expect(text(XS.READ, `data/${'x'.repeat(3000)}|`)).toBe('EINVAL|');
    expect(text(XS.READ, 'name')).toBe('EINVAL|');
    expect(text(XS.READ, 'name|more|')).toBe('EINVAL|');
  });

  test('permissions', () => {
    const { text } = setup();
    text(XS.WRITE, 'data/a|');
    expect(text(XS.GET_PERMS, 'data/a|')).toBe('n3|');
    expect(text(XS.SET_PERMS, 'data/a|n3|r0|b12|')).toBe('OK|');
    expect(text(XS.GET_PERMS, 'data/a|')).toBe('n3|r0|b12|');
    expect(text(XS.SET_PERMS, 'data/a|n3|q0|')).toBe('EINVAL|');
    expect(text(XS.SET_PERMS, 'data/a|')).toBe('EINVAL|');
    expect(text(XS.SET_PERMS, 'name|n3|')).toBe('EACCES|');
    expect(text(XS.GET_PERMS, 'name|')).toBe('n0|r3|');
  });

  test('transactions', () => {
    const { text, dom0 } = setup();
    const id = Number.parseInt(text(XS.TRANSACTION_START, '|'), 10);
    expect(text(XS.WRITE, 'data/a|1', id)).toBe('OK|');
    expect(dom0.read('/local/domain/3/data/a')).toBeNull();
    expect(text(XS.TRANSACTION_START, '|', id)).toBe('EBUSY|');
    expect(text(XS.TRANSACTION_END, 'X|', id)).toBe('EINVAL|');
    expect(text(XS.TRANSACTION_END, 'T|', id)).toBe('OK|');
    expect(dom0.read('/local/domain/3/data/a')).toBe('1');
    expect(text(XS.READ, 'data/a|', id)).toBe('ENOENT|');
    const other = Number.parseInt(text(XS.TRANSACTION_START, '|'), 10);
    text(XS.READ, 'data/a|', other);
    dom0.write('/local/domain/3/data/a', '2');
    expect(text(XS.TRANSACTION_END, 'T|', other)).toBe('EAGAIN|');
  });

  test('domain paths; what only domain 0 may; what does not exist', () => {
    const { text } = setup();
    expect(text(XS.GET_DOMAIN_PATH, '7|')).toBe('/local/domain/7|');
    for (const type of [XS.CONTROL, XS.INTRODUCE, XS.RELEASE, XS.RESUME, XS.SET_TARGET, XS.IS_DOMAIN_INTRODUCED])
      expect(text(type, '3|')).toBe('EACCES|');
    for (const type of [XS.WATCH_EVENT, XS.ERROR, 20, 23, 99, 0xffff, 0xffffffff]) expect(text(type, 'x|')).toBe('ENOSYS|');
  });

  test('a directory that is too long for a message comes in parts', () => {
    const { text, dom0 } = setup();
    const names = Array.from({ length: 600 }, (_, i) => `node-${i}`);
    for (const name of names) dom0.write(`/local/domain/3/data/${name}`, '');
    expect(text(XS.DIRECTORY, 'data|')).toBe('E2BIG|');
    let list = '';
    for (;;) {
      const part = text(XS.DIRECTORY_PART, `data|${list.length}|`);
      const end = part.indexOf('|') + 1;
      list += part.slice(end);
      if (list.endsWith('||')) break;
    }
    expect(list).toBe(`${names.join('|')}||`);
  });
});

describe('watches', () => {
  test('answer OK and fire once at once, in the form in which they were asked for', () => {
    const { ask } = setup();
    expect(ask(XS.WATCH, 'data|token|').map(({ type, text }) => [type, text])).toEqual([
      [XS.WATCH, 'OK|'],
      [XS.WATCH_EVENT, 'data|token|'],
    ]);
    expect(ask(XS.WATCH, '@releaseDomain|t|')[1]!.text).toBe('@releaseDomain|t|');
    expect(ask(XS.WATCH, 'data|token|')[0]!.text).toBe('EEXIST|');
  });

  test('tell of changes with relative and with absolute paths', () => {
    const { ask, dom0, guest } = setup();
    ask(XS.WATCH, 'data|r|');
    ask(XS.WATCH, '/local/domain/3/data|a|');
    dom0.write('/local/domain/3/data/x', '1');
    expect(guest.replies().map(({ requestId, transactionId, text }) => [requestId, transactionId, text])).toEqual([
      [0, 0, 'data/x|r|'],
      [0, 0, '/local/domain/3/data/x|a|'],
    ]);
  });

  test('end by unwatch and by reset', () => {
    const { ask, text, dom0, guest } = setup();
    ask(XS.WATCH, 'data|t|');
    expect(text(XS.UNWATCH, 'data|t|')).toBe('OK|');
    expect(text(XS.UNWATCH, 'data|t|')).toBe('ENOENT|');
    ask(XS.WATCH, 'data|t|');
    expect(text(XS.RESET_WATCHES, '|')).toBe('OK|');
    dom0.write('/local/domain/3/data/x', '1');
    expect(guest.replies()).toEqual([]);
  });

  test('the same event is not queued twice while the guest does not read; nor more than a bounded lot', () => {
    const { ask, dom0, guest, connection } = setup();
    ask(XS.WATCH, 'data|t|');
    for (let i = 0; i < 1000; i++) dom0.write('/local/domain/3/data/x', String(i));
    let events = 0;
    for (let more = true; more;) {
      const got = guest.replies().length;
      connection.service();
      events += got;
      more = got > 0;
    }
    expect(events).toBeLessThan(50);
    for (let i = 0; i < 8000; i++) dom0.write(`/local/domain/3/data/x${i % 500}/y${i}`, '');
    expect(connection.broken).toBe(false);
  });
});

describe('a ring', () => {
  test('works across the end of its buffer and of its 32-bit indices', () => {
    const { text } = setup(0xfffffff0);
    for (let i = 0; i < 200; i++) {
      expect(text(XS.WRITE, `data/a|${i}`)).toBe('OK|');
      expect(text(XS.READ, 'data/a|')).toBe(String(i));
    }
  });

  test('takes a request byte by byte', () => {
    const { guest, connection } = setup();
    for (const byte of request(XS.READ, 'name|')) {
      guest.put(Uint8Array.of(byte));
      connection.service();
    }
    expect(guest.replies()[0]!.text).toBe('web');
  });

  test('stops taking requests while the guest takes no replies, and goes on when it does', () => {
    const { guest, connection } = setup();
    const wanted = 500;
    let sent = 0;
    let pending: Uint8Array = request(XS.READ, 'name|', 0);
    const replies: Reply[] = [];
    for (let round = 0; replies.length < wanted && round < 10_000; round++) {
      while (sent < wanted) {
        const count = guest.put(pending);
        pending = pending.slice(count);
        if (pending.length > 0) break;
        pending = request(XS.READ, 'name|', ++sent);
      }
      connection.service();
      if (round % 3 === 2) replies.push(...guest.replies());
    }
    expect(replies.map(({ requestId }) => requestId)).toEqual(Array.from({ length: wanted }, (_, i) => i));
  });

  test.each([
    ['a request index out of range', (g: RingGuest) => g.setIndex(XENSTORE_RING.reqProd, 5000), XENSTORE_ERROR.RINGIDX],
    [
      'a message that is too long',
      (g: RingGuest) => g.put(Uint8Array.from([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 16, 0, 0])),
      XENSTORE_ERROR.PROTO,
    ],
    [
      'a reply index out of range',
      (g: RingGuest) => {
        g.setIndex(XENSTORE_RING.rspCons, 99_999);
        g.put(request(XS.READ, 'name|'));
      },
      XENSTORE_ERROR.RINGIDX,
    ],
  ])('%s breaks the connection, and only that', (_name, spoil, error) => {
    const { guest, connection, dom0 } = setup();
    spoil(guest);
    connection.service();
    expect(connection.broken).toBe(true);
    expect(guest.index(XENSTORE_RING.error)).toBe(error);
    guest.put(request(XS.READ, 'name|'));
    connection.service();
    dom0.write('/local/domain/3/data/x', '1');
  });

  property.prop(
    [
      fc.uint8Array({ minLength: 4096, maxLength: 4096, size: 'max' }),
      fc.array(fc.tuple(fc.nat({ max: 4095 }), fc.nat({ max: 255 })), { maxLength: 50 }),
    ],
    {
      numRuns: 50,
    },
  )('filled with anything at all never throws, and nothing outside changes', (page, pokes) => {
    const { guest, connection, dom0 } = setup();
    guest.page.set(page);
    // Sane indices for a while: the messages are garbage then.
    guest.setIndex(XENSTORE_RING.reqProd, guest.index(XENSTORE_RING.reqCons) + 800);
    connection.service();
    for (const [at, byte] of pokes) {
      guest.page[at] = byte;
      connection.service();
    }
    expect(dom0.read('/local/domain/3/name')).toBe('web');
  });

  property.prop([fc.array(fc.tuple(fc.nat({ max: 30 }), fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 3 })), { maxLength: 40 })])(
    'well-formed messages of any type and payload are all answered',
    (messages) => {
      const { guest, connection } = setup();
      let replies = 0;
      messages.forEach(([type, payload, transactionId], i) => {
        const head = request(type, '', i, transactionId);
        new DataView(head.buffer).setUint32(12, payload.length, true);
        guest.put(Buffer.concat([head, payload]));
        connection.service();
        replies += guest.replies().filter((reply) => reply.type !== XS.WATCH_EVENT).length;
      });
      expect(connection.broken).toBe(false);
      expect(replies).toBe(messages.length);
    },
  );
});
