/** after = [web]: what must be there before a declared domain starts, and when it is ready. */
import type { ConfigRecord, Value } from '../../lang/index.ts';
import { Quantity } from '../../lang/values.ts';
import type { DomainInfo } from '../../dom0/toolstack/types.ts';
import type { CommandContext } from '../commands/command.ts';
import { ShellFailure } from '../commands/failure.ts';
import { didYouMean } from '../commands/near.ts';
import { consoleText } from './console-text.ts';

const POLL_NS = 10e6;
const DEFAULT_NS = 60e9;
const STATES: ReadonlySet<string> = new Set(['running', 'blocked', 'paused', 'runnable', 'shutdown', 'crashed']);

/** Names in the order in which they start: each behind those that it comes after. A circle is told. */
export function startOrder(wanted: readonly string[], declarations: ReadonlyMap<string, ConfigRecord>): readonly string[] {
  const order: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (order.includes(name)) return;
    if (path.includes(name)) {
      const circle = [...path.slice(path.indexOf(name)), name].join(' after ');
      throw new ShellFailure('bad-config', `these domains wait for each other: ${circle}`);
    }
    for (const before of afterOf(declarations.get(name))) visit(before, [...path, name]);
    order.push(name);
  };
  for (const name of wanted) visit(name, []);
  return order;
}

export function afterOf(record: ConfigRecord | undefined): readonly string[] {
  const value = record?.entries.get('after')?.value;
  return Array.isArray(value) ? value.map(String) : [];
}

/** Waits, in machine time, until a domain that was declared with `ready` is. */
export async function untilReady(context: CommandContext, name: string): Promise<void> {
  const { toolstack, declarations, signal } = context;
  const entries = declarations.get(name)?.entries;
  const ready = entries?.get('ready')?.value ?? null;
  const within = entries?.get('ready_within')?.value;
  const limitNs = within instanceof Quantity && within.unit === 'ns' ? within.amount : DEFAULT_NS;
  const { nowNs: start } = await toolstack.time();
  for (let now = start; ; now = (await toolstack.time()).nowNs) {
    const domain = (await toolstack.list()).find((info) => info.name === name);
    if (!domain) throw new ShellFailure('no-such-domain', `${name} is gone before it was ready`, { hint: afterHint(context, name) });
    if (await isReady(context, domain, ready)) return;
    if (now - start >= limitNs)
      throw new ShellFailure('timed-out', `${name} is not ready after ${limitNs / 1e9} s`, {
        hint: `its state is ${domain.state}; ready_within = … waits longer`,
      });
    await toolstack.sleepUntil(Math.min(now + POLL_NS, start + limitNs), signal);
  }
}

function afterHint({ declarations }: CommandContext, name: string): string | null {
  return didYouMean(name, declarations.keys());
}

async function isReady({ toolstack, host }: CommandContext, domain: DomainInfo, ready: Value): Promise<boolean> {
  if (ready === null) return true;
  if (ready instanceof RegExp) return ready.test(await consoleText(toolstack, domain.domid));
  const text = String(ready);
  if (STATES.has(text)) return domain.state === text;
  if (text.includes('/')) return (await host.xenstoreRead(text.startsWith('/') ? text : `/local/domain/${domain.domid}/${text}`)) !== null;
  throw new ShellFailure('bad-config', `'${text}' does not say when ${domain.name} is ready`, {
    hint: 'a pattern of its console (/login:/), a path of the xenstore, or a state',
  });
}
