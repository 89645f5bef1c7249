/** sched-credit: tools/xl/xl_sched.c, its table and its rules about which options go together. */
import { Table, type Column } from '../../lang/values.ts';
import type { CreditInfo } from '../../dom0/toolstack/types.ts';
import { NOTHING, type Command } from './command.ts';
import { usage } from './failure.ts';
import { findDomain } from './find-domain.ts';
import { integer } from './numbers.ts';

const COLUMNS: readonly Column[] = [
  { name: 'name', title: 'Name', type: 'text' },
  { name: 'id', title: 'ID', type: 'integer' },
  { name: 'weight', title: 'Weight', type: 'integer' },
  { name: 'cap', title: 'Cap', type: 'integer' },
];

const HEADING = 'Name                                ID Weight  Cap';
/** sched.h: weights fill 16 bits; the time slice and rate limit of sysctl.h. */
const WEIGHT = { min: 1, max: 65535 };
const CAP = { min: 0, max: 65535 };
const TSLICE_MS = { min: 1, max: 1000 };
const RATELIMIT_US = { min: 0, max: 500_000 };

type Member = CreditInfo['domains'][number];

const poolLine = ({ tsliceMs, ratelimitUs, migrationDelayUs }: CreditInfo): string =>
  `Cpupool Pool-0: tslice=${tsliceMs}ms ratelimit=${ratelimitUs}us migration-delay=${migrationDelayUs}us`;

const memberLine = ({ name, domid, weight, cap }: Member): string =>
  `${name.padEnd(33)} ${String(domid).padStart(4)} ${String(weight).padStart(6)} ${String(cap).padStart(4)}`;

export function xlSchedCredit(credit: CreditInfo, members: readonly Member[], withPool: boolean): string {
  return [...(withPool ? [poolLine(credit)] : []), HEADING, ...members.map(memberLine)].map((line) => `${line}\n`).join('');
}

const tableOf = (members: readonly Member[]): Table =>
  new Table(
    COLUMNS,
    members.map(({ name, domid, weight, cap }) => ({ name, id: BigInt(domid), weight: BigInt(weight), cap: BigInt(cap) })),
  );

export const schedCredit: Command = {
  name: 'sched-credit',
  group: 'resources',
  summary: 'Get or set the parameters of the credit scheduler',
  details:
    'A domain gets CPU time in proportion to its weight: one of weight 512 gets twice as much as one of 256 when both want all they can get. ' +
    'Cap is the most it may use, in percent of one physical CPU, also when the machine is idle; 0 means no cap.',
  positionals: [],
  options: [
    { long: 'domain', short: 'd', summary: 'show or change this domain', value: 'domain' },
    { long: 'weight', short: 'w', summary: 'weight, 1 to 65535', value: 'number' },
    { long: 'cap', short: 'c', summary: 'cap in percent of one CPU, 0 for none', value: 'number' },
    { long: 'schedparam', short: 's', summary: 'show or change the parameters of the scheduler itself', value: null },
    { long: 'tslice_ms', short: 't', summary: 'with -s: the time slice, in ms', value: 'number' },
    { long: 'ratelimit_us', short: 'r', summary: 'with -s: the shortest run before pre-emption, in us', value: 'number' },
  ],
  effect: 'modifies',
  examples: [
    { run: 'sched-credit', says: 'all domains' },
    { run: 'sched-credit -d web -w 512 -c 50', says: 'twice the usual weight, half a CPU at most' },
    { run: 'sched-credit -s -t 10', says: 'slices of 10 ms' },
  ],
  async run(context, args) {
    const { toolstack } = context;
    const given = (name: string): boolean => args.value(name) !== undefined;
    const domain = args.text('domain');
    const pool = args.flag('schedparam');
    if (domain !== undefined && (pool || given('tslice_ms') || given('ratelimit_us'))) {
      throw usage('Specifying a cpupool or schedparam is not allowed with domain options.');
    }
    if (domain === undefined && (given('weight') || given('cap'))) throw usage('Must specify a domain.', 'add -d DOMAIN');
    if (!pool && (given('tslice_ms') || given('ratelimit_us')))
      throw usage('Must specify schedparam to set schedule parameter values.', 'add -s');

    if (pool) {
      const tslice = args.value('tslice_ms');
      const ratelimit = args.value('ratelimit_us');
      const set = {
        ...(tslice !== undefined && { tsliceMs: integer(tslice, 'the time slice', TSLICE_MS) }),
        ...(ratelimit !== undefined && { ratelimitUs: integer(ratelimit, 'the rate limit', RATELIMIT_US) }),
      };
      if (Object.keys(set).length > 0) {
        await toolstack.credit(set);
        return NOTHING;
      }
      const credit = await toolstack.credit();
      const value = new Map([
        ['tslice_ms', BigInt(credit.tsliceMs)],
        ['ratelimit_us', BigInt(credit.ratelimitUs)],
        ['migration_delay_us', BigInt(credit.migrationDelayUs)],
      ]);
      return { kind: 'text', text: `${poolLine(credit)}\n`, value };
    }

    const chosen = domain === undefined ? null : await findDomain(context, domain);
    const weight = args.value('weight');
    const cap = args.value('cap');
    if (chosen && (weight !== undefined || cap !== undefined)) {
      await toolstack.credit({
        domain: chosen.domid,
        ...(weight !== undefined && { weight: integer(weight, 'the weight', WEIGHT) }),
        ...(cap !== undefined && { cap: integer(cap, 'the cap', CAP) }),
      });
      return NOTHING;
    }
    const credit = await toolstack.credit();
    const members = chosen ? credit.domains.filter(({ domid }) => domid === chosen.domid) : credit.domains;
    return {
      kind: 'table',
      table: tableOf(members),
      xlText: () => xlSchedCredit(credit, members, chosen === null),
      headingLines: chosen === null ? 2 : 1,
    };
  },
};
