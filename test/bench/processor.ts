/**
 * The same workloads on the bare machine, under qemu's user mode (Debian: qemu-user), and inside a guest, interpreted and translated. Needs gcc for
 * the programs; what is missing is left out. QEMU names another qemu-x86_64.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openMachine } from '../../src/dom0/link/open-machine.ts';
import { FLOATING, INTEGER } from './programs.ts';
import { median, printRows } from './measure.ts';

const BUILD = resolve(import.meta.dirname, 'programs/build.sh');
const RUNS = 5;
const MS = Number(process.env.BENCH_MS ?? 200);

interface Rate {
  readonly perSecond: number;
  readonly checksum: string;
}

function parse(text: string): Rate {
  const [, turns, ns, checksum] = /(\d+) turns in (\d+) ns, checksum (\w+)/.exec(text) ?? [];
  if (checksum === undefined) throw new Error(`no result in ${JSON.stringify(text.slice(-300))}`);
  return { perSecond: (Number(turns) * 1e9) / Number(ns), checksum };
}
const middle = (rates: readonly Rate[]): Rate => ({ ...rates[0]!, perSecond: median(rates.map(({ perSecond }) => perSecond)) });

interface Guest extends AsyncDisposable {
  run(name: string): Promise<Rate | null>;
  /** Million instructions a second since the last time it was asked. */
  mips(): Promise<number>;
}

/** A guest that stays, and answers one command after the other. */
async function guest(folder: string, translator: boolean): Promise<Guest> {
  const toolstack = await openMachine({ thread: true, cpus: 1, translator });
  await toolstack.create({ name: 'bench', kernel: join(folder, 'programs.elf'), memoryMiB: 96, onCrash: 'preserve' });
  const console = await toolstack.console('bench', 'start');
  let text = '';
  void (async () => {
    for await (const bytes of console.output) text += Buffer.from(bytes).toString('latin1');
  })();
  const prompt = async (): Promise<string | null> => {
    for (;;) {
      const end = text.indexOf('pebble> ');
      if (end >= 0) {
        const said = text.slice(0, end);
        text = text.slice(end + 8);
        return said;
      }
      if (/panic/.test(text)) return null;
      await new Promise((done) => setTimeout(done, 5));
    }
  };
  await prompt();
  let before = { retired: 0, cpuTimeNs: 0 };
  return {
    async run(name) {
      await console.write(Buffer.from(`bench ${name} ${MS}\r`));
      const said = await prompt();
      return said === null ? null : parse(said);
    },
    async mips() {
      const { retired, cpuTimeNs } = await toolstack.domain('bench');
      const rate = (1000 * (retired - before.retired)) / (cpuTimeNs - before.cpuTimeNs);
      before = { retired, cpuTimeNs };
      return rate;
    },
    [Symbol.asyncDispose]: () => toolstack.halt(),
  };
}

function onHost(command: readonly string[], name: string): Rate {
  const [program, ...args] = command;
  return parse(execFileSync(program!, [...args, name, String(MS / 1000)], { encoding: 'utf8' }));
}

function findQemu(): string | null {
  for (const name of [process.env.QEMU, 'qemu-x86_64', 'qemu-x86_64-static']) {
    try {
      if (name === undefined) continue;
      execFileSync(name, ['--version'], { stdio: 'ignore' });
      return name;
    } catch {
      // not this one
    }
  }
  return null;
}

const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
const ratio = (a: Rate | null, b: Rate | null): string => (a && b ? (a.perSecond / b.perSecond).toFixed(2) : '-');

export async function processor(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'xenolith-bench-'));
  try {
    execFileSync(BUILD, [folder]);
    const programs = join(folder, 'programs');
    const qemu = findQemu();
    if (!qemu) console.log('\nqemu-x86_64 is not here: no comparison with it');
    const wanted = process.env.BENCH_PROGRAMS?.split(',') ?? [...INTEGER, ...FLOATING];
    const results: { name: string; translated: Rate | null; emulated: Rate | null; interpreted: Rate | null; native: Rate }[] = [];
    const speeds: number[] = [];
    await using translator = await guest(folder, true);
    await using interpreter = await guest(folder, false);
    for (const name of wanted) {
      const native = middle(Array.from({ length: RUNS }, () => onHost([programs], name)));
      const emulated = qemu ? middle(Array.from({ length: RUNS }, () => onHost([qemu, programs], name))) : null;
      const inGuest = async ({ run }: Guest): Promise<Rate | null> => {
        const rates: Rate[] = [];
        for (let i = 0; i < RUNS; i++) {
          const rate = await run(name);
          if (!rate) return null;
          if (rate.checksum !== native.checksum)
            throw new Error(`${name}: checksum ${rate.checksum} in the guest, ${native.checksum} on the machine`);
          rates.push(rate);
        }
        return middle(rates);
      };
      const translated = await inGuest(translator);
      const interpreted = await inGuest(interpreter);
      const [fast, slow] = [await translator.mips(), await interpreter.mips()];
      speeds.push(slow);
      results.push({ name, translated, emulated, interpreted, native });
      console.log(
        `${name.padEnd(14)} translated/native ${ratio(translated, native).padStart(6)}  qemu/native ${ratio(emulated, native).padStart(6)}  ` +
          `translated/qemu ${ratio(translated, emulated).padStart(6)}  translated/interpreted ${ratio(translated, interpreted).padStart(6)}  M/s ${fast.toFixed(0).padStart(5)} ${slow.toFixed(0).padStart(4)}`,
      );
    }
    const against = (names: readonly string[]): number[] =>
      results.flatMap(({ name, translated, emulated }) =>
        names.includes(name) && translated && emulated ? [translated.perSecond / emulated.perSecond] : [],
      );
    printRows('Interpreter alone', [
      {
        what: 'million instructions a second, geometric mean',
        measured: geometricMean(speeds).toFixed(0),
        wanted: 'at least 100',
        ok: geometricMean(speeds) >= 100,
      },
    ]);
    const all = against(wanted);
    const floating = against(FLOATING);
    if (all.length === 0) return;
    const row = (what: string, value: number, least: number): Parameters<typeof printRows>[1][number] => ({
      what,
      measured: value.toFixed(2),
      wanted: `at least ${least}`,
      ok: value >= least,
    });
    printRows('Translator against qemu-x86_64', [
      row('geometric mean over all', geometricMean(all), 0.8),
      ...(floating.length > 0 ? [row('over floating point and SIMD', geometricMean(floating), 1.3)] : []),
      row('worst single one', Math.min(...all), 0.4),
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
