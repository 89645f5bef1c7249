/** Whole configurations through `xl create -n`: refused where xl refuses, and why not where we differ. */
import { describe, expect, test } from 'vitest';
import { evaluateConfig, isError, readConfig } from '../../../src/lang/index.ts';
import { needsCorpus, vectors } from '../corpus.ts';

const BASE = 'name="a"\nkernel="/k"\n';

/** xl warns, drops the setting and creates the domain. */
const STRICTER: readonly string[] = ['memory="64m"\n', 'memory=[64]\n', "vif=''\n", "vif=[['x']]\n"];
/** xl can run these, we cannot yet. */
const NOT_HERE: readonly string[] = [
  'type="pvh"\n',
  'builder=""\n',
  'name="a"\nfirmware="pvgrub64"\n',
  'name="a"\nbootloader="pygrub"\n',
  'name="a"\ntype="pvh"\nfirmware="pvgrub32"\n',
];
/** Empty only on a host with these CPUs: found by who knows the host. */
const EMPTY_AFFINITY = 'vcpu hard affinity map is empty';

interface Oracle {
  readonly rc: number;
  readonly stderr: readonly string[];
}

describe(needsCorpus('xl create -n'), () => {
  test.each(vectors<Oracle>('xl-create-dryrun'))('$input', ({ input, oracle }) => {
    const { config, problems } = evaluateConfig(input, 'CFG');
    const refused = [...problems, ...readConfig(config).problems].some(isError);
    const own = input.replace(BASE, '');
    const differs = STRICTER.includes(own) || NOT_HERE.includes(own) || (oracle.rc !== 0 && oracle.stderr.includes(EMPTY_AFFINITY));
    expect(refused).toBe(differs ? oracle.rc === 0 : oracle.rc !== 0);
  });
});
