import type { Command } from './command.ts';
import { noSuchDomain } from './find-domain.ts';
import { DOMAIN } from './positionals.ts';

export const domid: Command = {
  name: 'domid',
  group: 'listing',
  summary: 'Convert a domain name to a domain id',
  positionals: [{ ...DOMAIN, summary: 'name of the domain' }],
  options: [],
  effect: 'reads',
  examples: [{ run: 'domid web', says: 'its number' }],
  async run({ toolstack }, args) {
    const wanted = args.text('domain')!;
    const domains = await toolstack.list();
    const found = domains.find(({ name }) => name === wanted);
    if (!found) throw noSuchDomain(wanted, domains, `Can't get domid of domain name '${wanted}', maybe this domain does not exist.`);
    return { kind: 'value', value: BigInt(found.domid) };
  },
};
