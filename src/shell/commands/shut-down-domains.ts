/** What `shutdown` and `reboot` share: asking guests through xenstore's control/shutdown, and waiting for them. */
import type { DomainInfo } from '../../dom0/toolstack/types.ts';
import { type Arguments, type CommandContext, NOTHING, type Option, type Outcome } from './command.ts';
import { usage } from './failure.ts';
import { actedOn } from './find-domain.ts';
import { durationNs } from './numbers.ts';

export const SHUTDOWN_OPTIONS: readonly Option[] = [
  { long: 'all', short: 'a', summary: 'all domains but Domain-0', value: null },
  { long: 'wait', short: 'w', summary: 'return when each has stopped', value: null },
  { long: 'timeout', summary: 'with --wait: give up after this long (10s, 2m)', value: 'duration' },
];

/** Without a --timeout there is none that a person would meet: eleven days. */
const PATIENCE_NS = 1e15;

type How = 'poweroff' | 'reboot';

const SAYS: Readonly<Record<How, string>> = { poweroff: 'Shutting down', reboot: 'Rebooting' };

async function chosen(context: CommandContext, args: Arguments): Promise<readonly DomainInfo[]> {
  const named = args.texts('domain');
  if (!args.flag('all')) {
    if (named.length === 0 && context.call.input === null)
      throw usage('You must specify -a or a domain id.', `usage: xm ${context.call.name} -a, or xm ${context.call.name} DOMAIN`);
    return await actedOn(context, args);
  }
  if (named.length > 0) throw usage('-a means all domains; leave out the names', `usage: xm ${context.call.name} -a`);
  return (await context.toolstack.list()).filter(({ domid, shutdownReason }) => domid !== 0 && shutdownReason === null);
}

export async function shutDownDomains(how: How, context: CommandContext, args: Arguments): Promise<Outcome> {
  const { toolstack } = context;
  const domains = await chosen(context, args);
  const limit = args.value('timeout');
  const waitNs = args.flag('wait') ? (limit === undefined ? PATIENCE_NS : durationNs(limit, 'timeout')) : undefined;
  if (limit !== undefined && waitNs === undefined) throw usage('--timeout goes with --wait');
  for (const { domid } of domains) context.note(`${SAYS[how]} domain ${domid}`);
  if (waitNs === undefined) {
    for (const { domid } of domains) await toolstack.shutdown(domid, how);
    return NOTHING;
  }
  context.note(`Waiting for ${domains.length} domains`);
  await Promise.all(
    domains.map(async ({ domid }) => {
      await toolstack.shutdown(domid, how, waitNs);
      context.note(`Domain ${domid} has been shut down, reason code ${how === 'poweroff' ? 0 : 1}`);
    }),
  );
  return NOTHING;
}
