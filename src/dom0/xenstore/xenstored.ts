/** The daemon: one store, a connection for each domain that was introduced, served in domain 0's time. */
import { GNTTAB_RESERVED_XENSTORE } from '../../vmm/abi/grant-entry.ts';
import type { GuestCalls, MappedFrames } from '../../vmm/control/types.ts';
import { must } from '../toolstack/must.ts';
import { RingConnection } from './ring-connection.ts';
import { Store } from './store.ts';
import { StoreClient } from './store-client.ts';

interface Introduced {
  readonly connection: RingConnection;
  readonly mapped: MappedFrames;
  readonly port: number;
}

export class Xenstored {
  readonly store: Store = new Store();
  /** For the programs of domain 0. */
  readonly client: StoreClient = new StoreClient(this.store);
  readonly #calls: GuestCalls;
  readonly #domains: Map<number, Introduced> = new Map();

  constructor(calls: GuestCalls) {
    this.#calls = calls;
  }

  /** XS_INTRODUCE: speaks to the domain by its ring from now on. All or nothing. */
  introduce(domid: number, remotePort: number): void {
    const calls = this.#calls;
    const mapped = must(calls.mapGrant({ domid, refs: [GNTTAB_RESERVED_XENSTORE] }), 'the xenstore page');
    try {
      const port = must(calls.bindInterdomain({ remote: domid, remotePort }), 'the xenstore event channel');
      const connection = new RingConnection(this.store, domid, mapped.pages[0]!, () => void calls.notify({ port }));
      calls.onEvent(port, () => connection.service());
      this.#domains.set(domid, { connection, mapped, port });
    } catch (error) {
      mapped[Symbol.dispose]();
      throw error;
    }
    this.store.fireSpecial('@introduceDomain');
  }

  /** XS_RELEASE: the domain is gone, or about to go. */
  release(domid: number): void {
    const introduced = this.#domains.get(domid);
    if (!introduced) return;
    this.#domains.delete(domid);
    const { connection, mapped, port } = introduced;
    connection.broken = true;
    this.store.forget(connection);
    this.#calls.closePort({ port });
    mapped[Symbol.dispose]();
    this.client.removeOwned(domid);
    this.store.fireSpecial('@releaseDomain');
  }

  /** A domain has shut down: whoever waits for that is told (its connection stays, it may be looked at). */
  domainStopped(): void {
    this.store.fireSpecial('@releaseDomain');
  }
}
