/** Operands that many commands share. */
import type { Positional } from './command.ts';

/** Exactly one domain. */
export const DOMAIN: Positional = { name: 'domain', kind: 'domain', summary: 'name or id of the domain', required: true };
/** One or none. */
export const MAYBE_DOMAIN: Positional = { name: 'domain', kind: 'domain', summary: 'name or id; all without one', required: false };
/** Any number; none: those that come down the pipeline, or all, as the command says. */
export const DOMAINS: Positional = { name: 'domain', kind: 'domain', summary: 'names or ids of domains', required: false, rest: true };
