/** Domain 0's own programs at the store: no ring, every right. Values are text. */
import type { Errno } from '../../vmm/errno.ts';
import { canonicalPath } from './path.ts';
import { formatPermission, type Permissions } from './permissions.ts';
import { StoreError } from './store-error.ts';
import type { Client, Store } from './store.ts';
import type { Transaction } from './transaction.ts';

export interface StoreEntry {
  readonly path: string;
  readonly value: string;
  readonly permissions: string;
}

export class StoreClient {
  readonly #store: Store;
  readonly #client: Client;
  readonly #heard: Map<string, (path: string) => void> = new Map();
  #lastToken = 0;

  constructor(store: Store) {
    this.#store = store;
    this.#client = {
      domid: 0,
      privileged: true,
      transactions: new Map<number, Transaction>(),
      watchEvent: (path, token) => this.#heard.get(token)?.(path),
    };
  }

  /** null: there is no such node. */
  read(path: string): string | null {
    try {
      return Buffer.from(this.#store.read(this.#client, 0, this.#path(path))).toString('utf8');
    } catch (error) {
      if (error instanceof StoreError && error.errno.name === 'ENOENT') return null;
      throw error;
    }
  }

  write(path: string, value: string): void {
    this.#store.write(this.#client, 0, this.#path(path), Buffer.from(value, 'utf8'));
  }

  /** Makes the node if it is not there, and sets its permissions. */
  make(path: string, permissions: Permissions, value?: string): void {
    const at = this.#path(path);
    if (value === undefined) this.#store.makeDirectory(this.#client, 0, at);
    else this.#store.write(this.#client, 0, at, Buffer.from(value, 'utf8'));
    this.#store.setPermissions(this.#client, 0, at, permissions);
  }

  /** Not being there is fine. */
  remove(path: string): void {
    try {
      this.#store.remove(this.#client, 0, this.#path(path));
    } catch (error) {
      if (!(error instanceof StoreError) || error.errno.name !== 'ENOENT') throw error;
    }
  }

  has(path: string): boolean {
    return this.read(path) !== null;
  }

  /** Everything below `path`, depth first, `path` itself not included. */
  list(path: string): readonly StoreEntry[] {
    return [...this.#store.subtree(this.#path(path))].slice(1).map(([at, { value, permissions }]) => ({
      path: at,
      value: Buffer.from(value).toString('utf8'),
      permissions: permissions.map(formatPermission).join(','),
    }));
  }

  /** `heard` is called with the path that changed, at once after the change. */
  watch(path: string, heard: (path: string) => void): Disposable {
    const token = String(++this.#lastToken);
    const at = canonicalPath(path, 0, true);
    this.#heard.set(token, heard);
    this.#store.watch(this.#client, at, token, 0);
    return {
      [Symbol.dispose]: () => {
        if (this.#heard.delete(token)) this.#store.unwatch(this.#client, at, token);
      },
    };
  }

  removeOwned(domid: number): void {
    this.#store.removeOwned(this.#client, domid);
  }

  #path(path: string): string {
    return canonicalPath(path, 0);
  }
}

/** The errno of a store operation that was refused, or null. */
export function storeErrno(error: unknown): Errno | null {
  return error instanceof StoreError ? error.errno : null;
}
