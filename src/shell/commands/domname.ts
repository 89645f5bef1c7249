import type { Command } from './command.ts';
import { noSuchDomain } from './find-domain.ts';
import { integer } from './numbers.ts';

const LAST_DOMID = 0x7fef;

export const domname: Command = {
  name: 'domname',
  group: 'listing',
  summary: 'Convert a domain id to a domain name',
  positionals: [{ name: 'domid', kind: 'number', summary: 'number of the domain', required: true }],
  options: [],
  effect: 'reads',
  examples: [{ run: 'domname 1', says: 'its name' }],
  async run({ toolstack }, args) {
    const wanted = integer(args.text('domid')!, 'a domain id', { min: 0, max: LAST_DOMID });
    const domains = await toolstack.list();
    const found = domains.find(({ domid }) => domid === wanted);
    if (!found)
      throw noSuchDomain(String(wanted), domains, `Can't get domain name of domain id '${wanted}', maybe this domain does not exist.`);
    return { kind: 'value', value: found.name };
  },
};
