/**
 * The event channels of one domain (xen/common/event_channel.c). A port is free, unbound (waits for one named domain), or bound: to a port of
 * another domain, to a virtual interrupt, or to another vCPU of the same domain. The errors are Xen's, in Xen's order.
 */
import type { Domain } from '../domain.ts';
import { EEXIST, EINVAL, ENOENT, ENOSPC, type Errno } from '../errno.ts';
import type { Vcpu } from '../vcpu.ts';
import { clearPending, isPending, PORTS_2L, setPending, unmask } from './pending.ts';
import { NR_VIRQS, virqScope } from './virqs.ts';

type Binding =
  | { readonly state: 'unbound'; readonly remoteDomid: number }
  | { readonly state: 'interdomain'; readonly remote: EventChannels; readonly remotePort: number }
  | { readonly state: 'virq'; readonly virq: number }
  | { readonly state: 'ipi' };

interface Channel {
  binding: Binding;
  /** The vCPU that is notified. */
  vcpuId: number;
}

/** EVTCHNOP_status. */
export type ChannelStatus = { readonly vcpuId: number } & (
  | { readonly state: 'closed' }
  | { readonly state: 'unbound'; readonly remoteDomid: number }
  | { readonly state: 'interdomain'; readonly remoteDomid: number; readonly remotePort: number }
  | { readonly state: 'virq'; readonly virq: number }
  | { readonly state: 'ipi' }
);

/** Xen allocates ports in buckets; a port in none of them is invalid rather than closed. */
const BUCKET = 64;

export class EventChannels {
  readonly domain: Domain;
  readonly #channels: Map<number, Channel> = new Map();
  /** Port of each bound VIRQ, by vCPU and number. */
  readonly #virqPorts: Map<number, number> = new Map();
  readonly #maxPort: number;
  /** Ports below are valid. Port 0 is reserved: it never names a channel. */
  #validPorts: number = BUCKET;
  /** No port below is free. */
  #lowestFree = 1;

  constructor(domain: Domain, maxPort: number = PORTS_2L - 1) {
    this.domain = domain;
    this.#maxPort = maxPort;
  }

  /** How many ports are in use. */
  get open(): number {
    return this.#channels.size;
  }

  allocUnbound(remoteDomid: number): number | Errno {
    return this.#allocate({ state: 'unbound', remoteDomid }, 0);
  }

  /** `remote` is undefined never: the caller has looked the domain up. */
  bindInterdomain(remote: EventChannels, remotePort: number): number | Errno {
    const free = this.#freePort();
    if (typeof free !== 'number') return free;
    const peer = remote.#channels.get(remotePort);
    // The port that is about to be taken here is not unbound, even for a loop back.
    if (peer?.binding.state !== 'unbound' || peer.binding.remoteDomid !== this.domain.domid) return EINVAL;
    const port = this.#allocate({ state: 'interdomain', remote, remotePort }, 0);
    if (typeof port !== 'number') return port;
    peer.binding = { state: 'interdomain', remote: this, remotePort: port };
    // The other side may have notified before anybody listened.
    this.#notify(port);
    return port;
  }

