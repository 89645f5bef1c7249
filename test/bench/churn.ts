/** A guest that writes code, runs it until it is translated, and writes other code over it: does memory grow? BENCH_MINUTES: how long, 1 if not said. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openMachine } from '../../src/dom0/link/open-machine.ts';
import { Translator } from '../../src/hw/cpu/translator/translator.ts';
import { printRows } from './measure.ts';

const BUILD = resolve(import.meta.dirname, 'programs/build.sh');
const MINUTES: number = Number(process.env.BENCH_MINUTES ?? 1);
const SAMPLES = 10;
const MIB = 1024 * 1024;

interface Sample {
  readonly regions: number;
  readonly live: number;
  readonly resident: number;
  readonly heap: number;
}

export async function churn(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'xenolith-bench-'));
  const { flush } = Translator.prototype;
  const samples: Sample[] = [];
  const started = performance.now();
  // The machine runs in this thread and leaves it no time: samples are taken where it translates.
  Translator.prototype.flush = function (this: Translator) {
    flush.apply(this);
    if (performance.now() - started < ((samples.length + 1) * MINUTES * 60_000) / SAMPLES) return;
    const { regions, dropped } = this.counts;
    const { rss, heapUsed } = process.memoryUsage();
    samples.push({ regions, live: regions - dropped, resident: rss / MIB, heap: heapUsed / MIB });
  };
  try {
    execFileSync(BUILD, [folder]);
    const toolstack = await openMachine({ thread: false, cpus: 1 });
    await toolstack.create({ name: 'bench', kernel: join(folder, 'programs.elf'), memoryMiB: 96, cmdline: 'run=bench:churn:86400000' });
    while (samples.length < SAMPLES) await new Promise((done) => setTimeout(done, 100));
    await toolstack.destroy('bench');
    await toolstack.halt();
  } finally {
    Translator.prototype.flush = flush;
    rmSync(folder, { recursive: true, force: true });
  }
  // The first samples warm everything up.
  const settled = samples[Math.floor(SAMPLES / 5)]!;
  const last = samples.at(-1)!;
  const growth = last.resident / settled.resident;
  printRows(`Code that changes for ever, ${MINUTES} min`, [
    ...samples.map(({ regions, live, resident, heap }, i) => ({
      what: `after ${(((i + 1) * MINUTES) / SAMPLES).toFixed(1)} min: regions translated, live; MiB resident, of it JS heap`,
      measured: `${regions}, ${live}; ${resident.toFixed(0)}, ${heap.toFixed(0)}`,
      wanted: '',
      ok: null,
    })),
    {
      what: 'resident at the end, against after a fifth of the time',
      measured: growth.toFixed(2),
      wanted: 'at most 1.2',
      ok: growth <= 1.2,
    },
  ]);
}
