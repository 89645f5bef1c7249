/**
 * A transaction: a snapshot with a list of what it changed and of what it looked at. It commits if nothing of what it looked at or changed has
 * been changed meanwhile by anybody else.
 */
import type { Fired } from './watches.ts';
import type { Permissions } from './permissions.ts';
import type { Node, Tree } from './tree.ts';

type Change =
  | { readonly kind: 'add'; readonly path: string; readonly permissions: Permissions; readonly value: Uint8Array }
  | { readonly kind: 'value'; readonly path: string; readonly value: Uint8Array }
  | { readonly kind: 'permissions'; readonly path: string; readonly permissions: Permissions }
  | { readonly kind: 'remove'; readonly path: string };

/** What of a node was looked at. */
export type Aspect = 'self' | 'children';

export class Transaction {
  readonly id: number;
  readonly #base: Tree;
  readonly tree: Tree;
  readonly #changes: Change[] = [];
  readonly #touched: Readonly<Record<Aspect, Set<string>>> = { self: new Set(), children: new Set() };
  /** Watches to fire when it has been committed. */
  readonly fired: Fired[] = [];

  constructor(id: number, tree: Tree) {
    this.id = id;
    this.#base = tree.fork();
    this.tree = tree.fork();
  }

  touch(path: string, aspect: Aspect): void {
    this.#touched[aspect].add(path);
  }

  get touchedNodes(): number {
    return this.#touched.self.size;
  }

  get changes(): number {
    return this.#changes.length;
  }

  /** By how many nodes of this owner the store grows when it commits. */
  growth(domid: number): number {
    return this.tree.owned(domid) - this.#base.owned(domid);
  }

  /** Already carried out on `tree`. */
  record(change: Change): void {
    this.#changes.push(change);
  }

  conflictsWith(tree: Tree): boolean {
    const same = (path: string, of: (node: Node) => number): boolean => {
      const before = this.#base.get(path);
      const now = tree.get(path);
      return before && now ? of(before) === of(now) : before === now;
    };
    for (const path of this.#touched.self) if (!same(path, ({ generation }) => generation)) return true;
    for (const path of this.#touched.children) if (!same(path, ({ childGeneration }) => childGeneration)) return true;
    return false;
  }

  /** There is no conflict: what was changed is as it was, and so is every parent. */
  applyTo(tree: Tree): void {
    for (const change of this.#changes) apply(tree, change);
  }
}

export function apply(tree: Tree, change: Change): void {
  switch (change.kind) {
    case 'add':
      return tree.add(change.path, change.permissions, change.value);
    case 'value':
      return tree.setValue(change.path, change.value);
    case 'permissions':
      return tree.setPermissions(change.path, change.permissions);
    case 'remove':
      return tree.remove(change.path);
  }
}

export type { Change };
