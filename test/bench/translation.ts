/** What translating costs the machine's thread, and how long hot code waits for it. The machine runs in this thread, so that its parts can be timed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { openMachine } from '../../src/dom0/link/open-machine.ts';
import { Translator } from '../../src/hw/cpu/translator/translator.ts';
import { median, percentile, printRows } from './measure.ts';

const BUILD = resolve(import.meta.dirname, 'programs/build.sh');
/** The translator's own code gets warm; the last lives count. */
const LIVES = 14;
const COUNTED = 7;
const PROGRAMS = ['hash', 'sort', 'byte-code', 'parser', 'string-sort', 'recursion', 'matrix', 'n-body', 'mandelbrot'];

export async function translation(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'xenolith-bench-'));
  const { request, flush } = Translator.prototype;
  let spent = 0;
  let asked: number | null = null;
  let counts: Translator['counts'] | null = null;
  const waits: number[] = [];
  Translator.prototype.request = function (this: Translator, ...args) {
    asked ??= performance.now();
    request.apply(this, args);
  };
  Translator.prototype.flush = function (this: Translator) {
    // The thread's own time counts in ticks of 4 ms here: a flush takes one.
    const start = performance.now();
    flush.apply(this);
    counts = this.counts;
    if (asked === null) return;
    const end = performance.now();
    spent += end - start;
    waits.push(end - asked);
    asked = null;
  };
  try {
    execFileSync(BUILD, [folder]);
    // V8's first compilation of a region is put off until it is called: here it is part of the cost.
    setFlagsFromString('--no-wasm-lazy-compilation');
    const toolstack = await openMachine({ thread: false, cpus: 1 });
    const jobs = PROGRAMS.map((name) => `bench:${name}:100`).join(',');
    const costs: number[] = [];
    let known = 0;
    for (let life = 0; life < LIVES; life++) {
      await toolstack.create({ name: 'bench', kernel: join(folder, 'programs.elf'), memoryMiB: 96, cmdline: `run=${jobs},halt` });
      for await (const { kind } of toolstack.events()) if (kind === 'destroyed') break;
      costs.push((1000 * spent) / (counts!.blocks - known));
      known = counts!.blocks;
      spent = 0;
    }
    await toolstack.halt();
    const { blocks, regions, modules, instructions, bytes } = counts!;
    const [cold, warm] = [costs[0]!, median(costs.slice(-COUNTED))];
    printRows('Translation', [
      { what: 'µs a basic block, all in', measured: warm.toFixed(1), wanted: 'under 30', ok: warm < 30 },
      { what: '… in the first guest of a machine', measured: cold.toFixed(1), wanted: '', ok: null },
      { what: 'ms from hot to translated, median', measured: median(waits).toFixed(1), wanted: 'under 20', ok: median(waits) < 20 },
      { what: 'ms from hot to translated, 95th percentile', measured: percentile(waits, 95).toFixed(1), wanted: '', ok: null },
      { what: 'regions, modules', measured: `${regions}, ${modules}`, wanted: '', ok: null },
      { what: 'blocks, instructions', measured: `${blocks}, ${instructions}`, wanted: '', ok: null },
      { what: 'bytes of wasm an instruction', measured: (bytes / instructions).toFixed(0), wanted: '', ok: null },
    ]);
  } finally {
    Object.assign(Translator.prototype, { request, flush });
    rmSync(folder, { recursive: true, force: true });
  }
}
