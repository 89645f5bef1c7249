/** Small tools of the benchmarks: medians, percentiles, child processes, a terminal to type at. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { spawn, type IPty } from '@lydell/node-pty';

export const ROOT: string = resolve(import.meta.dirname, '../..');
export const XM: string = resolve(ROOT, 'bin/xm');

export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))]!;
}

export const median = (values: readonly number[]): number => percentile(values, 50);

/** Median wall time of a command, ms. */
export function timeCommand(args: readonly string[], runs: number = 11): number {
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    const result = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
    times.push(performance.now() - start);
    if (result.status !== 0) throw new Error(`${args.join(' ')} ended with ${result.status}`);
  }
  return median(times);
}

export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly wanted: string;
  readonly ok: boolean | null;
}

export function printRows(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`);
  const width = Math.max(...rows.map((row) => row.what.length));
  for (const row of rows) {
    const verdict = row.ok === null ? ' ' : row.ok ? '+' : '-';
    console.log(`  ${verdict} ${row.what.padEnd(width)}  ${row.measured}${row.wanted ? `   (wanted: ${row.wanted})` : ''}`);
  }
}

/** The shell on a pseudo-terminal, as a person has it. */
export class TypedShell implements Disposable {
  readonly #pty: IPty;
  #output = '';
  #watchers = new Set<() => void>();

  constructor(args: readonly string[] = []) {
    const env = { ...process.env, TERM: 'xterm-256color', CI: 'false' } as Record<string, string>;
    this.#pty = spawn(process.execPath, [XM, ...args], { cols: 120, rows: 40, cwd: ROOT, env });
    this.#pty.onData((data) => {
      this.#output += data;
      for (const watcher of this.#watchers) watcher();
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  /** Resolves with the ms until `pattern` is in what was printed after the call. */
  async sees(pattern: RegExp, timeoutMs: number = 20_000): Promise<number> {
    const from = this.#output.length;
    const start = performance.now();
    return new Promise((done, fail) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        fail(new Error(`${pattern} did not appear; the screen had: ${JSON.stringify(this.#output.slice(-400))}`));
      }, timeoutMs);
      const look = (): void => {
        if (!pattern.test(this.#output.slice(from))) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        done(performance.now() - start);
      };
      this.#watchers.add(look);
      look();
    });
  }

  [Symbol.dispose](): void {
    this.#pty.kill('SIGKILL');
  }
}
