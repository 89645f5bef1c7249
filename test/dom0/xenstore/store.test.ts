import { describe, expect, test } from 'vitest';
import type { Permissions } from '../../../src/dom0/xenstore/permissions.ts';
import { StoreError } from '../../../src/dom0/xenstore/store-error.ts';
import { QUOTA, Store, type Client } from '../../../src/dom0/xenstore/store.ts';

interface TestClient extends Client {
  readonly heard: string[];
}

function client(domid: number): TestClient {
  const heard: string[] = [];
  return { domid, privileged: domid === 0, transactions: new Map(), heard, watchEvent: (path, token) => heard.push(`${path} ${token}`) };
}

const bytes = (value: string): Uint8Array => Buffer.from(value);
const errno = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) return error.errno.name;
    throw error;
  }
  return 'ok';
};

/** Domain 0, guest 3 with a home it may read and a `data` that it owns, and guest 4 without anything. */
function world(): {
  store: Store;
  dom0: TestClient;
  guest: TestClient;
  other: TestClient;
  read: (c: Client, path: string, id?: number) => string;
} {
  const store = new Store();
  const [dom0, guest, other] = [client(0), client(3), client(4)];
  const home: Permissions = [
    { domid: 0, access: 'n' },
    { domid: 3, access: 'r' },
  ];
  store.makeDirectory(dom0, 0, '/local/domain/3');
  store.setPermissions(dom0, 0, '/local/domain/3', home);
  store.makeDirectory(dom0, 0, '/local/domain/3/data');
  store.setPermissions(dom0, 0, '/local/domain/3/data', [{ domid: 3, access: 'n' }]);
  store.write(dom0, 0, '/local/domain/3/name', bytes('web'));
  const read = (c: Client, path: string, id = 0): string => Buffer.from(store.read(c, id, path)).toString();
  return { store, dom0, guest, other, read };
}

const HOME = '/local/domain/3';

describe('nodes', () => {
  test('writing makes the parents that are missing, with empty values', () => {
    const { store, dom0, read } = world();
    store.write(dom0, 0, '/a/b/c', bytes('x'));
    expect(read(dom0, '/a/b')).toBe('');
    expect(store.directory(dom0, 0, '/a').names).toEqual(['b']);
  });

  test('removing takes everything below; what is not there may be removed if its parent is there', () => {
    const { store, dom0 } = world();
    store.write(dom0, 0, '/a/b/c', bytes('x'));
    const before = store.size;
    store.remove(dom0, 0, '/a/b');
    expect(store.size).toBe(before - 2);
    expect(errno(() => store.read(dom0, 0, '/a/b/c'))).toBe('ENOENT');
    expect(errno(() => store.remove(dom0, 0, '/a/b'))).toBe('ok');
    expect(errno(() => store.remove(dom0, 0, '/x/y'))).toBe('ENOENT');
    expect(errno(() => store.remove(dom0, 0, '/'))).toBe('EINVAL');
  });

  test('mkdir of what is there leaves its value', () => {
    const { store, dom0, read } = world();
    store.write(dom0, 0, '/a', bytes('x'));
    store.makeDirectory(dom0, 0, '/a');
    expect(read(dom0, '/a')).toBe('x');
  });
});

