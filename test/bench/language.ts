/** How fast the language is: large generated configurations, the parser's construction, completion in a long script. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { checkConfig, complete, diagnose, evaluateConfig, parse } from '../../src/lang/index.ts';
import { commandSignatures } from '../../src/shell/host/script-host.ts';
import { median, percentile, printRows, ROOT } from './measure.ts';

const MEGABYTE = 1e6;

/** As a generator would write it: many settings of every kind, some comments. */
function largeConfig(bytes: number): string {
  const lines = ['name = "generated"', 'kernel = "/boot/vmlinuz"', 'memory = 256'];
  let length = 0;
  for (let at = 0; length < bytes; at++) {
    const disks = Array.from(
      { length: 8 },
      (_, disk) => `  'format=raw,vdev=xvd${'abcdefgh'[disk]}${at % 10},access=rw,target=/srv/guest-${at}/disk-${disk}.img',`,
    );
    const block = [
      `# guest ${at}`,
      `disk = [`,
      ...disks,
      ']',
      `vif = [ 'mac=00:16:3e:${hex(at >> 8)}:${hex(at)}:01,bridge=xenbr0' ]`,
      `extra = "root=/dev/xvda1 ro id=${at}"`,
      `vcpus = ${(at % 8) + 1}`,
    ];
    lines.push(...block);
    length += block.join('\n').length;
  }
  return `${lines.join('\n')}\n`;
}

const hex = (value: number): string => (value & 0xff).toString(16).padStart(2, '0');

function longScript(lines: number): string {
  const text = ['let guests = []'];
  for (let at = 0; text.length < lines; at++) {
    text.push(
      `domain "web-${at}" { kernel = guest("pebble"); memory = ${(at % 8) + 4}MiB; vcpus = 2 }`,
      `create "web-${at}" --paused`,
      `let share_${at} = domain("web-${at}").cpu_time / 10s`,
      `if share_${at} > 50% { list | where mem > 8MiB | sort by time desc | first 3 }`,
      `guests += "web-${at}"`,
    );
  }
  return `${text.join('\n')}\n`;
}

/** Megabytes a second, the best of some runs after warm-up. */
function rate(text: string, work: (text: string) => unknown): number {
  let best = Infinity;
  for (let run = 0; run < 8; run++) {
    const start = performance.now();
    work(text);
    if (run > 2) best = Math.min(best, performance.now() - start);
  }
  return text.length / MEGABYTE / (best / 1000);
}

function constructionMs(): number {
  const script = `const { parse } = await import('./src/lang/index.ts'); const start = performance.now(); parse('name = "x"', 'x.cfg'); console.log(performance.now() - start);`;
  const times = Array.from({ length: 7 }, () =>
    Number(spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: resolve(ROOT), encoding: 'utf8' }).stdout),
  );
  return median(times);
}

const PROMPTS = ['cre', 'create web', 'list | wh', 'domain("web-1").cp', 'let x = ab', 'domain "x" { mem', 'destroy '];

async function completionMs(): Promise<number> {
  const script = longScript(2000);
  const commands = commandSignatures();
  const domains = Array.from({ length: 400 }, (_, at) => ({ name: `web-${at}`, detail: 'running' }));
  const context = { commands, domains: () => domains };
  const times: number[] = [];
  for (let run = 0; run < 40; run++) {
    for (const prompt of PROMPTS) {
      const text = `${script}${prompt}`;
      const start = performance.now();
      await complete(text, text.length, context);
      if (run > 3) times.push(performance.now() - start);
    }
  }
  return percentile(times, 99);
}

const GARBAGE = ['"abc\n', '"${', '[', '{\n', '= = =\n', 'x = 1 + ', 'if ', '(a=>', '{a:', '/a', 'def f():\n', 'x | '];
/** The slowest of megabytes of nonsense, each at its best of three. */
function refusalMs(): number {
  const times = GARBAGE.map((piece) => {
    const text = `let x = ${piece.repeat(2 ** 20 / piece.length)}`;
    return 1000 / (rate(text, (garbage) => diagnose(parse(garbage, 'x.xm'))) / (text.length / MEGABYTE));
  });
  return Math.max(...times);
}

export async function language(): Promise<void> {
  const config = largeConfig(MEGABYTE);
  const parsing = rate(config, (text) => parse(text, 'x.cfg'));
  const checking = rate(config, (text) => checkConfig(evaluateConfig(text, 'x.cfg').config));
  const script = longScript(20_000);
  const scripts = rate(script, (text) => parse(text, 'x.xm'));
  const built = constructionMs();
  const completion = await completionMs();
  const refusal = refusalMs();
  const speed = (value: number): string => `${value.toFixed(1)} MB/s`;
  printRows('The language', [
    { what: 'parsing a configuration of 1 MB', measured: speed(parsing), wanted: '', ok: null },
    { what: 'parsing, evaluating and checking it', measured: speed(checking), wanted: 'at least 5 MB/s', ok: checking >= 5 },
    { what: 'parsing a script of 20,000 lines', measured: speed(scripts), wanted: '', ok: null },
    { what: 'a megabyte of garbage, the worst kind', measured: `${refusal.toFixed(0)} ms`, wanted: 'under 1000 ms', ok: refusal < 1000 },
    { what: 'first parse: lexer and parser are built', measured: `${built.toFixed(0)} ms`, wanted: 'under 40 ms', ok: built < 40 },
    {
      what: 'completion in a script of 2,000 lines, 99th percentile',
      measured: `${completion.toFixed(1)} ms`,
      wanted: 'under 10 ms',
      ok: completion < 10,
    },
  ]);
}
