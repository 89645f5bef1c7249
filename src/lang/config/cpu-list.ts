/** Lists of CPUs as `cpus=` and vcpu-pin take them (xl_parse.c parse_cpurange), applied from left to right. */

export interface HostCpus {
  readonly cpus: number;
  /** CPUs of each NUMA node; default: all in node 0. */
  readonly nodes?: readonly (readonly number[])[];
}

export type CpuListResult = { readonly cpus: readonly number[] } | { readonly fault: string };

const ELEMENT = /^(\^?)(?:(all)|(node:|nodes:)?(\d+)(?:-(\d+))?)$/;

/** Null when the text is a list; else what is wrong with it. Needs no host. */
export function checkCpuList(text: string): string | null {
  const result = parseCpuList(text, { cpus: Number.MAX_SAFE_INTEGER, nodes: [] }, true);
  return 'fault' in result ? result.fault : null;
}

/** Numbers beyond the host's are dropped without a word, as xl does; so the result may be empty. */
export function parseCpuList(text: string, host: HostCpus, onlyCheck = false): CpuListResult {
  const chosen = new Set<number>();
  const { cpus, nodes = [Array.from({ length: cpus }, (_, at) => at)] } = host;
  for (const element of text.split(',').filter((piece) => piece !== '')) {
    const match = ELEMENT.exec(element);
    if (!match) return { fault: `invalid CPU range '${element}'` };
    const [, not, all, node, firstText, lastText] = match;
    if (all !== undefined && not === '^') return { fault: "'^' and 'all' cannot be combined" };
    const first = Number(firstText ?? 0);
    const last = Number(lastText ?? firstText ?? 0);
    if (last < first) return { fault: `invalid CPU range '${element}'` };
    if (onlyCheck) continue;
    const named =
      all !== undefined
        ? range(0, cpus - 1)
        : node === undefined
          ? range(first, Math.min(last, cpus - 1))
          : nodes.slice(first, last + 1).flat();
    for (const cpu of named) {
      if (not === '^') chosen.delete(cpu);
      else chosen.add(cpu);
    }
  }
  return { cpus: [...chosen].toSorted((a, b) => a - b) };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
}
