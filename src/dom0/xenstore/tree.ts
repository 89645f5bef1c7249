/**
 * The tree of nodes. Nodes never change: a change makes new ones along the path to the root, so that a transaction's snapshot is one
 * reference. Nobody's rights are looked at here.
 */
import { leafName, parentPath, pathParts } from './path.ts';
import { ownerOf, type Permissions } from './permissions.ts';

export interface Node {
  readonly value: Uint8Array;
  readonly permissions: Permissions;
  readonly children: ReadonlyMap<string, Node>;
  /** Set anew when the node is made, and when its value or permissions change. */
  readonly generation: number;
  /** Set anew when a child comes or goes. */
  readonly childGeneration: number;
}

export const NO_VALUE: Uint8Array = new Uint8Array(0);

/** Counts the changes of a store and of its transactions together. */
export interface Generations {
  last: number;
}

export class Tree {
  readonly #generations: Generations;
  #root: Node;
  /** Nodes owned by each domain. */
  readonly #owned: Map<number, number>;

  private constructor(generations: Generations, root: Node, owned: Map<number, number>) {
    this.#generations = generations;
    this.#root = root;
    this.#owned = owned;
  }

  static empty(): Tree {
    const root: Node = {
      value: NO_VALUE,
      permissions: [{ domid: 0, access: 'n' }],
      children: new Map(),
      generation: 0,
      childGeneration: 0,
    };
    return new Tree({ last: 0 }, root, new Map([[0, 1]]));
  }

  /** As it is now; what happens to one does not happen to the other. */
  fork(): Tree {
    return new Tree(this.#generations, this.#root, new Map(this.#owned));
  }

  get(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of pathParts(path)) {
      node = node.children.get(name);
      if (!node) return undefined;
    }
    return node;
  }

  owned(domid: number): number {
    return this.#owned.get(domid) ?? 0;
  }

  /** How many nodes there are, the root included. */
  get size(): number {
    return [...this.#owned.values()].reduce((sum, count) => sum + count, 0);
  }

  /** The parent must be there, the node not. */
  add(path: string, permissions: Permissions, value: Uint8Array = NO_VALUE): void {
    const generation = this.#next();
    const node: Node = { value, permissions, children: new Map(), generation, childGeneration: generation };
    this.#update(parentPath(path), (parent) => ({
      ...parent,
      children: new Map(parent.children).set(leafName(path), node),
      childGeneration: generation,
    }));
    this.#own(permissions, 1);
  }

  setValue(path: string, value: Uint8Array): void {
    const generation = this.#next();
    this.#update(path, (node) => ({ ...node, value, generation }));
  }

  setPermissions(path: string, permissions: Permissions): void {
    const generation = this.#next();
    this.#own(this.get(path)!.permissions, -1);
    this.#own(permissions, 1);
    this.#update(path, (node) => ({ ...node, permissions, generation }));
  }

  /** With everything below it. Not the root. */
  remove(path: string): void {
    const generation = this.#next();
    for (const [, node] of walk(path, this.get(path)!)) this.#own(node.permissions, -1);
    this.#update(parentPath(path), (parent) => {
      const children = new Map(parent.children);
      children.delete(leafName(path));
      return { ...parent, children, childGeneration: generation };
    });
  }

  #next(): number {
    return ++this.#generations.last;
  }

  #own(permissions: Permissions, change: number): void {
    const domid = ownerOf(permissions);
    const count = this.owned(domid) + change;
    if (count === 0) this.#owned.delete(domid);
    else this.#owned.set(domid, count);
  }

  #update(path: string, change: (node: Node) => Node): void {
    const names = pathParts(path);
    const nodes = [this.#root];
    for (const name of names) nodes.push(nodes.at(-1)!.children.get(name)!);
    let node = change(nodes.pop()!);
    for (let i = names.length - 1; i >= 0; i--) {
      const parent = nodes.pop()!;
      node = { ...parent, children: new Map(parent.children).set(names[i]!, node) };
    }
    this.#root = node;
  }
}

/** A node and everything below it, depth first, each with its path. */
export function* walk(path: string, node: Node): Generator<readonly [path: string, node: Node]> {
  yield [path, node];
  for (const [name, child] of node.children) yield* walk(path === '/' ? `/${name}` : `${path}/${name}`, child);
}
