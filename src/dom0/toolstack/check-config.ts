/** What can be told to be wrong with a configuration before anything is built. */
import { MAX_GUEST_CMDLINE } from '../../vmm/abi/start-info.ts';
import { ToolstackError, type DomainConfig } from './types.ts';

/** LIBXL_MAXMEM_CONSTANT: the maximum is so much above what was asked for. */
export const SLACK_MIB = 1;
/** libxl's default. */
const MEMORY_MIB = 32;
/** A PV guest's shared_info has room for so many. */
const VCPUS_MOST = 32;
const WEIGHT_MOST = 65_535;
const NAME_MOST = 255;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A configuration with every default filled in. */
export interface DomainPlan {
  readonly name: string;
  /** null: a new one. */
  readonly uuid: string | null;
  readonly memoryMiB: number;
  readonly maxMemoryMiB: number;
  readonly vcpus: number;
  readonly maxVcpus: number;
  readonly cmdline: string;
}

type Field = keyof DomainConfig;

function wrong(field: Field, message: string, hint?: string): ToolstackError {
  return new ToolstackError({ code: 'bad-config', message, field, ...(hint !== undefined && { hint }) });
}

export function checkName(name: string, field?: Field): string {
  const complain = (message: string): ToolstackError =>
    new ToolstackError({ code: field ? 'bad-config' : 'invalid', message, ...(field && { field }) });
  if (name === '') throw complain('a domain needs a name');
  if (Buffer.byteLength(name) > NAME_MOST) throw complain(`a domain's name has at most ${NAME_MOST} bytes`);
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) throw complain("a domain's name has no control characters");
  return name;
}

function integer(field: Field, value: number, least: number, most: number, unit: string): number {
  if (!Number.isInteger(value)) throw wrong(field, `${field} must be a whole number, not ${value}`);
  if (value < least || value > most) throw wrong(field, `${value} ${unit} are not possible`, `from ${least} to ${most}`);
  return value;
}

/** `hostCpus`: physical CPUs of the machine. */
export function checkConfig(config: DomainConfig, hostCpus: number, hostMiB: number): DomainPlan {
  const name = checkName(config.name, 'name');
  if (config.kernel === '') throw wrong('kernel', 'there is no kernel to boot');
  const uuid = config.uuid?.toLowerCase() ?? null;
  if (uuid !== null && !UUID.test(uuid))
    throw wrong('uuid', `'${config.uuid}' is not a UUID`, 'as in 4a3ba9e1-6c41-4f0f-9d4d-2d1b7e2f3c55');
  const memoryMiB = integer('memoryMiB', config.memoryMiB ?? config.maxMemoryMiB ?? MEMORY_MIB, 1, hostMiB, 'MiB of memory');
  const maxMemoryMiB = integer('maxMemoryMiB', config.maxMemoryMiB ?? memoryMiB, 1, 2 ** 20, 'MiB of memory');
  if (maxMemoryMiB < memoryMiB)
    throw wrong('maxMemoryMiB', `the maximum of ${maxMemoryMiB} MiB is less than the ${memoryMiB} MiB it starts with`);
  const vcpus = integer('vcpus', config.vcpus ?? 1, 1, VCPUS_MOST, 'vCPUs');
  const maxVcpus = integer('maxVcpus', config.maxVcpus ?? vcpus, 1, VCPUS_MOST, 'vCPUs');
  if (maxVcpus < vcpus) throw wrong('maxVcpus', `maxvcpus (${maxVcpus}) is less than vcpus (${vcpus})`);
  checkAffinity('cpus', config.cpus, hostCpus, maxVcpus);
  checkAffinity('cpusSoft', config.cpusSoft, hostCpus, maxVcpus);
  if (config.cpuWeight !== undefined) integer('cpuWeight', config.cpuWeight, 1, WEIGHT_MOST, 'as a weight');
  if (config.cap !== undefined) integer('cap', config.cap, 0, 100 * maxVcpus, 'percent as a cap');
  const cmdline = config.cmdline ?? '';
  if (Buffer.byteLength(cmdline) >= MAX_GUEST_CMDLINE)
    throw wrong('cmdline', `the command line has ${Buffer.byteLength(cmdline)} bytes: a guest gets at most ${MAX_GUEST_CMDLINE - 1}`);
  return { name, uuid, memoryMiB, maxMemoryMiB, vcpus, maxVcpus, cmdline };
}

function checkAffinity(field: 'cpus' | 'cpusSoft', lists: DomainConfig['cpus'], hostCpus: number, maxVcpus: number): void {
  if (lists === undefined) return;
  if (lists.length > maxVcpus && lists.length !== 1) throw wrong(field, `there are ${lists.length} CPU lists for ${maxVcpus} vCPUs`);
  for (const list of lists) {
    const missing = list.find((cpu) => !Number.isInteger(cpu) || cpu < 0 || cpu >= hostCpus);
    if (missing !== undefined) throw wrong(field, `there is no physical CPU ${missing}`, `the machine has 0 to ${hostCpus - 1}`);
    if (list.length === 0) throw wrong(field, 'a vCPU needs at least one physical CPU to run on');
  }
}

/** The list that holds for a vCPU: its own, or the only one. */
export function affinityOf(lists: DomainConfig['cpus'], vcpu: number): readonly number[] | undefined {
  return lists?.length === 1 ? lists[0] : lists?.[vcpu];
}
