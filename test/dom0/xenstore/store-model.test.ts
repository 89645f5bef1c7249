/** The store against a model that is a Map from path to value: plain operations, and transactions that run one at a time or side by side. */
import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { StoreError } from '../../../src/dom0/xenstore/store-error.ts';
import { Store, type Client } from '../../../src/dom0/xenstore/store.ts';

type Model = Map<string, string>;

const name = fc.constantFrom('a', 'b', 'c');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/${names.join('/')}`);
const value = fc.constantFrom('', 'x', 'y');

type Op =
  | { readonly do: 'write'; readonly path: string; readonly value: string }
  | { readonly do: 'mkdir' | 'rm' | 'read' | 'directory'; readonly path: string };

const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ do: fc.constant('write' as const), path, value }),
  fc.record({ do: fc.constantFrom('mkdir' as const, 'rm' as const, 'read' as const, 'directory' as const), path }),
);

const above = (at: string): string => at.slice(0, at.lastIndexOf('/')) || '/';

function onModel(model: Model, operation: Op): string {
  const { path: at } = operation;
  const make = (): void => {
    for (let one = at; !model.has(one); one = above(one)) model.set(one, '');
  };
  switch (operation.do) {
    case 'write':
      make();
      model.set(at, operation.value);
      return 'ok';
    case 'mkdir':
      make();
      return 'ok';
    case 'rm':
      if (!model.has(above(at))) return 'ENOENT';
      for (const one of model.keys()) if (one === at || one.startsWith(`${at}/`)) model.delete(one);
      return 'ok';
    case 'read':
      return model.get(at) ?? 'ENOENT';
    case 'directory':
      if (!model.has(at)) return 'ENOENT';
      return children(model, at).join();
  }
}

function children(model: Model, at: string): string[] {
  return [...model.keys()]
    .filter((one) => one !== '/' && above(one) === at)
    .map((one) => one.slice(one.lastIndexOf('/') + 1))
    .toSorted();
}

function onStore(store: Store, client: Client, id: number, operation: Op): string {
  try {
    switch (operation.do) {
      case 'write':
        store.write(client, id, operation.path, Buffer.from(operation.value));
        return 'ok';
      case 'mkdir':
        store.makeDirectory(client, id, operation.path);
        return 'ok';
      case 'rm':
        store.remove(client, id, operation.path);
        return 'ok';
      case 'read':
        return Buffer.from(store.read(client, id, operation.path)).toString();
      case 'directory':
        return store.directory(client, id, operation.path).names.toSorted().join();
    }
  } catch (error) {
    if (error instanceof StoreError) return error.errno.name;
    throw error;
  }
}

const dom0 = (): Client => ({ domid: 0, privileged: true, transactions: new Map(), watchEvent: () => undefined });

function contents(store: Store): Record<string, string> {
  return Object.fromEntries([...store.subtree('/')].map(([at, node]) => [at, Buffer.from(node.value).toString()]));
}

function same(store: Store, model: Model): void {
  expect(contents(store)).toEqual(Object.fromEntries(model));
  expect(store.size).toBe(model.size);
}

const empty = (): Model => new Map([['/', '']]);

test.prop([fc.array(op, { maxLength: 60 })])('plain operations do what they do to a map', (operations) => {
  const [store, client, model] = [new Store(), dom0(), empty()];
  for (const operation of operations) expect(onStore(store, client, 0, operation)).toBe(onModel(model, operation));
  same(store, model);
});

test.prop([fc.array(op, { maxLength: 20 }), fc.array(op, { maxLength: 20 }), fc.boolean()])(
  'a transaction alone commits what it did, or nothing',
  (before, inside, commit) => {
    const [store, client, model] = [new Store(), dom0(), empty()];
    for (const operation of before) {
      onStore(store, client, 0, operation);
      onModel(model, operation);
    }
    const inner: Model = new Map(model);
    const id = store.startTransaction(client, 0);
    for (const operation of inside) expect(onStore(store, client, id, operation)).toBe(onModel(inner, operation));
    same(store, model);
    store.endTransaction(client, id, commit);
    same(store, commit ? inner : model);
  },
);

test.prop([fc.array(op, { maxLength: 15 }), fc.array(fc.tuple(fc.nat({ max: 2 }), op), { maxLength: 40 })])(
  'what transactions side by side leave is what they would have left one after the other, in the order of their ends',
  (before, steps) => {
    const [store, client] = [new Store(), dom0()];
    const model = empty();
    for (const operation of before) {
      onStore(store, client, 0, operation);
      onModel(model, operation);
    }
    const ids = [0, store.startTransaction(client, 0), store.startTransaction(client, 0)];
    const logs: { operation: Op; answer: string }[][] = [[], [], []];
    for (const [who, operation] of steps) {
      const answer = onStore(store, client, ids[who]!, operation);
      if (who === 0) onModel(model, operation);
      else logs[who]!.push({ operation, answer });
    }
    for (const who of [1, 2]) {
      let committed = true;
      try {
        store.endTransaction(client, ids[who]!, true);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        committed = false;
      }
      // Carried out now, in one go, every answer is the one that it got.
      if (committed) for (const { operation, answer } of logs[who]!) expect(onModel(model, operation)).toBe(answer);
    }
    same(store, model);
  },
);
