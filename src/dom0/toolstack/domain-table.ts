/** The domains that the toolstack has made: what it knows of them besides what the hypervisor knows. Names are unique, those of domains to be included. */
import type { ShutdownReason } from '../../vmm/control/types.ts';
import { ToolstackError, type DomainConfig, type DomainRef } from './types.ts';

export const DOMAIN0_NAME = 'Domain-0';
export const NO_UUID = '00000000-0000-0000-0000-000000000000';

export interface KnownDomain {
  readonly domid: number;
  name: string;
  readonly uuid: string;
  /** What it is built from again when it restarts. null: domain 0. */
  config: DomainConfig | null;
  readonly createdNs: number;
  /** It was built because its predecessor restarted. */
  readonly isRestart: boolean;
  /** Set when its end has been taken note of. */
  stopped: ShutdownReason | null;
}

/** A name that nobody else can take. Disposed: free again, unless it was handed on to a domain. */
export interface NameClaim extends Disposable {
  readonly name: string;
}

export class DomainTable {
  readonly #domains: Map<number, KnownDomain> = new Map();
  readonly #claims: Set<string> = new Set();

  get all(): readonly KnownDomain[] {
    return [...this.#domains.values()].toSorted((a, b) => a.domid - b.domid);
  }

  get(domid: number): KnownDomain | undefined {
    return this.#domains.get(domid);
  }

  add(domain: KnownDomain): void {
    this.#domains.set(domain.domid, domain);
  }

  remove(domid: number): void {
    this.#domains.delete(domid);
  }

  byName(name: string): KnownDomain | undefined {
    return this.all.find((domain) => domain.name === name);
  }

  /** A number is tried as an id first. */
  lookUp(ref: DomainRef): KnownDomain | undefined {
    const text = String(ref);
    const byId = /^\d{1,5}$/.test(text) ? this.#domains.get(Number(text)) : undefined;
    return byId ?? this.byName(text);
  }

  find(ref: DomainRef): KnownDomain {
    const domain = this.lookUp(ref);
    if (domain) return domain;
    throw new ToolstackError({ code: 'no-such-domain', message: `there is no domain '${ref}'` });
  }

  /** As `find`, but never domain 0. */
  findGuest(ref: DomainRef, action: string): KnownDomain {
    const domain = this.find(ref);
    if (domain.domid !== 0) return domain;
    throw new ToolstackError({ code: 'not-allowed', message: `${DOMAIN0_NAME} cannot be ${action}`, hint: 'it runs the toolstack itself' });
  }

  claim(name: string, field?: string): NameClaim {
    const owner = this.byName(name);
    if (owner || this.#claims.has(name)) {
      const who = owner ? `domain ${owner.domid} has that name` : 'a domain of that name is being made';
      throw new ToolstackError({
        code: 'name-taken',
        message: `the name '${name}' is taken: ${who}`,
        hint: 'give the new one another name, or destroy the old one first',
        ...(field !== undefined && { field }),
      });
    }
    this.#claims.add(name);
    return { name, [Symbol.dispose]: () => void this.#claims.delete(name) };
  }
}
