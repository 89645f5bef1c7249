/** Who wants to hear of which paths. An event is told to those who may read the node or its parent. */
import { isWithin } from './path.ts';
import { allowed, READ, type Caller, type Permissions } from './permissions.ts';

/** A change that watches may wait for. */
export interface Fired {
  readonly path: string;
  /** 'subtree': watches on the path and above it; 'exact': on this very path (a node that goes with its parent). */
  readonly match: 'subtree' | 'exact';
  /** Whoever may read under one of these is told. */
  readonly readable: readonly Permissions[];
}

/** One connection's ear. */
export interface Listener extends Caller {
  watchEvent(path: string, token: string): void;
}

interface Watch {
  /** Absolute, or special: '@releaseDomain'. */
  readonly path: string;
  readonly token: string;
  /** What is cut off before the event is told: a relative watch hears relative paths. */
  readonly prefixLength: number;
}

export class Watches {
  readonly #watches: Map<Listener, Watch[]> = new Map();

  count(listener: Listener): number {
    return this.#watches.get(listener)?.length ?? 0;
  }

  has(listener: Listener, path: string, token: string): boolean {
    return this.#watches.get(listener)?.some((watch) => watch.path === path && watch.token === token) ?? false;
  }

  /** Fires once at once. */
  add(listener: Listener, path: string, token: string, prefixLength: number): void {
    const watches = this.#watches.get(listener) ?? [];
    watches.push({ path, token, prefixLength });
    this.#watches.set(listener, watches);
  }

  /** False: there was no such watch. */
  remove(listener: Listener, path: string, token: string): boolean {
    const watches = this.#watches.get(listener) ?? [];
    const at = watches.findIndex((watch) => watch.path === path && watch.token === token);
    if (at < 0) return false;
    watches.splice(at, 1);
    return true;
  }

  removeAll(listener: Listener): void {
    this.#watches.delete(listener);
  }

  fire({ path, match, readable }: Fired): void {
    for (const [listener, watches] of this.#watches) {
      if (!readable.some((permissions) => (allowed(listener, permissions) & READ) !== 0)) continue;
      for (const watch of watches) {
        const hit = match === 'exact' ? path === watch.path : isWithin(path, watch.path);
        if (hit) listener.watchEvent(path.slice(watch.prefixLength), watch.token);
      }
    }
  }
}
