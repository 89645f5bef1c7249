/** The faults that a script can make happen on this machine: one table, and each says how it is taken back. */
import { CommandFailure, type FaultCall } from '../../lang/host.ts';
import { Quantity } from '../../lang/values.ts';
import type { DomainInfo, Toolstack } from '../../dom0/toolstack/types.ts';
import { matchDomain, noSuchDomain } from '../commands/find-domain.ts';
import { didYouMean } from '../commands/near.ts';

interface Fault {
  readonly name: string;
  /** What may stand between the name and `on`. */
  readonly usage: string;
  readonly doc: string;
  /** Null: the machine does not have what would have to fail. */
  readonly start: ((toolstack: Toolstack, domain: DomainInfo, call: FaultCall) => Promise<() => Promise<void>>) | null;
  readonly missing?: string;
}

/** What libxl writes when a domain is capped: a percentage of one processor. */
function percentOf(call: FaultCall): number {
  const [value] = call.args;
  const percent = value instanceof Quantity && value.unit === 'percent' ? value.amount : Number.NaN;
  if (percent >= 1 && percent <= 100) return Math.round(percent);
  throw new CommandFailure('usage', 'a share of a processor is needed, from 1% to 100%', 'inject slow 10% on web for 5s');
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'stall',
    usage: '',
    doc: 'its vCPUs get no processor; the clock goes on',
    async start(toolstack, { domid }) {
      await toolstack.pause(domid);
      // It may have been destroyed meanwhile.
      return () => toolstack.unpause(domid).catch(() => undefined);
    },
  },
  {
    name: 'slow',
    usage: 'PERCENT',
    doc: 'it gets at most this share of one processor',
    async start(toolstack, { domid, cap }, call) {
      await toolstack.credit({ domain: domid, cap: percentOf(call) });
      return () =>
        toolstack.credit({ domain: domid, cap }).then(
          () => undefined,
          () => undefined,
        );
    },
  },
  { name: 'lose-disk', usage: 'VDEV', doc: 'a disk answers every request with an error', start: null, missing: 'no disk back end' },
  { name: 'drop-packets', usage: 'PERCENT', doc: 'packets get lost', start: null, missing: 'no network back end' },
  { name: 'delay-packets', usage: 'DURATION', doc: 'packets come late', start: null, missing: 'no network back end' },
];

export async function injectFault(call: FaultCall, toolstack: Toolstack): Promise<() => Promise<void>> {
  const fault = FAULTS.find(({ name }) => name === call.fault);
  if (!fault) {
    const names = FAULTS.map(({ name }) => name);
    throw new CommandFailure(
      'usage',
      `there is no fault '${call.fault}'`,
      didYouMean(call.fault, names) ?? `the faults are ${names.join(', ')}`,
    );
  }
  if (!fault.start) {
    const able = FAULTS.filter(({ start }) => start !== null).map(({ name }) => name);
    throw new CommandFailure(
      'not-supported',
      `'${fault.name}' is not possible on this machine: it has ${fault.missing}`,
      `it has ${able.join(' and ')}`,
    );
  }
  if (fault.usage === '' && call.args.length > 0)
    throw new CommandFailure(
      'usage',
      `'${fault.name}' takes nothing: ${call.args.map(String).join(' ')}`,
      `inject ${fault.name} on ${call.domain}`,
    );
  const domains = await toolstack.list();
  const domain = matchDomain(call.domain, domains);
  if (!domain) throw noSuchDomain(call.domain, domains, `there is no domain called '${call.domain}'`);
  return await fault.start(toolstack, domain, call);
}
