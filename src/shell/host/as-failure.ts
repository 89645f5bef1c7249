/** Whatever a command was stopped by, as a failure that says what to do; our own mistakes pass through untouched. */
import { CommandFailure } from '../../lang/host.ts';
import { ProblemError } from '../../lang/problem.ts';
import { ToolstackError, type DomainInfo, type Toolstack } from '../../dom0/toolstack/types.ts';
import { ShellFailure, textFailure } from '../commands/failure.ts';
import { domainHint } from '../commands/find-domain.ts';

export async function asFailure(error: unknown, toolstack: Toolstack): Promise<unknown> {
  if (error instanceof CommandFailure) return error;
  if (error instanceof ProblemError) return textFailure(error.problems, new Map());
  if (!(error instanceof ToolstackError)) return error;
  const hint = error.hint ?? (error.code === 'no-such-domain' ? await domainsHint(error.message, toolstack) : null);
  return new ShellFailure(error.code, error.message, { hint });
}

/** The name that was wanted is in the message, in quotes if the toolstack quotes it. */
async function domainsHint(message: string, toolstack: Toolstack): Promise<string | null> {
  const domains: readonly DomainInfo[] = await toolstack.list().catch(() => []);
  const wanted = /['"‘]([^'"’]+)['"’]/.exec(message)?.[1] ?? '';
  return domains.length === 0 ? null : domainHint(wanted, domains);
}
