import { describe, expect, test } from 'vitest';
import { Errno } from '../../../src/vmm/errno.ts';
import { eventsNeedDelivery, isPending, markEverythingPending, setUpcallMask, takePending } from '../../../src/vmm/events/pending.ts';
import { raiseGlobalVirq, raiseVcpuVirq } from '../../../src/vmm/events/virqs.ts';
import { VIRQ_DOM_EXC, VIRQ_TIMER } from '../../../src/vmm/control/types.ts';
import { block, poll } from '../../../src/vmm/schedulers/transitions.ts';
import type { Domain } from '../../../src/vmm/domain.ts';
import { fakeHost } from '../support/fake-machine.ts';

function pair(): { a: Domain; b: Domain; portA: number; portB: number } {
  const host = fakeHost(1);
  const a = host.addDomain(1, 2);
  const b = host.addDomain(2, 1);
  const portA = a.events.allocUnbound(2) as number;
  const portB = b.events.bindInterdomain(a.events, portA) as number;
  takePending(b.vcpus[0]!);
  return { a, b, portA, portB };
}

function mask(domain: Domain, port: number, on: boolean): void {
  const { memory } = domain.hypervisor.machine;
  const at = memory.address(domain.sharedInfoFrame) + 0xa00 + (port >> 3);
  if (on) memory.u8[at]! |= 1 << (port & 7);
  else memory.u8[at]! &= ~(1 << (port & 7));
}

const name = (result: unknown): string | undefined => (result instanceof Errno ? result.name : undefined);

describe('ports', () => {
  test('the lowest free port is given, from 1', () => {
    const domain = fakeHost(1).addDomain(1, 1);
    expect([1, 2, 3].map(() => domain.events.allocUnbound(0))).toEqual([1, 2, 3]);
    expect(domain.events.close(2)).toBeUndefined();
    expect(domain.events.allocUnbound(0)).toBe(2);
  });

  test('4095 ports can be open, then ENOSPC', () => {
    const domain = fakeHost(1).addDomain(1, 1);
    for (let i = 1; i < 4096; i++) expect(domain.events.bindIpi(0)).toBe(i);
    expect(name(domain.events.bindIpi(0))).toBe('ENOSPC');
  });

  test('a dying domain gets no port', () => {
    const domain = fakeHost(1).addDomain(1, 1);
    domain.dying = true;
    expect(name(domain.events.allocUnbound(0))).toBe('EINVAL');
  });

  test('operations on ports that are not open are refused', () => {
    const domain = fakeHost(1).addDomain(1, 1);
    expect(name(domain.events.send(5))).toBe('EINVAL');
    expect(name(domain.events.close(5))).toBe('EINVAL');
    expect(name(domain.events.close(0))).toBe('EINVAL');
    expect(name(domain.events.bindVcpu(5, 0))).toBe('EINVAL');
    expect(domain.events.status(5)).toEqual({ state: 'closed', vcpuId: 0 });
    expect(name(domain.events.status(70))).toBe('EINVAL');
    expect(name(domain.events.status(0xffff_ffff))).toBe('EINVAL');
    expect(name(domain.events.unmask(4096))).toBe('EINVAL');
  });
});

