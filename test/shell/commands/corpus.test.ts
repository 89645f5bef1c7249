/** create -n on configurations that others wrote, against what the real xl made of them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openShell } from '../harness.ts';

const CORPUS = resolve(import.meta.dirname, '../../../../shared/corpus');
const JSON_FOLDER = resolve(CORPUS, 'xl-json');
const present = existsSync(JSON_FOLDER);

type Object_ = Record<string, unknown>;
interface XlConfig extends Object_ {
  readonly c_info: Object_;
  readonly b_info: Object_;
}

/** What a paravirtual domain here is made of; the rest of libxl's fields belong to other kinds of domains or to its host. */
const B_INFO = [
  'iomem',
  'irqs',
  'ioports',
  'cpuid',
  'device_tree',
  'localtime',
  'max_grant_frames',
  'bootloader',
  'bootloader_args',
  'tsc_mode',
  'event_channels',
  'disable_migrate',
  'rtc_timeoffset',
  'max_vcpus',
  'avail_vcpus',
  'vcpu_hard_affinity',
  'numa_placement',
  'max_memkb',
  'target_memkb',
  'sched_params',
  'cmdline',
];
const TOP = [
  'dtdevs',
  'pcidevs',
  'channels',
  'usbctrls',
  'on_watchdog',
  'disks',
  'nics',
  'on_poweroff',
  'on_reboot',
  'on_crash',
  'on_soft_reset',
];

const pick = (from: Object_, keys: readonly string[]): Object_ =>
  Object.fromEntries(keys.flatMap((key) => (key in from ? [[key, from[key]]] : [])));
const compared = (config: XlConfig): Object_ => ({
  ...pick(config.c_info, ['type', 'name']),
  ...pick(config.b_info, B_INFO),
  ...pick(config, TOP),
});

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
    const { stdout, stderr, exitCode } = await openShell().run(`create -nq ${file} kernel=/k`);
    // Where xl ignores a key that it does not know, or a value that is no number, create refuses the file.
    if (exitCode !== 0) expect(stderr).toMatch(/unknown key|no kernel|must be a number/);
    else expect(compared(JSON.parse(stdout) as XlConfig)).toEqual(compared(expected));
  });
});
