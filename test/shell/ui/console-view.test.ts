import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openTerminal, type TerminalOutput } from '../../../src/shell/term/terminal.ts';
import { showConsole } from '../../../src/shell/ui/console-view.ts';
import { echoConsole } from './fakes.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settled();
}

function setUp(): { stdin: PassThrough; stdout: PassThrough & TerminalOutput; seen: () => string } {
  const stdin = new PassThrough();
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  let seen = '';
  stdout.on('data', (chunk: Buffer) => (seen += chunk.toString('latin1')));
  return { stdin, stdout, seen: () => seen };
}

test('keys reach the guest byte for byte, and Ctrl-] leaves', async () => {
  const { stdin, stdout, seen } = setUp();
  using terminal = openTerminal({ stdin, stdout, env: { TERM: 'dumb' } });
  const keys: string[] = [];
  terminal.focus({ kind: 'keys', key: (event) => keys.push(event.kind === 'key' ? event.chord : event.kind) });
  const stream = echoConsole('past\r\n');
  const view = showConsole(terminal, stream, 'web');
  await until(() => seen().includes('past'));
  stdin.write(Buffer.from([0xff, 0x00, 0x1b, 0x5b, 0x41, 0x03, 0x1a]));
  await until(() => stream.received.length === 7);
  stdin.write(Buffer.from([0x78, 0x1d, 0x6c]));
  expect(await view).toBe('detached');
  expect(stream.received).toEqual([0xff, 0x00, 0x1b, 0x5b, 0x41, 0x03, 0x1a, 0x78]);
  expect(keys).toEqual(['l']);
});

test('the guest’s bytes come through as they are, and the terminal is tamed afterwards', async () => {
  const { stdin, stdout, seen } = setUp();
  using terminal = openTerminal({ stdin, stdout, env: { TERM: 'dumb' } });
  const stream = echoConsole('\u001b[31m\u001b[?25l\u0080\u009bred');
  const view = showConsole(terminal, stream, 'web');
  await until(() => seen().includes('red'));
  stdin.write('\u001d');
  await view;
  const text = seen();
  expect(text).toContain('\u001b[31m\u001b[?25l');
  const after = text.slice(text.indexOf('red') + 3);
  expect(after).toMatch(/^\r\n/);
  expect(after).toContain('\u001b[0m');
  expect(after).toContain('\u001b[?25h');
  expect(after).toContain('\u001b[?2004h');
});

test('it says so when the guest ends', async () => {
  const { stdin, stdout, seen } = setUp();
  using terminal = openTerminal({ stdin, stdout, env: { TERM: 'dumb' } });
  const view = showConsole(terminal, echoConsole('login: '), 'web');
  await until(() => seen().includes('login'));
  stdin.write('bye\r');
  expect(await view).toBe('domain-gone');
  await until(() => seen().includes('web has ended'));
});

test('a guest that left the alternate screen on gets it switched off', async () => {
  const { stdin, stdout, seen } = setUp();
  using terminal = openTerminal({ stdin, stdout, env: { TERM: 'dumb' } });
  const view = showConsole(terminal, echoConsole('\u001b[?1049h\u001b[5;5Heditor'), 'web');
  await until(() => seen().includes('editor'));
  stdin.write('\u001d');
  await view;
  expect(seen()).toContain('\u001b[?1049l');
});

test('what stood on the screen goes up into the scrollback before the guest clears it, once', async () => {
  const { stdin, stdout, seen } = setUp();
  using terminal = openTerminal({ stdin, stdout, env: { TERM: 'dumb' } });
  const view = showConsole(terminal, echoConsole('\u001b[H\u001b[Jmenu\u001b[2Jagain'), 'web');
  await until(() => seen().includes('again'));
  stdin.write('\u001d');
  await view;
  expect(seen()).toContain(`\r\n\u001b[?2004l${'\r\n'.repeat(23)}\u001b[H\u001b[Jmenu`);
  expect(seen()).toContain('again\r\n\u001b[J');
});
