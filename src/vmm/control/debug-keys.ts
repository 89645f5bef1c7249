/** The debug keys (xen/common/keyhandler.c): each writes what it knows to the console ring. */
import { VIRQ_DEBUG } from './types.ts';
import { eventsNeedDelivery } from '../events/pending.ts';
import { raiseVcpuVirq } from '../events/virqs.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { describeRegisters } from '../traps/describe-registers.ts';

interface DebugKey {
  readonly key: string;
  readonly title: string;
  readonly lines: (hypervisor: Hypervisor) => readonly string[];
}

const KEYS: readonly DebugKey[] = [
  {
    key: 'a',
    title: 'dump timer queues',
    lines: ({ machine }) => [`timers set: ${machine.clock.pending}`, `next deadline: ${machine.clock.nextDeadline()} ns`],
  },
  {
    key: 'd',
    title: 'dump registers',
    lines: ({ pcpus }) =>
      pcpus.flatMap(({ id, current }) =>
        current && !current.domain.programs
          ? [`*** Dumping CPU${id} guest state (d${current.domain.domid}v${current.id}): ***`, ...describeRegisters(current)]
          : [`*** CPU${id}: no guest ***`],
      ),
  },
  {
    key: 'e',
    title: 'dump evtchn info',
    lines: ({ domains }) =>
      [...domains.values()].flatMap((domain) => [
        `Event channel information for domain ${domain.domid}:`,
        '    port [p]',
        ...domain.events.dump(),
      ]),
  },
  {
    key: 'h',
    title: 'show this help',
    lines: () => KEYS.map(({ key, title }) => ` key '${key}' (ascii '${key.charCodeAt(0).toString(16).padStart(2, '0')}') => ${title}`),
  },
  {
    key: 'm',
    title: 'memory info',
    lines: ({ machine, frames }) => [`Physical memory: ${machine.memory.frames} frames, ${frames.freeCount} free`],
  },
  { key: 'q', title: 'dump domain (and guest debug) info', lines: dumpDomains },
  { key: 'r', title: 'dump run queues', lines: ({ scheduler, machine }) => [`NOW=${machine.clock.now()}`, ...scheduler.dump()] },
  {
    key: 't',
    title: 'display multi-cpu clock info',
    lines: ({ machine, pcpus }) => [
      `clock: ${machine.clock.mode}, ${machine.clock.now()} ns`,
      ...pcpus.map((pcpu) => `CPU${pcpu.id}: busy ${pcpu.busyNs(machine.clock.now())} ns`),
    ],
  },
  { key: 'x', title: 'dump processor engine', lines: dumpEngine },
];

/** Keys that nothing answers to are passed over, as on a serial line. */
export function runDebugKeys(hypervisor: Hypervisor, keys: string): void {
  for (const pressed of keys) {
    const entry = KEYS.find(({ key }) => key === pressed);
    if (!entry) continue;
    const verb = entry.key === 'h' ? 'showing installed handlers' : entry.title;
    hypervisor.console.log(`'${pressed}' pressed -> ${verb}`);
    for (const line of entry.lines(hypervisor)) hypervisor.console.log(line);
  }
}

/** A key of our own: what guests tried that is not implemented, and what the translator has done. */
function dumpEngine({ machine }: Hypervisor): string[] {
  const { translation, undefinedOpcodes } = machine;
  const counted = (counts: ReadonlyMap<string, number>): string[] =>
    [...counts].toSorted(([, a], [, b]) => b - a).map(([name, count]) => `    ${name}: ${count}`);
  return [
    translation
      ? `translator: ${translation.regions} regions in ${translation.modules} modules, ${translation.dropped} of them dropped; ` +
        `${translation.blocks} blocks, ${translation.instructions} instructions, ${translation.bytes} bytes`
      : 'translator: off, or nothing has run',
    `instructions that only the interpreter does, by how often a region ended at one: ${translation?.refused.size ? '' : 'none'}`,
    ...(translation ? counted(translation.refused) : []),
    `undefined opcodes, by how often they were decoded: ${undefinedOpcodes.size ? '' : 'none'}`,
    ...counted(undefinedOpcodes),
  ].map((line) => line.trimEnd());
}

function dumpDomains(hypervisor: Hypervisor): string[] {
  const lines: string[] = [];
  for (const domain of hypervisor.domains.values()) {
    lines.push(
      `General information for domain ${domain.domid}:`,
      `    dying=${domain.dying ? 1 : 0} pause_count=${domain.pauseCount} shutdown=${domain.shutdown ?? 'no'}`,
      `    nr_pages=${domain.hypervisor.frames.ownedBy(domain.domid)} max_pages=${domain.maxPages} evtchns=${domain.events.open}`,
      `    handle=${domain.handle} vm_assist=${domain.vmAssist.toString(16).padStart(8, '0')}`,
      `VCPU information and callbacks for domain ${domain.domid}:`,
    );
    for (const vcpu of domain.vcpus) {
      const has = vcpu.runState === 'running' ? 'T' : 'F';
      lines.push(
        `    VCPU${vcpu.id}: CPU${vcpu.processor} [has=${has}] ${vcpu.runState} poll=${vcpu.polling?.join(',') ?? 0} events=${eventsNeedDelivery(vcpu) ? 1 : 0}`,
      );
      raiseVcpuVirq(vcpu, VIRQ_DEBUG);
    }
  }
  return lines;
}
