/**
 * The store: the tree with rights, quotas, transactions and watches, as xenstored has them (docs/misc/xenstore.txt). Paths are canonical; refusals are
 * thrown as StoreError. Transaction 0 is none.
 */
import { E2BIG, EACCES, EAGAIN, EBUSY, EEXIST, EINVAL, ENOENT, ENOSPC, EPERM } from '../../vmm/errno.ts';
import { parentPath } from './path.ts';
import { allowed, OWNER, ownerOf, READ, WRITE, type Permissions } from './permissions.ts';
import { StoreError } from './store-error.ts';
import { apply, Transaction, type Change } from './transaction.ts';
import { NO_VALUE, Tree, walk, type Node } from './tree.ts';
import { Watches, type Fired, type Listener } from './watches.ts';

/** What a domain other than 0 may have. */
export const QUOTA = {
  nodes: 1000,
  watches: 128,
  transactions: 10,
  nodesInTransaction: 1024,
  changesInTransaction: 4096,
  permissionsOfNode: 5,
  valueBytes: 2048,
} as const;

/** Watch paths for events that are not changes of nodes. */
export type SpecialPath = '@introduceDomain' | '@releaseDomain';

/** Whoever speaks to the store: its watches and transactions are its own. */
export interface Client extends Listener {
  readonly transactions: Map<number, Transaction>;
}

