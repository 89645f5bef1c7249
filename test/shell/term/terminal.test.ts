import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openTerminal, type TerminalInput, type TerminalOutput } from '../../../src/shell/term/terminal.ts';

function fakes(): { stdin: TerminalInput & PassThrough; stdout: TerminalOutput & PassThrough; raw: boolean[]; written: () => string } {
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) });
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  let written = '';
  stdout.on('data', (chunk: Buffer) => (written += chunk.toString()));
  return { stdin, stdout, raw, written: () => written };
}

const count = (): number => ['exit', 'SIGTSTP', 'SIGINT', 'SIGTERM', 'SIGHUP'].reduce((sum, name) => sum + process.listenerCount(name), 0);

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('it takes raw mode and bracketed paste, and gives both back', async () => {
  const { stdin, stdout, raw, written } = fakes();
  {
    using terminal = openTerminal({ stdin, stdout, env: { TERM: 'xterm-256color' } });
    expect(terminal.depth).toBe('rich');
    expect(raw).toEqual([true]);
  }
  await settled();
  expect(raw).toEqual([true, false]);
  expect(written()).toBe('\u001b[?2004h\u001b[?2004l\u001b[0m\u001b[?25h');
});

test('it leaves no listener behind', () => {
  const { stdin, stdout } = fakes();
  const before = count();
  const terminal = openTerminal({ stdin, stdout });
  expect(count()).toBe(before + 5);
  terminal[Symbol.dispose]();
  expect(count()).toBe(before);
});

test('keys go to who has the focus, and wait while nobody has', async () => {
  const { stdin, stdout } = fakes();
  using terminal = openTerminal({ stdin, stdout });
  const seen: string[] = [];
  stdin.write('ab');
  await settled();
  const below = terminal.focus({ kind: 'keys', key: (event) => seen.push(event.kind === 'key' ? `1${event.chord}` : event.kind) });
  const above = terminal.focus({ kind: 'keys', key: (event) => seen.push(event.kind === 'key' ? `2${event.chord}` : event.kind) });
  stdin.write('c');
  await settled();
  above[Symbol.dispose]();
  stdin.write('d');
  await settled();
  below[Symbol.dispose]();
  expect(seen).toEqual(['1a', '1b', '2c', '1d']);
});

test('bytes that a byte target does not take go to the next in line', async () => {
  const { stdin, stdout } = fakes();
  using terminal = openTerminal({ stdin, stdout });
  const keys: string[] = [];
  const raw: string[] = [];
  terminal.focus({ kind: 'keys', key: (event) => keys.push(event.kind === 'key' ? event.chord : event.kind) });
  const console = terminal.focus({
    kind: 'bytes',
    bytes(chunk) {
      const leave = chunk.indexOf(0x1d);
      raw.push(Buffer.from(leave < 0 ? chunk : chunk.subarray(0, leave)).toString('latin1'));
      if (leave < 0) return undefined;
      console[Symbol.dispose]();
      return leave + 1;
    },
  });
  stdin.write(Buffer.from([0xff, 0x1b, 0x5b, 0x41, 0x1d, 0x6c, 0x73]));
  await settled();
  expect(raw).toEqual(['\u00ff\u001b[A']);
  expect(keys).toEqual(['l', 's']);
});

test('a lone escape becomes the Escape key by itself', async () => {
  const { stdin, stdout } = fakes();
  using terminal = openTerminal({ stdin, stdout });
  const key = new Promise<string>((resolve) => {
    terminal.focus({ kind: 'keys', key: (event) => resolve(event.kind === 'key' ? event.chord : event.kind) });
  });
  stdin.write('\u001b');
  expect(await key).toBe('escape');
});

test('the end of the input and a broken output are told once', async () => {
  const { stdin, stdout } = fakes();
  using terminal = openTerminal({ stdin, stdout });
  const why: string[] = [];
  terminal.onClosed((reason) => why.push(reason));
  stdin.end();
  await settled();
  await settled();
  stdout.emit('error', new Error('EPIPE'));
  expect(why).toEqual(['input-ended']);
});
