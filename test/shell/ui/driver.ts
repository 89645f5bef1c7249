/** A person at a real pseudo-terminal: types, and waits for what the screen shows. Never sleeps for a fixed time. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { build } from 'esbuild';

const PATIENCE_MS = 8000;
const LOOK_EVERY_MS = 5;

const MACHINE_THREAD = new URL('../../../src/dom0/link/machine-thread.ts', import.meta.url);

/** Bundles a program as the real one is, with the machine's thread beside it; gives the file to start. */
export async function bundle(entry: URL): Promise<{ readonly file: string; remove(): void }> {
  // Inside the checkout, so that the program finds the package that it belongs to.
  const cache = resolve(import.meta.dirname, '../../../node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'xenolith-test-'));
  await build({
    entryPoints: { main: fileURLToPath(entry), 'machine-thread': fileURLToPath(MACHINE_THREAD) },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    external: ['react-devtools-core', 'iced-x86'],
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return { file: join(folder, 'main.js'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export class Person implements Disposable {
  readonly #screen: xterm.Terminal;
  readonly #pty: IPty;
  readonly #home: string;
  /** Everything the program has written. */
  raw = '';
  exitCode: number | null = null;

  constructor(
    file: string,
    { columns = 80, rows = 24, cwd, env = {} }: { columns?: number; rows?: number; cwd?: string; env?: Record<string, string> } = {},
  ) {
    this.#home = mkdtempSync(join(tmpdir(), 'xenolith-home-'));
    this.#screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 });
    this.#pty = spawn(process.execPath, [file], {
      name: 'xterm-256color',
      cols: columns,
      rows,
      cwd: cwd ?? this.#home,
      env: { PATH: process.env['PATH'] ?? '', HOME: this.#home, TERM: 'xterm-256color', CI: 'false', ...env },
    });
    this.#pty.onData((data) => {
      this.raw += data;
      this.#screen.write(data);
    });
    this.#pty.onExit(({ exitCode }) => (this.exitCode = exitCode));
    this.#screen.onData((answer) => this.#pty.write(answer));
  }

  /** The visible screen, right-trimmed, without the blank rows at the bottom. */
  get screen(): string {
    const { active } = this.#screen.buffer;
    const lines = Array.from({ length: this.#screen.rows }, (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '');
    return lines.join('\n').trimEnd();
  }

  get cursor(): { readonly row: number; readonly column: number } {
    const { active } = this.#screen.buffer;
    return { row: active.cursorY, column: active.cursorX };
  }

  get isAlternate(): boolean {
    return this.#screen.buffer.active.type === 'alternate';
  }

  type(keys: string): this {
    this.#pty.write(keys);
    return this;
  }

  signal(name: string): void {
    this.#pty.kill(name);
  }

  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  async sees(what: string | RegExp): Promise<this> {
    await this.#until(() => (typeof what === 'string' ? this.screen.includes(what) : what.test(this.screen)), `to see ${what}`);
    return this;
  }

  async seesNot(what: string | RegExp): Promise<this> {
    await this.#until(() => (typeof what === 'string' ? !this.screen.includes(what) : !what.test(this.screen)), `not to see ${what}`);
    return this;
  }

  /** The prompt is there, empty, and the last thing on the screen. */
  async isAsked(): Promise<this> {
    await this.#until(() => /(^|\n)xm>$/.test(this.screen), 'the prompt');
    return this;
  }

  async leaves(): Promise<number> {
    await this.#until(() => this.exitCode !== null, 'the end');
    return this.exitCode!;
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`waited for ${what}, but the screen is:\n${this.screen}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  [Symbol.dispose](): void {
    if (this.exitCode === null) this.#pty.kill('SIGKILL');
    this.#screen.dispose();
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** Keys by name, as bytes. */
export const KEY = {
  enter: '\r',
  tab: '\t',
  escape: '\u001b',
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  ctrlC: '\u0003',
  ctrlD: '\u0004',
  ctrlL: '\u000c',
  ctrlR: '\u0012',
  ctrlZ: '\u001a',
  leaveConsole: '\u001d',
} as const;