export class Store {
  readonly #tree: Tree = Tree.empty();
  readonly watches: Watches = new Watches();
  readonly #special: Map<string, Permissions> = new Map([
    ['@introduceDomain', [{ domid: 0, access: 'n' }]],
    ['@releaseDomain', [{ domid: 0, access: 'n' }]],
  ]);
  #lastTransaction = 0;

  /** How many nodes there are, the root included. */
  get size(): number {
    return this.#tree.size;
  }

  read(client: Client, id: number, path: string): Uint8Array {
    return this.#node(client, this.#transaction(client, id), path, READ).value;
  }

  /** Names of the children, and a number that changes when they do. */
  directory(client: Client, id: number, path: string): { readonly names: readonly string[]; readonly generation: number } {
    const transaction = this.#transaction(client, id);
    const { children, childGeneration } = this.#node(client, transaction, path, READ);
    transaction?.touch(path, 'children');
    return { names: [...children.keys()], generation: childGeneration };
  }

  permissions(client: Client, id: number, path: string): Permissions {
    const transaction = this.#transaction(client, id);
    const special = this.#special.get(path);
    if (special) {
      if ((allowed(client, special) & READ) === 0) throw new StoreError(EACCES);
      return special;
    }
    return this.#node(client, transaction, path, READ).permissions;
  }

  write(client: Client, id: number, path: string, value: Uint8Array): void {
    if (!client.privileged && value.length > QUOTA.valueBytes) throw new StoreError(ENOSPC);
    const transaction = this.#transaction(client, id);
    if (this.#find(client, transaction, path, WRITE)) this.#change(transaction, { kind: 'value', path, value });
    else this.#create(client, transaction, path, value);
    this.#fire(transaction, path, 'subtree');
  }

  makeDirectory(client: Client, id: number, path: string): void {
    const transaction = this.#transaction(client, id);
    if (this.#find(client, transaction, path, WRITE)) return;
    this.#create(client, transaction, path, NO_VALUE);
    this.#fire(transaction, path, 'subtree');
  }

  remove(client: Client, id: number, path: string): void {
    const transaction = this.#transaction(client, id);
    const node = this.#find(client, transaction, path, WRITE);
    if (!node) {
      // That it is not there is fine, if its parent is.
      if (!this.#look(transaction, parentPath(path))) throw new StoreError(ENOENT);
      return;
    }
    if (path === '/') throw new StoreError(EINVAL);
    const gone = [...walk(path, node)].toReversed();
    for (const [below] of gone) {
      transaction?.touch(below, 'self');
      transaction?.touch(below, 'children');
      // While the rights can still be seen.
      this.#fire(transaction, below, below === path ? 'subtree' : 'exact');
    }
    this.#change(transaction, { kind: 'remove', path });
  }

  setPermissions(client: Client, id: number, path: string, permissions: Permissions): void {
    if (permissions.length === 0) throw new StoreError(EINVAL);
    if (!client.privileged && permissions.length > QUOTA.permissionsOfNode) throw new StoreError(ENOSPC);
    const transaction = this.#transaction(client, id);
    const special = this.#special.get(path);
    const before = special ?? this.#node(client, transaction, path, WRITE | OWNER).permissions;
    if (special && (allowed(client, special) & OWNER) === 0) throw new StoreError(EACCES);
    if (!client.privileged && ownerOf(permissions) !== ownerOf(before)) throw new StoreError(EPERM);
    if (special) {
      this.#special.set(path, permissions);
      return;
    }
    this.#change(transaction, { kind: 'permissions', path, permissions });
    // Who loses sight of it is told, too.
    this.#fire(transaction, path, 'subtree', before);
  }

  startTransaction(client: Client, id: number): number {
    if (this.#transaction(client, id)) throw new StoreError(EBUSY);
    if (!client.privileged && client.transactions.size >= QUOTA.transactions) throw new StoreError(ENOSPC);
    do this.#lastTransaction = (this.#lastTransaction + 1) >>> 0;
    while (this.#lastTransaction === 0 || client.transactions.has(this.#lastTransaction));
    client.transactions.set(this.#lastTransaction, new Transaction(this.#lastTransaction, this.#tree));
    return this.#lastTransaction;
  }

  endTransaction(client: Client, id: number, commit: boolean): void {
    const transaction = this.#transaction(client, id);
    if (!transaction) throw new StoreError(ENOENT);
    client.transactions.delete(id);
    if (!commit) return;
    if (transaction.conflictsWith(this.#tree)) throw new StoreError(EAGAIN);
    // Several transactions, each within the quota, may exceed it together.
    const more = transaction.growth(client.domid);
    if (!client.privileged && more > 0 && this.#tree.owned(client.domid) + more > QUOTA.nodes) throw new StoreError(ENOSPC);
    transaction.applyTo(this.#tree);
    for (const fired of transaction.fired) this.watches.fire(fired);
  }

  watch(client: Client, path: string, token: string, prefixLength: number): void {
    if (this.watches.has(client, path, token)) throw new StoreError(EEXIST);
    if (!client.privileged && this.watches.count(client) >= QUOTA.watches) throw new StoreError(E2BIG);
    this.watches.add(client, path, token, prefixLength);
  }

  unwatch(client: Client, path: string, token: string): void {
    if (!this.watches.remove(client, path, token)) throw new StoreError(ENOENT);
  }

  /** XS_RESET_WATCHES, and the end of a client. */
  forget(client: Client): void {
    this.watches.removeAll(client);
    client.transactions.clear();
  }

  fireSpecial(path: SpecialPath): void {
    this.watches.fire({ path, match: 'exact', readable: [this.#special.get(path)!] });
  }

  /** Nodes that a dead domain owned, wherever they are: nobody could use them, and they would be its successor's. */
  removeOwned(client: Client, domid: number): void {
    if (this.#tree.owned(domid) === 0) return;
    const owned = [...walk('/', this.#tree.get('/')!)].filter(([path, { permissions }]) => path !== '/' && ownerOf(permissions) === domid);
    for (const [path] of owned) if (this.#tree.get(path)) this.remove(client, 0, path);
  }

  /** `path` and everything below it, depth first. */
  *subtree(path: string): Generator<readonly [path: string, node: Node]> {
    const node = this.#tree.get(path);
    if (node) yield* walk(path, node);
  }

  #transaction(client: Client, id: number): Transaction | null {
    if (id === 0) return null;
    const transaction = client.transactions.get(id);
    if (!transaction) throw new StoreError(ENOENT);
    return transaction;
  }

  #look(transaction: Transaction | null, path: string): Node | undefined {
    if (!transaction) return this.#tree.get(path);
    transaction.touch(path, 'self');
    return transaction.tree.get(path);
  }

  /** The node if the client may do `wanted` to it; undefined if it is not there and the client may know that. */
  #find(client: Client, transaction: Transaction | null, path: string, wanted: number): Node | undefined {
    const node = this.#look(transaction, path);
    if (!client.privileged && transaction && isTooLong(transaction)) throw new StoreError(ENOSPC);
    if (node) {
      if ((allowed(client, node.permissions) & wanted) !== wanted) throw new StoreError(EACCES);
      return node;
    }
    for (let above = parentPath(path); ; above = parentPath(above)) {
      const parent = this.#look(transaction, above);
      if (!parent) continue;
      if ((allowed(client, parent.permissions) & wanted) === 0) throw new StoreError(EACCES);
      return undefined;
    }
  }

  #node(client: Client, transaction: Transaction | null, path: string, wanted: number): Node {
    const node = this.#find(client, transaction, path, wanted);
    if (!node) throw new StoreError(ENOENT);
    return node;
  }

  /** With the parents that are missing. New nodes take their parent's rights; those of a guest are its own. */
  #create(client: Client, transaction: Transaction | null, path: string, value: Uint8Array): void {
    const tree = transaction?.tree ?? this.#tree;
    const missing = [path];
    let above = parentPath(path);
    for (; !tree.get(above); above = parentPath(above)) missing.unshift(above);
    if (!client.privileged && tree.owned(client.domid) + missing.length > QUOTA.nodes) throw new StoreError(ENOSPC);
    const inherited = tree.get(above)!.permissions;
    const permissions = client.privileged ? inherited : [{ ...inherited[0]!, domid: client.domid }, ...inherited.slice(1)];
    for (const one of missing) this.#change(transaction, { kind: 'add', path: one, permissions, value: one === path ? value : NO_VALUE });
  }

  #change(transaction: Transaction | null, change: Change): void {
    transaction?.touch(change.path, 'self');
    apply(transaction?.tree ?? this.#tree, change);
    transaction?.record(change);
  }

  #fire(transaction: Transaction | null, path: string, match: Fired['match'], before?: Permissions): void {
    const tree = transaction?.tree ?? this.#tree;
    const readable = [tree.get(path)?.permissions, tree.get(parentPath(path))?.permissions, before].filter((one) => one !== undefined);
    const fired: Fired = { path, match, readable };
    if (transaction) transaction.fired.push(fired);
    else this.watches.fire(fired);
  }
}

function isTooLong({ touchedNodes, changes }: Transaction): boolean {
  return touchedNodes > QUOTA.nodesInTransaction || changes > QUOTA.changesInTransaction;
}