describe('rights', () => {
  test('a guest reads what it may and no more', () => {
    const { store, guest, other, read } = world();
    expect(read(guest, `${HOME}/name`)).toBe('web');
    expect(errno(() => store.read(other, 0, `${HOME}/name`))).toBe('EACCES');
    expect(errno(() => store.read(guest, 0, '/local/domain/0'))).toBe('EACCES');
  });

  test('whether something is there is told only to those who may read its nearest parent', () => {
    const { store, guest, other } = world();
    expect(errno(() => store.read(guest, 0, `${HOME}/nothing`))).toBe('ENOENT');
    expect(errno(() => store.read(other, 0, `${HOME}/nothing`))).toBe('EACCES');
  });

  test('a guest writes only where it may; what it makes is its own', () => {
    const { store, guest } = world();
    expect(errno(() => store.write(guest, 0, `${HOME}/name`, bytes('x')))).toBe('EACCES');
    expect(errno(() => store.write(guest, 0, `${HOME}/new`, bytes('x')))).toBe('EACCES');
    store.write(guest, 0, `${HOME}/data/a/b`, bytes('x'));
    expect(store.permissions(guest, 0, `${HOME}/data/a/b`)).toEqual([{ domid: 3, access: 'n' }]);
  });

  test('each letter gives what it says', () => {
    const { store, guest, other } = world();
    const path = `${HOME}/data/shared`;
    for (const [access, read, write] of [
      ['n', 'EACCES', 'EACCES'],
      ['r', 'ok', 'EACCES'],
      ['w', 'EACCES', 'ok'],
      ['b', 'ok', 'ok'],
    ] as const) {
      store.write(guest, 0, path, bytes(''));
      store.setPermissions(guest, 0, path, [
        { domid: 3, access: 'n' },
        { domid: 4, access },
      ]);
      expect(errno(() => store.read(other, 0, path))).toBe(read);
      expect(errno(() => store.write(other, 0, path, bytes('x')))).toBe(write);
    }
  });

  test('the first entry is what everybody else may', () => {
    const { store, guest, other, read } = world();
    store.write(guest, 0, `${HOME}/data/open`, bytes('x'));
    store.setPermissions(guest, 0, `${HOME}/data/open`, [{ domid: 3, access: 'r' }]);
    expect(read(other, `${HOME}/data/open`)).toBe('x');
  });

  test('only the owner sets rights, and only domain 0 gives a node away', () => {
    const { store, dom0, guest, other } = world();
    const path = `${HOME}/data`;
    expect(errno(() => store.setPermissions(other, 0, path, [{ domid: 4, access: 'b' }]))).toBe('EACCES');
    expect(errno(() => store.setPermissions(guest, 0, path, [{ domid: 4, access: 'b' }]))).toBe('EPERM');
    expect(errno(() => store.setPermissions(dom0, 0, path, [{ domid: 4, access: 'b' }]))).toBe('ok');
    expect(errno(() => store.write(guest, 0, `${path}/x`, bytes('')))).toBe('ok');
    expect(errno(() => store.setPermissions(guest, 0, path, [{ domid: 4, access: 'b' }]))).toBe('EACCES');
  });
});

describe('quotas of a guest', () => {
  test('nodes', () => {
    const { store, guest, dom0 } = world();
    let made = 1; // `data` is its own already
    while (errno(() => store.write(guest, 0, `${HOME}/data/${made}`, bytes(''))) === 'ok') made++;
    expect(made).toBe(QUOTA.nodes);
    expect(errno(() => store.write(guest, 0, `${HOME}/data/x`, bytes('')))).toBe('ENOSPC');
    expect(errno(() => store.write(dom0, 0, `${HOME}/data/x`, bytes('')))).toBe('ok');
    store.remove(guest, 0, `${HOME}/data/7`);
    // What domain 0 made there belongs to the guest by inheritance: it counts.
    store.remove(guest, 0, `${HOME}/data/x`);
    expect(errno(() => store.write(guest, 0, `${HOME}/data/y`, bytes('')))).toBe('ok');
  });

  test('nodes made in a transaction count when it commits', () => {
    const { store, guest } = world();
    const ids = [1, 2].map(() => store.startTransaction(guest, 0));
    for (const id of ids) for (let i = 0; i < 600; i++) store.write(guest, id, `${HOME}/data/${id}/${i}`, bytes(''));
    expect(errno(() => store.endTransaction(guest, ids[0]!, true))).toBe('ok');
    expect(errno(() => store.endTransaction(guest, ids[1]!, true))).not.toBe('ok');
    expect(store.directory(guest, 0, `${HOME}/data`).names).toEqual([String(ids[0])]);
  });

  test('a transaction does not grow without end', () => {
    const { store, guest } = world();
    const id = store.startTransaction(guest, 0);
    let writes = 0;
    while (errno(() => store.write(guest, id, `${HOME}/data`, new Uint8Array(2000))) === 'ok' && writes < 100_000) writes++;
    expect(writes).toBeLessThanOrEqual(QUOTA.changesInTransaction + 1);
    expect(errno(() => store.endTransaction(guest, id, true))).toBe('ok');
  });

  test('values, watches, transactions, entries of a permission list', () => {
    const { store, guest } = world();
    expect(errno(() => store.write(guest, 0, `${HOME}/data`, new Uint8Array(2048)))).toBe('ok');
    expect(errno(() => store.write(guest, 0, `${HOME}/data`, new Uint8Array(2049)))).toBe('ENOSPC');
    for (let i = 0; i < 128; i++) store.watch(guest, HOME, String(i), 0);
    expect(errno(() => store.watch(guest, HOME, 'x', 0))).toBe('E2BIG');
    for (let i = 0; i < 10; i++) store.startTransaction(guest, 0);
    expect(errno(() => store.startTransaction(guest, 0))).toBe('ENOSPC');
    const six: Permissions = Array.from({ length: 6 }, () => ({ domid: 3, access: 'r' }));
    expect(errno(() => store.setPermissions(guest, 0, `${HOME}/data`, six))).toBe('ENOSPC');
  });

  test('domain 0 has none', () => {
    const { store, dom0 } = world();
    for (let i = 0; i < 1500; i++) store.write(dom0, 0, `/many/${i}`, new Uint8Array(3000));
    for (let i = 0; i < 200; i++) store.watch(dom0, '/many', String(i), 0);
    expect(store.directory(dom0, 0, '/many').names).toHaveLength(1500);
  });
});

