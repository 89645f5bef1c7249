/** Every configuration key that is known. */
import { IGNORED_KEYS, OLD_KEYS } from './ignored-keys.ts';
import type { ConfigKey } from './config-key.ts';
import { PV_KEYS } from './pv-keys.ts';

/** Those with an effect first, as completion shows them. */
export const CONFIG_KEYS: readonly ConfigKey[] = [...PV_KEYS, ...IGNORED_KEYS, ...OLD_KEYS];

const BY_NAME: ReadonlyMap<string, ConfigKey> = new Map(CONFIG_KEYS.map((key) => [key.name, key]));

export function configKey(name: string): ConfigKey | undefined {
  return BY_NAME.get(name);
}

/** Candidates for a misspelt key: what has an effect; ignored keys only have to be spelt right. */
export function keyNames(): Iterable<string> {
  return BY_NAME.keys();
}
