/** Event channel operations against a model that knows nothing of bits and bytes. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Domain } from '../../../src/vmm/domain.ts';
import { Errno } from '../../../src/vmm/errno.ts';
import { takePending } from '../../../src/vmm/events/pending.ts';
import { fakeHost } from '../support/fake-machine.ts';

type ModelPort = { kind: 'unbound'; remote: number } | { kind: 'inter'; remote: number; port: number } | { kind: 'ipi' };

/** Ports by domain, and the set of pending ones. */
class Model {
  readonly ports: Map<number, ModelPort>[] = [new Map(), new Map()];
  readonly pending: Set<number>[] = [new Set(), new Set()];

  free(d: number): number {
    let port = 1;
    while (this.ports[d]!.has(port)) port++;
    return port;
  }
  close(d: number, port: number): boolean {
    const entry = this.ports[d]!.get(port);
    if (!entry) return false;
    if (entry.kind === 'inter') this.ports[entry.remote]!.set(entry.port, { kind: 'unbound', remote: d });
    this.ports[d]!.delete(port);
    this.pending[d]!.delete(port);
    return true;
  }
  send(d: number, port: number): boolean {
    const entry = this.ports[d]!.get(port);
    if (!entry) return false;
    if (entry.kind === 'ipi') this.pending[d]!.add(port);
    if (entry.kind === 'inter') this.pending[entry.remote]!.add(entry.port);
    return true;
  }
}

const domain = fc.integer({ min: 0, max: 1 });
const port = fc.integer({ min: 0, max: 6 });
const step = fc.oneof(
  fc.record({ op: fc.constant('unbound' as const), d: domain, remote: domain }),
  fc.record({ op: fc.constant('bind' as const), d: domain, remote: domain, port }),
  fc.record({ op: fc.constant('ipi' as const), d: domain }),
  fc.record({ op: fc.constant('close' as const), d: domain, port }),
  fc.record({ op: fc.constant('send' as const), d: domain, port }),
  fc.record({ op: fc.constant('take' as const), d: domain }),
  fc.record({ op: fc.constant('reset' as const), d: domain }),
);

test('any sequence of operations leaves the channels as the model says', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const host = fakeHost(1);
      const domains = [host.addDomain(0, 1), host.addDomain(1, 1)] as [Domain, Domain];
      const model = new Model();
      for (const s of steps) {
        const { events } = domains[s.d]!;
        const ports = model.ports[s.d]!;
        switch (s.op) {
          case 'unbound': {
            const expected = model.free(s.d);
            expect(events.allocUnbound(s.remote)).toBe(expected);
            ports.set(expected, { kind: 'unbound', remote: s.remote });
            break;
          }
          case 'bind': {
            const peer = model.ports[s.remote]!.get(s.port);
            const got = events.bindInterdomain(domains[s.remote]!.events, s.port);
            if (peer?.kind !== 'unbound' || peer.remote !== s.d) expect(got).toBeInstanceOf(Errno);
            else {
              const expected = model.free(s.d);
              expect(got).toBe(expected);
              ports.set(expected, { kind: 'inter', remote: s.remote, port: s.port });
              model.ports[s.remote]!.set(s.port, { kind: 'inter', remote: s.d, port: expected });
              model.pending[s.d]!.add(expected);
            }
            break;
          }
          case 'ipi': {
            const expected = model.free(s.d);
            expect(events.bindIpi(0)).toBe(expected);
            ports.set(expected, { kind: 'ipi' });
            break;
          }
          case 'close':
            expect(events.close(s.port) === undefined).toBe(model.close(s.d, s.port));
            break;
          case 'send':
            expect(events.send(s.port) === undefined).toBe(model.send(s.d, s.port));
            break;
          case 'take':
            expect(takePending(domains[s.d]!.vcpus[0]!)).toEqual([...model.pending[s.d]!].toSorted((a, b) => a - b));
            model.pending[s.d]!.clear();
            break;
          case 'reset':
            events.reset();
            for (const open of ports.keys()) model.close(s.d, open);
            break;
        }
      }
      domains.forEach(({ events }, d) => {
        expect(events.open).toBe(model.ports[d]!.size);
        for (const [number, entry] of model.ports[d]!) {
          const status = events.status(number);
          if (entry.kind === 'unbound') expect(status).toMatchObject({ state: 'unbound', remoteDomid: entry.remote });
          else if (entry.kind === 'ipi') expect(status).toMatchObject({ state: 'ipi' });
          else expect(status).toMatchObject({ state: 'interdomain', remoteDomid: entry.remote, remotePort: entry.port });
        }
      });
    }),
    { numRuns: 200 },
  );
});
