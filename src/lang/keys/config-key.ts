/** What is known of a configuration key: reading, checking, completion and help come from its record. */

export type KeyType =
  | 'text'
  | 'integer'
  /** Any number; not 0 is true. */
  | 'boolean'
  /** MiB; a size with a unit is converted. */
  | 'memory'
  | 'choice'
  | 'list'
  /** A list of CPUs as text, or one such list for each vCPU. */
  | 'cpus'
  | 'text-or-list'
  /** Names of domains. */
  | 'names'
  /** Nothing is checked: the key has no effect. */
  | 'any';

export interface ConfigKey {
  readonly name: string;
  readonly type: KeyType;
  readonly doc: string;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** As a person would write it. */
  readonly default?: string;
  /** Absent: the key has its effect. Else why it has none: "HVM guests only". */
  readonly ignored?: string;
  /** Real xl does not know it. */
  readonly ours?: true;
  /** Only old xm read it; xl drops it silently. */
  readonly old?: true;
}

export function key(name: string, type: KeyType, doc: string, more: Partial<Omit<ConfigKey, 'name' | 'type' | 'doc'>> = {}): ConfigKey {
  return { name, type, doc, ...more };
}

/** Keys that share the reason for which they have no effect. */
export function ignoredKeys(because: string, names: string): readonly ConfigKey[] {
  return names
    .split(/\s+/)
    .filter((name) => name !== '')
    .map((name) => ({ name, type: 'any', doc: `read but ignored: ${because}`, ignored: because }));
}
