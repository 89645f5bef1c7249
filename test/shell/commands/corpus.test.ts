/** create -n on configurations that others wrote, against what the real xl made of them. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { vectors } from '../../lang/corpus.ts';
import { openShell } from '../harness.ts';

const CORPUS = resolve(import.meta.dirname, '../../../../shared/corpus');
const JSON_FOLDER = resolve(CORPUS, 'xl-json');
const present = existsSync(JSON_FOLDER);

type Object_ = Record<string, unknown>;
interface XlConfig extends Object_ {
  readonly c_info: Object_;
  readonly b_info: Object_;
}

/** Nothing is left out but the UUID, which xl invents where the file has none. */
const compared = ({ c_info, ...rest }: XlConfig, file: string): Object_ => {
  const { uuid, ...known } = c_info;
  return { ...rest, c_info: /^\s*uuid\b/m.test(file) ? { ...known, uuid } : known };
};

function paravirtual(): readonly (readonly [string, string, XlConfig])[] {
  return readdirSync(JSON_FOLDER).flatMap((name) => {
    const config = JSON.parse(readFileSync(resolve(JSON_FOLDER, name), 'utf8')) as XlConfig;
    const [owner = '', ...rest] = name.replace(/\.json$/, '').split('__');
    const file = resolve(CORPUS, 'cfg', owner, rest.join('__'));
    return config.c_info['type'] === 'pv' && existsSync(file) ? [[name, file, config] as const] : [];
  });
}

describe.skipIf(!present)(`create -n agrees with xl${present ? '' : ' (skipped: the corpus is not here)'}`, () => {
  const cases = present ? paravirtual() : [];

  test('there are configurations to compare', () => expect(cases.length).toBeGreaterThan(30));

  test.each(cases)('%s', async (_name, file, expected) => {
    const { stdout, stderr, exitCode } = await openShell().run(`create -nq ${file}`);
    // Where xl ignores a key that it does not know, or a value that is no number, create refuses the file.
    if (exitCode !== 0) return expect(stderr).toMatch(/unknown key|must be a number/);
    const text = readFileSync(file, 'utf8');
    expect(compared(JSON.parse(stdout) as XlConfig, text)).toEqual(compared(expected, text));
  });

  /** What xl prints of every domain is not in these records. */
  const shortened = ({ c_info, b_info, ...rest }: XlConfig): Object_ => {
    const { run_hotplug_scripts: _scripts, ...created } = c_info;
    const { claim_mode: _claim, arch_arm: _arm, arch_x86: _x86, ...built } = b_info;
    return { ...rest, c_info: created, b_info: built };
  };

  /** The same domain, otherwise said: fewer than one vCPU is one, and 4.17 forgets cpus where there is no vcpus. */
  const OTHERWISE: readonly string[] = ['vcpus=0\n', 'cpus="1"\n', 'firmware="pvgrub64"\n'];

  test.each(dryRuns())('%j', async (input, expected) => {
    const path = resolve(FOLDER, 'vector.cfg');
    writeFileSync(path, input);
    const { stdout, stderr, exitCode } = await openShell().run(`create -nq ${path}`);
    if (exitCode !== 0) return expect(stderr).toMatch(STRICTER);
    const printed = shortened(JSON.parse(stdout) as XlConfig);
    if (OTHERWISE.some((own) => input.endsWith(own))) expect(printed['c_info']).toEqual(expected['c_info']);
    else expect(printed).toEqual(expected);
  });
});

const FOLDER = mkdtempSync(resolve(tmpdir(), 'xenolith-corpus-'));
/** Refused here, each for its reason: other kinds of domains, CPUs that the host has not, settings that xl would drop. */
const STRICTER =
  /cannot run here|affinity map is empty|must be a (?:number|list|text)|must be one of|a list of|no such|unknown key|is not a|are not possible/;

function dryRuns(): readonly (readonly [string, Object_])[] {
  return vectors<{ readonly rc: number; readonly config?: Object_ }>('xl-create-dryrun').flatMap(({ input, oracle }) =>
    oracle.rc === 0 && oracle.config ? [[input, oracle.config] as const] : [],
  );
}
