/** Where a guest's time goes: V8's sampling profiler over each workload of the processor benchmark, samples sorted by the part of the engine they fall in. */
import { execFileSync } from 'node:child_process';
import { Session, type Profiler } from 'node:inspector/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openMachine } from '../../src/dom0/link/open-machine.ts';
import { FLOATING, INTEGER } from './programs.ts';

const BUILD = resolve(import.meta.dirname, 'programs/build.sh');
const MS = 2000;
const SAMPLE_US = 250;

/** The first that fits a frame's source says what it is. */
const PARTS: readonly (readonly [part: string, source: RegExp])[] = [
  ['translating', /hw\/cpu\/translator\/|hw\/cpu\/wasm\/|WebAssembly/],
  ['TLB misses', /hw\/cpu\/(mmu|guest-access|instruction-helpers)|vmm\/traps\/environment/],
  ['soft float', /hw\/cpu\/float\//],
  ['decoding', /hw\/cpu\/(decode|code-cache)/],
  ['hypervisor', /src\/(vmm|dom0|hw)\//],
];
const COLUMNS: readonly string[] = ['regions', 'interpreter', ...PARTS.map(([part]) => part), 'rest'];

/** The interpreter's module has thousands of functions, a module of regions a few. */
const MANY = 200;
const wasmFunction = ({ callFrame }: Profiler.ProfileNode): number =>
  Number(/^wasm-function\[(\d+)]/.exec(callFrame.functionName)?.[1] ?? -1);

function partOf(profile: Profiler.Profile): (node: Profiler.ProfileNode) => string {
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)));
  const interpreter = profile.nodes.find((node) => wasmFunction(node) > MANY)?.callFrame.url;
  const own = (node: Profiler.ProfileNode): string | null => {
    const { url, functionName } = node.callFrame;
    if (wasmFunction(node) >= 0) return url === interpreter ? 'interpreter' : 'regions';
    const source = url || (/^(Module|Instance)$/.test(functionName) ? 'WebAssembly' : '');
    return PARTS.find(([, fits]) => fits.test(source))?.[0] ?? null;
  };
  return (node) => {
    // What belongs to nobody (built-ins, the way from wasm to JS) is its caller's.
    for (let at: Profiler.ProfileNode | undefined = node; at; at = parents.get(at.id)) {
      if (/^\((idle|program|garbage collector)\)$/.test(at.callFrame.functionName)) return 'rest';
      const part = own(at);
      if (part) return part;
    }
    return 'rest';
  };
}

/** Microseconds by part, of one workload in a guest of its own. */
async function profileOf(kernel: string, name: string, session: Session): Promise<Map<string, number>> {
  const toolstack = await openMachine({ thread: false, cpus: 1 });
  await session.post('Profiler.start');
  await toolstack.create({ name: 'bench', kernel, memoryMiB: 96, cmdline: `run=bench:${name}:${MS},halt` });
  for await (const { kind } of toolstack.events()) if (kind === 'destroyed') break;
  const { profile } = await session.post('Profiler.stop');
  await toolstack.halt();
  const part = partOf(profile);
  const nodes = new Map(profile.nodes.map((node) => [node.id, part(node)]));
  const spent = new Map<string, number>();
  for (const [i, sample] of (profile.samples ?? []).entries()) {
    const where = nodes.get(sample)!;
    spent.set(where, (spent.get(where) ?? 0) + (profile.timeDeltas?.[i] ?? 0));
  }
  return spent;
}

export async function profile(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'xenolith-bench-'));
  const session = new Session();
  session.connect();
  try {
    execFileSync(BUILD, [folder]);
    const kernel = join(folder, 'programs.elf');
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US });
    console.log(`\nWhere the time goes, per cent\n  ${'workload'.padEnd(14)} ${COLUMNS.map((name) => name.padStart(11)).join(' ')}`);
    for (const name of process.env.BENCH_PROGRAMS?.split(',') ?? [...INTEGER, ...FLOATING]) {
      const spent = await profileOf(kernel, name, session);
      const total = [...spent.values()].reduce((sum, us) => sum + us, 0);
      const share = (part: string): string => ((100 * (spent.get(part) ?? 0)) / total).toFixed(1).padStart(11);
      console.log(`  ${name.padEnd(14)} ${COLUMNS.map(share).join(' ')}`);
    }
  } finally {
    session.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
}