describe('interdomain', () => {
  test('an unbound port waits for the domain it names, and for no other', () => {
    const host = fakeHost(1);
    const [a, b, c] = [1, 2, 3].map((domid) => host.addDomain(domid, 1)) as [Domain, Domain, Domain];
    const port = a.events.allocUnbound(2) as number;
    expect(a.events.status(port)).toEqual({ state: 'unbound', remoteDomid: 2, vcpuId: 0 });
    expect(name(c.events.bindInterdomain(a.events, port))).toBe('EINVAL');
    expect(b.events.bindInterdomain(a.events, port)).toBe(1);
    expect(a.events.status(port)).toEqual({ state: 'interdomain', remoteDomid: 2, remotePort: 1, vcpuId: 0 });
    expect(name(b.events.bindInterdomain(a.events, port))).toBe('EINVAL');
    expect(b.events.open).toBe(1);
  });

  test('binding sets the new port pending, so that nothing sent before is lost', () => {
    const host = fakeHost(1);
    const a = host.addDomain(1, 1);
    const b = host.addDomain(2, 1);
    const portA = a.events.allocUnbound(2) as number;
    expect(a.events.send(portA)).toBeUndefined();
    const portB = b.events.bindInterdomain(a.events, portA) as number;
    expect(takePending(b.vcpus[0]!)).toEqual([portB]);
  });

  test('an event sent on one end is pending on the other', () => {
    const { a, b, portA, portB } = pair();
    a.events.send(portA);
    expect(isPending(b, portB)).toBe(true);
    expect(eventsNeedDelivery(b.vcpus[0]!)).toBe(true);
    expect(takePending(b.vcpus[0]!)).toEqual([portB]);
    expect(isPending(b, portB)).toBe(false);
    expect(eventsNeedDelivery(b.vcpus[0]!)).toBe(false);
  });

  test('closing one end leaves the other unbound for the same domain', () => {
    const { a, b, portA, portB } = pair();
    b.events.close(portB);
    expect(a.events.status(portA)).toEqual({ state: 'unbound', remoteDomid: 2, vcpuId: 0 });
    expect(b.events.bindInterdomain(a.events, portA)).toBe(portB);
  });

  test('a closed port has no event pending for its next user', () => {
    const { a, b, portA, portB } = pair();
    a.events.send(portA);
    b.events.close(portB);
    expect(isPending(b, portB)).toBe(false);
  });

  test('a domain may talk to itself', () => {
    const domain = fakeHost(1).addDomain(1, 1);
    const first = domain.events.allocUnbound(1) as number;
    const second = domain.events.bindInterdomain(domain.events, first) as number;
    takePending(domain.vcpus[0]!);
    domain.events.send(second);
    expect(takePending(domain.vcpus[0]!)).toEqual([first]);
    domain.events.close(first);
    expect(domain.events.status(second)).toMatchObject({ state: 'unbound', remoteDomid: 1 });
  });
});

describe('delivery', () => {
  test('a masked port becomes pending but wakes nobody until it is unmasked', () => {
    const { a, b, portA, portB } = pair();
    mask(b, portB, true);
    block(b.vcpus[0]!);
    a.events.send(portA);
    expect(isPending(b, portB)).toBe(true);
    expect(b.vcpus[0]!.blocked).toBe(true);
    b.events.unmask(portB);
    expect(b.vcpus[0]!.blocked).toBe(false);
    expect(eventsNeedDelivery(b.vcpus[0]!)).toBe(true);
  });

  test('the upcall mask keeps an event waiting, though the vCPU wakes up', () => {
    const { a, b, portA } = pair();
    setUpcallMask(b.vcpus[0]!, true);
    block(b.vcpus[0]!);
    a.events.send(portA);
    expect(b.vcpus[0]!.blocked).toBe(false);
    expect(eventsNeedDelivery(b.vcpus[0]!)).toBe(false);
    setUpcallMask(b.vcpus[0]!, false);
    expect(eventsNeedDelivery(b.vcpus[0]!)).toBe(true);
  });

  test('a channel bound to another vCPU notifies that one', () => {
    const { a, b, portA, portB } = pair();
    expect(a.events.bindVcpu(portA, 1)).toBeUndefined();
    expect(name(a.events.bindVcpu(portA, 2))).toBe('ENOENT');
    b.events.send(portB);
    expect(eventsNeedDelivery(a.vcpus[0]!)).toBe(false);
    expect(eventsNeedDelivery(a.vcpus[1]!)).toBe(true);
  });

  test('a polling vCPU is woken by its port even when that is masked, and by no other', () => {
    const host = fakeHost(1);
    const a = host.addDomain(1, 1);
    const b = host.addDomain(2, 1);
    const [first, second] = [0, 0].map(() => a.events.allocUnbound(2)) as [number, number];
    const [toFirst, toSecond] = [first, second].map((port) => b.events.bindInterdomain(a.events, port)) as [number, number];
    mask(a, first, true);
    mask(a, second, true);
    const vcpu = a.vcpus[0]!;
    poll(vcpu, [first], null);
    b.events.send(toSecond);
    expect(vcpu.blocked).toBe(true);
    b.events.send(toFirst);
    expect(vcpu.blocked).toBe(false);
    expect(vcpu.polling).toBeNull();
  });

  test('a poll ends with its timeout', () => {
    const { clock, addDomain, runUntil } = fakeHost(1);
    const vcpu = addDomain(1, 1).vcpus[0]!;
    poll(vcpu, [1], 5_000_000);
    runUntil(4_000_000);
    expect(vcpu.runState).toBe('blocked');
    runUntil(6_000_000);
    expect(vcpu.blocked).toBe(false);
    expect(clock.pending).toBe(1); // the tick of the pCPU that runs it now
  });

  test('the highest port is found by selector and bit', () => {
    const domain = fakeHost(1).addDomain(1, 1);
    for (let i = 1; i < 4096; i++) domain.events.bindIpi(0);
    domain.events.send(4095);
    domain.events.send(64);
    expect(takePending(domain.vcpus[0]!)).toEqual([64, 4095]);
  });

  test('after a move of vcpu_info everything may be pending', () => {
    const { a, b, portA, portB } = pair();
    a.events.send(portA);
    const vcpu = b.vcpus[0]!;
    const { memory } = b.hypervisor.machine;
    memory.u8.fill(0, vcpu.vcpuInfoAddress, vcpu.vcpuInfoAddress + 64);
    markEverythingPending(vcpu);
    expect(takePending(vcpu)).toEqual([portB]);
  });
});