describe('watches', () => {
  test('hear of the node and of what is below it, not of what is beside or above', () => {
    const { store, dom0 } = world();
    store.watch(dom0, '/a/b', 't', 0);
    store.write(dom0, 0, '/a/b', bytes('x'));
    store.write(dom0, 0, '/a/b/c', bytes('x'));
    store.write(dom0, 0, '/a/bb', bytes('x'));
    store.write(dom0, 0, '/a', bytes('x'));
    expect(dom0.heard).toEqual(['/a/b t', '/a/b/c t']);
  });

  test('hear of rights that change, of removal, and of a parent that goes, by their own path', () => {
    const { store, dom0 } = world();
    store.write(dom0, 0, '/a/b/c', bytes('x'));
    store.watch(dom0, '/a/b', 't', 0);
    store.setPermissions(dom0, 0, '/a/b/c', [{ domid: 0, access: 'r' }]);
    store.remove(dom0, 0, '/a/b/c');
    store.remove(dom0, 0, '/a');
    expect(dom0.heard).toEqual(['/a/b/c t', '/a/b/c t', '/a/b t']);
  });

  test('a relative watch hears relative paths', () => {
    const { store, dom0, guest } = world();
    store.watch(guest, `${HOME}/data`, 't', `${HOME}/`.length);
    store.write(dom0, 0, `${HOME}/data/x`, bytes(''));
    expect(guest.heard).toEqual(['data/x t']);
  });

  test('a guest hears nothing of what it may not read', () => {
    const { store, dom0, other } = world();
    store.watch(other, HOME, 't', 0);
    store.write(dom0, 0, `${HOME}/name`, bytes('x'));
    expect(other.heard).toEqual([]);
  });

  test('who loses the right to read is told', () => {
    const { store, dom0, guest } = world();
    store.watch(guest, HOME, 't', 0);
    store.setPermissions(dom0, 0, HOME, [{ domid: 0, access: 'n' }]);
    expect(guest.heard).toEqual([`${HOME} t`]);
  });

  test('a transaction’s changes are told when it commits, and only then', () => {
    const { store, dom0 } = world();
    store.watch(dom0, '/a', 't', 0);
    const [kept, dropped] = [store.startTransaction(dom0, 0), store.startTransaction(dom0, 0)];
    store.write(dom0, kept, '/a/1', bytes(''));
    store.write(dom0, dropped, '/a/2', bytes(''));
    expect(dom0.heard).toEqual([]);
    store.endTransaction(dom0, dropped, false);
    store.endTransaction(dom0, kept, true);
    expect(dom0.heard).toEqual(['/a/1 t']);
  });

  test('special events reach domain 0, and guests only when they were let in', () => {
    const { store, dom0, guest } = world();
    for (const one of [dom0, guest]) store.watch(one, '@releaseDomain', 't', 0);
    store.fireSpecial('@releaseDomain');
    expect([dom0.heard, guest.heard]).toEqual([['@releaseDomain t'], []]);
    store.setPermissions(dom0, 0, '@releaseDomain', [{ domid: 0, access: 'r' }]);
    store.fireSpecial('@releaseDomain');
    expect(guest.heard).toEqual(['@releaseDomain t']);
  });

  test('the same watch twice is refused; another token is another watch; unwatch ends it', () => {
    const { store, dom0 } = world();
    store.watch(dom0, '/a', 't', 0);
    expect(errno(() => store.watch(dom0, '/a', 't', 0))).toBe('EEXIST');
    store.watch(dom0, '/a', 'u', 0);
    store.unwatch(dom0, '/a', 't');
    expect(errno(() => store.unwatch(dom0, '/a', 't'))).toBe('ENOENT');
    store.write(dom0, 0, '/a', bytes(''));
    expect(dom0.heard).toEqual(['/a u']);
  });
});

