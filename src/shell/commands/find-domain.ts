/** Domain arguments: a name or an id, looked up once, with a hint where there is no such domain. */
import { DomainHandle, Table } from '../../lang/values.ts';
import type { Value } from '../../lang/index.ts';
import type { DomainInfo } from '../../dom0/toolstack/types.ts';
import type { Arguments, CommandContext } from './command.ts';
import { ShellFailure, usage } from './failure.ts';
import { didYouMean } from './near.ts';

/** What the person may have meant, from the names there are. */
export function domainHint(wanted: string, domains: readonly DomainInfo[]): string {
  const names = domains.map(({ name }) => name);
  return didYouMean(wanted, names) ?? `the domains are ${names.join(', ')}`;
}

export function noSuchDomain(
  wanted: string,
  domains: readonly DomainInfo[],
  message = `${wanted} is an invalid domain identifier: there is no such domain`,
): ShellFailure {
  return new ShellFailure('no-such-domain', message, { hint: domainHint(wanted, domains) });
}

/** A number is tried as an id first, then as a name. */
export function matchDomain(wanted: string, domains: readonly DomainInfo[]): DomainInfo | undefined {
  const byId = /^\d+$/.test(wanted) ? domains.find(({ domid }) => domid === Number(wanted)) : undefined;
  return byId ?? domains.find(({ name }) => name === wanted);
}

export async function findDomains({ toolstack }: CommandContext, wanted: readonly string[]): Promise<readonly DomainInfo[]> {
  const domains = await toolstack.list();
  return wanted.map((word) => {
    const found = matchDomain(word, domains);
    if (!found) throw noSuchDomain(word, domains);
    return found;
  });
}

export async function findDomain(context: CommandContext, wanted: string): Promise<DomainInfo> {
  return (await findDomains(context, [wanted]))[0]!;
}

/** The domains an action is for: those typed, else those that come down the pipeline (`list | where … | pause`). */
export async function actedOn(context: CommandContext, args: Arguments): Promise<readonly DomainInfo[]> {
  const typed = args.texts('domain');
  if (typed.length > 0) return await findDomains(context, typed);
  const piped = pipedNames(context.call.input);
  if (piped === null) throw usage(`'xm ${context.call.name}' requires at least 1 argument.`, `usage: xm ${context.call.name} DOMAIN...`);
  return await findDomains(context, piped);
}

function pipedNames(input: Value): readonly string[] | null {
  const rows =
    input instanceof Table
      ? input.rows.map((row) => row['name'] ?? row['id'] ?? null)
      : Array.isArray(input)
        ? (input as readonly Value[])
        : null;
  if (rows === null) return null;
  return rows.map((row) => {
    if (row instanceof DomainHandle) return row.name;
    if (typeof row === 'string' || typeof row === 'bigint') return String(row);
    throw usage('the rows that come down the pipeline have no column called name', 'keep it: … | select name, …');
  });
}