describe('virtual interrupts', () => {
  test('each vCPU has its own timer interrupt', () => {
    const domain = fakeHost(1).addDomain(1, 2);
    const port = domain.events.bindVirq(VIRQ_TIMER, 1) as number;
    expect(domain.events.status(port)).toEqual({ state: 'virq', virq: VIRQ_TIMER, vcpuId: 1 });
    raiseVcpuVirq(domain.vcpus[0]!, VIRQ_TIMER);
    expect(eventsNeedDelivery(domain.vcpus[1]!)).toBe(false);
    raiseVcpuVirq(domain.vcpus[1]!, VIRQ_TIMER);
    expect(takePending(domain.vcpus[1]!)).toEqual([port]);
  });

  test('binding twice, to a vCPU that is not there, or a number that is none is refused', () => {
    const domain = fakeHost(1).addDomain(1, 1);
    expect(domain.events.bindVirq(VIRQ_TIMER, 0)).toBe(1);
    expect(name(domain.events.bindVirq(VIRQ_TIMER, 0))).toBe('EEXIST');
    expect(name(domain.events.bindVirq(VIRQ_TIMER, 1))).toBe('ENOENT');
    expect(name(domain.events.bindVirq(24, 0))).toBe('EINVAL');
    expect(name(domain.events.bindVirq(VIRQ_DOM_EXC, 1))).toBe('EINVAL');
    domain.events.close(1);
    expect(domain.events.bindVirq(VIRQ_TIMER, 0)).toBe(1);
  });

  test('a timer’s channel stays with its vCPU, a global one may move', () => {
    const domain = fakeHost(1).addDomain(0, 2);
    const timer = domain.events.bindVirq(VIRQ_TIMER, 0) as number;
    const exception = domain.events.bindVirq(VIRQ_DOM_EXC, 0) as number;
    expect(name(domain.events.bindVcpu(timer, 1))).toBe('EINVAL');
    expect(domain.events.bindVcpu(exception, 1)).toBeUndefined();
    raiseGlobalVirq(domain.hypervisor, VIRQ_DOM_EXC);
    expect(takePending(domain.vcpus[1]!)).toEqual([exception]);
    domain.events.close(exception);
    expect(domain.events.bindVirq(VIRQ_DOM_EXC, 0)).toBe(exception);
  });

  test('an IPI reaches its vCPU only', () => {
    const domain = fakeHost(1).addDomain(1, 2);
    const port = domain.events.bindIpi(1) as number;
    expect(name(domain.events.bindIpi(2))).toBe('ENOENT');
    expect(name(domain.events.bindVcpu(port, 0))).toBe('EINVAL');
    domain.events.send(port);
    expect(takePending(domain.vcpus[1]!)).toEqual([port]);
  });
});