  bindVirq(virq: number, vcpuId: number): number | Errno {
    if (virq >= NR_VIRQS) return EINVAL;
    if (virqScope(virq) !== 'vcpu' && vcpuId !== 0) return EINVAL;
    if (!this.domain.vcpus[vcpuId]) return ENOENT;
    const key = virqKey(virq, vcpuId);
    if (this.#virqPorts.has(key)) return EEXIST;
    const port = this.#allocate({ state: 'virq', virq }, vcpuId);
    if (typeof port === 'number') this.#virqPorts.set(key, port);
    return port;
  }

  bindIpi(vcpuId: number): number | Errno {
    if (!this.domain.vcpus[vcpuId]) return ENOENT;
    return this.#allocate({ state: 'ipi' }, vcpuId);
  }

  close(port: number): Errno | undefined {
    const channel = this.#channels.get(port);
    if (!channel) return EINVAL;
    const { binding } = channel;
    if (binding.state === 'virq') this.#virqPorts.delete(virqKey(binding.virq, virqScope(binding.virq) === 'vcpu' ? channel.vcpuId : 0));
    if (binding.state === 'interdomain') {
      const peer = binding.remote.#channels.get(binding.remotePort)!;
      peer.binding = { state: 'unbound', remoteDomid: this.domain.domid };
    }
    clearPending(this.domain, port);
    this.#channels.delete(port);
    this.#lowestFree = Math.min(this.#lowestFree, port);
    return undefined;
  }

  send(port: number): Errno | undefined {
    const channel = this.#channels.get(port);
    switch (channel?.binding.state) {
      case 'interdomain':
        channel.binding.remote.#notify(channel.binding.remotePort);
        return undefined;
      case 'ipi':
        this.#notify(port);
        return undefined;
      case 'unbound':
        return undefined; // dropped
      default:
        return EINVAL;
    }
  }

  status(port: number): ChannelStatus | Errno {
    if (port < 0 || port >= this.#validPorts) return EINVAL;
    const channel = this.#channels.get(port);
    if (!channel) return { state: 'closed', vcpuId: 0 };
    const { binding, vcpuId } = channel;
    if (binding.state !== 'interdomain') return { ...binding, vcpuId };
    return { state: 'interdomain', remoteDomid: binding.remote.domain.domid, remotePort: binding.remotePort, vcpuId };
  }

  bindVcpu(port: number, vcpuId: number): Errno | undefined {
    const vcpu = this.domain.vcpus[vcpuId];
    if (!vcpu) return ENOENT;
    const channel = this.#channels.get(port);
    if (!channel) return EINVAL;
    const { binding } = channel;
    if (binding.state === 'ipi' || (binding.state === 'virq' && virqScope(binding.virq) === 'vcpu')) return EINVAL;
    channel.vcpuId = vcpuId;
    return undefined;
  }

  unmask(port: number): Errno | undefined {
    if (port < 0 || port >= this.#validPorts) return EINVAL;
    unmask(this.domain, port, this.#target(this.#channels.get(port)?.vcpuId ?? 0));
    return undefined;
  }

  /** SCHEDOP_poll's look at a port: EINVAL when there is no such port. */
  poll(port: number): boolean | Errno {
    return port < 0 || port >= this.#validPorts ? EINVAL : isPending(this.domain, port);
  }

  /** Closes everything: EVTCHNOP_reset, and the end of the domain. */
  reset(): void {
    for (const port of this.#channels.keys()) this.close(port);
  }

  raiseVirq(virq: number, vcpuId: number): void {
    const port = this.#virqPorts.get(virqKey(virq, virqScope(virq) === 'vcpu' ? vcpuId : 0));
    if (port !== undefined) this.#notify(port);
  }

  /** A line a port, as debug key 'e' prints them. */
  dump(): string[] {
    return [...this.#channels.entries()]
      .toSorted(([a], [b]) => a - b)
      .map(([port, channel]) => `    ${String(port).padStart(4)} [${isPending(this.domain, port) ? 1 : 0}]: ${describeBinding(channel)}`);
  }

  #notify(port: number): void {
    setPending(this.domain, port, this.#target(this.#channels.get(port)!.vcpuId));
  }

  #target(vcpuId: number): Vcpu {
    return this.domain.vcpus[vcpuId]!;
  }

  #freePort(): number | Errno {
    if (this.domain.dying) return EINVAL;
    while (this.#channels.has(this.#lowestFree)) this.#lowestFree++;
    return this.#lowestFree > this.#maxPort ? ENOSPC : this.#lowestFree;
  }

  #allocate(binding: Binding, vcpuId: number): number | Errno {
    const port = this.#freePort();
    if (typeof port !== 'number') return port;
    this.#channels.set(port, { binding, vcpuId });
    this.#validPorts = Math.max(this.#validPorts, (Math.floor(port / BUCKET) + 1) * BUCKET);
    return port;
  }
}

function describeBinding({ binding, vcpuId }: Channel): string {
  switch (binding.state) {
    case 'unbound':
      return `s=2 n=${vcpuId} x=0 d=${binding.remoteDomid}`;
    case 'interdomain':
      return `s=3 n=${vcpuId} x=0 d=${binding.remote.domain.domid} p=${binding.remotePort}`;
    case 'virq':
      return `s=5 n=${vcpuId} x=0 v=${binding.virq}`;
    case 'ipi':
      return `s=6 n=${vcpuId} x=0`;
  }
}

function virqKey(virq: number, vcpuId: number): number {
  return vcpuId * NR_VIRQS + virq;
}
