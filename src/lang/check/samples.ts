/** What kind of value the machine's own names have, for finding units that do not go together. */
import { Quantity, type Value } from '../values.ts';

const bytes = new Quantity('bytes', 2 ** 20);
const duration = new Quantity('ns', 1e9);

export const DOMAIN_SAMPLES: Readonly<Record<string, Value>> = {
  name: 'web',
  id: 1n,
  uuid: '',
  state: 'running',
  memory: bytes,
  max_memory: bytes,
  cpu_time: duration,
  cpu_share: new Quantity('percent', 1),
  uptime: duration,
  weight: 256n,
  cap: 0n,
  instructions: 1n,
};

export const HOST_SAMPLES: Readonly<Record<string, Value>> = {
  free_memory: bytes,
  total_memory: bytes,
  cpus: 1n,
  cpu_mhz: 1n,
  name: '',
  scheduler: '',
  xen_version: '',
};

/** Of functions whose result does not depend on what they are given. */
export const RESULT_SAMPLES: Readonly<Record<string, Value>> = {
  now: duration,
  len: 1n,
  str: '',
  int: 1n,
  float: 0.5,
  type: '',
  guest: '/guest',
};