describe('transactions', () => {
  test('see a snapshot and their own changes; nobody else sees these before the end', () => {
    const { store, dom0, read } = world();
    store.write(dom0, 0, '/a', bytes('1'));
    const id = store.startTransaction(dom0, 0);
    store.write(dom0, 0, '/b', bytes('late'));
    expect(errno(() => store.read(dom0, id, '/b'))).toBe('ENOENT');
    store.write(dom0, id, '/a', bytes('2'));
    expect([read(dom0, '/a'), read(dom0, '/a', id)]).toEqual(['1', '2']);
  });

  test.each<readonly [string, (store: Store, c: Client, id: number) => void, (store: Store, c: Client) => void, string]>([
    ['read, and written meanwhile', (s, c, id) => s.read(c, id, '/a'), (s, c) => s.write(c, 0, '/a', bytes('!')), 'EAGAIN'],
    ['written, and written meanwhile', (s, c, id) => s.write(c, id, '/a', bytes('?')), (s, c) => s.write(c, 0, '/a', bytes('!')), 'EAGAIN'],
    ['read, and removed meanwhile', (s, c, id) => s.read(c, id, '/a'), (s, c) => s.remove(c, 0, '/a'), 'EAGAIN'],
    ['listed, and a child made meanwhile', (s, c, id) => s.directory(c, id, '/a'), (s, c) => s.write(c, 0, '/a/z', bytes('')), 'EAGAIN'],
    ['made by both', (s, c, id) => s.write(c, id, '/a/n', bytes('')), (s, c) => s.write(c, 0, '/a/n', bytes('')), 'EAGAIN'],
    ['made below what went meanwhile', (s, c, id) => s.write(c, id, '/a/n', bytes('')), (s, c) => s.remove(c, 0, '/a'), 'EAGAIN'],
    ['removed, with a child made meanwhile', (s, c, id) => s.remove(c, id, '/a'), (s, c) => s.write(c, 0, '/a/b/z', bytes('')), 'EAGAIN'],
    ['not there, and made meanwhile', (s, c, id) => errno(() => s.read(c, id, '/x')), (s, c) => s.write(c, 0, '/x', bytes('')), 'EAGAIN'],
    ['two children of one parent', (s, c, id) => s.write(c, id, '/a/n', bytes('')), (s, c) => s.write(c, 0, '/a/m', bytes('')), 'ok'],
    ['elsewhere', (s, c, id) => s.write(c, id, '/a', bytes('?')), (s, c) => s.write(c, 0, '/q', bytes('!')), 'ok'],
    ['read, and a child made meanwhile', (s, c, id) => s.read(c, id, '/a'), (s, c) => s.write(c, 0, '/a/m', bytes('')), 'ok'],
  ])('%s', (_name, inside, outside, want) => {
    const { store, dom0 } = world();
    store.write(dom0, 0, '/a/b', bytes(''));
    const id = store.startTransaction(dom0, 0);
    inside(store, dom0, id);
    outside(store, dom0);
    expect(errno(() => store.endTransaction(dom0, id, true))).toBe(want);
    expect(errno(() => store.read(dom0, id, '/a'))).toBe('ENOENT'); // it is over either way
  });

  test('do not nest, and belong to the one who began them', () => {
    const { store, dom0, guest } = world();
    const id = store.startTransaction(dom0, 0);
    expect(errno(() => store.startTransaction(dom0, id))).toBe('EBUSY');
    expect(errno(() => store.read(guest, id, `${HOME}/name`))).toBe('ENOENT');
  });
});

test('what a dead domain owned goes with it, wherever it is', () => {
  const { store, dom0, guest } = world();
  store.write(guest, 0, `${HOME}/data/a/b`, bytes(''));
  store.write(dom0, 0, '/elsewhere', bytes(''));
  store.setPermissions(dom0, 0, '/elsewhere', [{ domid: 3, access: 'n' }]);
  store.removeOwned(dom0, 3);
  expect(errno(() => store.read(dom0, 0, '/elsewhere'))).toBe('ENOENT');
  expect(store.directory(dom0, 0, HOME).names).toEqual(['name']);
});
