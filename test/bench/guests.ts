/** Guests on the machine: time to the first console line, interpreter speed on pebble's burn, many guests at once. */
import { resolve } from 'node:path';
import { openMachine } from '../../src/dom0/link/open-machine.ts';
import type { DomainConfig, Toolstack } from '../../src/dom0/toolstack/types.ts';
import { median, percentile, printRows, ROOT, TypedShell } from './measure.ts';

const PEBBLE = resolve(ROOT, 'examples/guests/pebble/pebble.elf');
const pebble = (name: string, more: Partial<DomainConfig> = {}): DomainConfig => ({ name, kernel: PEBBLE, memoryMiB: 4, ...more });
const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function firstLine(toolstack: Toolstack, name: string): Promise<void> {
  await using console = await toolstack.console(name, 'start');
  for await (const bytes of console.output) if (bytes.includes(10)) return;
}

/** In a running machine (its own thread): from `create` to the first line on the console. */
export async function boot(): Promise<void> {
  const toolstack = await openMachine({ thread: true });
  const times: number[] = [];
  for (let i = 0; i < 11; i++) {
    const start = performance.now();
    await toolstack.create(pebble(`boot-${i}`));
    await firstLine(toolstack, `boot-${i}`);
    times.push(performance.now() - start);
    await toolstack.destroy(`boot-${i}`);
  }
  await toolstack.halt();
  const [first, ...rest] = times;
  printRows('From create to pebble’s first console line', [
    { what: 'the first on a new machine', measured: `${first!.toFixed(1)} ms`, wanted: '', ok: null },
    { what: 'in a running shell, median', measured: `${median(rest).toFixed(1)} ms`, wanted: 'at most 50 ms', ok: median(rest) <= 50 },
  ]);
}

export async function speed(): Promise<void> {
  const [interpreter, translator] = [await burnRate(false), await burnRate(true)];
  printRows('pebble’s burn, million instructions a second', [
    { what: 'interpreter', measured: interpreter.toFixed(0), wanted: 'at least 60', ok: interpreter >= 60 },
    { what: 'translator', measured: `${translator.toFixed(0)}, ${(translator / interpreter).toFixed(1)} times that`, wanted: '', ok: null },
  ]);
}

async function burnRate(translator: boolean): Promise<number> {
  const toolstack = await openMachine({ thread: true, cpus: 1, translator });
  await toolstack.create(pebble('burn', { cmdline: 'run=burn' }));
  await sleep(1500);
  const rates: number[] = [];
  for (let i = 0; i < 5; i++) {
    const before = await toolstack.domain('burn');
    await sleep(1000);
    const after = await toolstack.domain('burn');
    rates.push((1e3 * (after.retired - before.retired)) / (after.cpuTimeNs - before.cpuTimeNs));
  }
  await toolstack.halt();
  return median(rates);
}

/** CPU seconds used by a process so far (all its threads). */
async function cpuSeconds(pid: number): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function echoTimes(shell: TypedShell, keys: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < keys; i++) {
    const key = String.fromCharCode(97 + (i % 26));
    const seen = shell.sees(new RegExp(key));
    shell.type(key);
    times.push(await seen);
    await sleep(15);
    if (i % 40 === 39) {
      shell.type('\x03');
      await sleep(50);
    }
  }
  shell.type('\x03');
  return times;
}

export async function density(): Promise<void> {
  const toolstack = await openMachine({ thread: false });
  await toolstack.create(pebble('zero'));
  await firstLine(toolstack, 'zero');
  globalThis.gc?.();
  const before = process.memoryUsage();
  for (let i = 0; i < 100; i++) await toolstack.create(pebble(`p${i}`));
  for (let i = 0; i < 100; i++) await firstLine(toolstack, `p${i}`);
  globalThis.gc?.();
  const after = process.memoryUsage();
  const kib = (bytes: number): string => `${(bytes / 100 / 1024).toFixed(0)} KiB`;
  await toolstack.halt();
  printRows('100 pebbles of 4 MiB, memory for each', [
    { what: 'resident, its touched RAM included', measured: kib(after.rss - before.rss), wanted: '', ok: null },
    { what: 'JavaScript heap', measured: kib(after.heapUsed - before.heapUsed), wanted: '', ok: null },
  ]);

  using shell = new TypedShell();
  await shell.sees(/xm>/);
  shell.type('for i in 1..100 { domain "p${i}" { kernel = guest("pebble"); memory = 4; vcpus = 1 }; create "p${i}" }\r');
  await sleep(500);
  shell.type('list | count\r');
  await shell.sees(/101/, 60_000);
  await sleep(1000);
  const idle = await echoTimes(shell, 200);
  for (let i = 1; i <= 4; i++) {
    shell.type(`domain "b${i}" { kernel = guest("pebble"); memory = 4; extra = "run=burn" }; create b${i}\r`);
    await sleep(700);
  }
  const busy = await echoTimes(shell, 200);
  const line = (times: readonly number[]): string =>
    `median ${median(times).toFixed(1)} ms, 99th percentile ${percentile(times, 99).toFixed(1)} ms`;
  printRows('Key to echo in the shell', [
    { what: '100 idle pebbles', measured: line(idle), wanted: '99th at most 50 ms', ok: percentile(idle, 99) <= 50 },
    { what: '… and 4 that burn', measured: line(busy), wanted: '99th at most 50 ms', ok: percentile(busy, 99) <= 50 },
  ]);
}

export async function idleCost(): Promise<void> {
  using shell = new TypedShell();
  await shell.sees(/xm>/);
  for (let i = 0; i < 10; i++) {
    shell.type(`domain "i${i}" { kernel = guest("pebble"); memory = 4 }; create i${i}\r`);
    await sleep(300);
  }
  await sleep(3000);
  const before = await cpuSeconds(shell.pid);
  await sleep(10_000);
  const used = ((await cpuSeconds(shell.pid)) - before) / 10;
  printRows('An idle machine with 10 pebbles', [
    { what: 'of one host core', measured: `${(100 * used).toFixed(1)} %`, wanted: 'at most 3 %', ok: used <= 0.03 },
  ]);
}
