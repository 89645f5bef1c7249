import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { GuestConsole } from '../../../src/dom0/console/guest-console.ts';
import { CONSOLE_IN_SIZE, CONSOLE_OUT_SIZE, CONSOLE_RING } from '../../../src/vmm/abi/console-ring.ts';

interface Guest {
  readonly page: Uint8Array;
  readonly console: GuestConsole;
  readonly notified: () => number;
  get(index: number): number;
  set(index: number, value: number): void;
  /** As much as there is room for; answers how much. */
  print(text: string): number;
  keys(most?: number): string;
  printed(): string;
}

function guest(start = 0): Guest {
  const page = new Uint8Array(4096);
  const view = new DataView(page.buffer);
  const get = (index: number): number => view.getUint32(index, true);
  const set = (index: number, value: number): void => view.setUint32(index, value >>> 0, true);
  for (const index of [CONSOLE_RING.inCons, CONSOLE_RING.inProd, CONSOLE_RING.outCons, CONSOLE_RING.outProd]) set(index, start);
  let count = 0;
  const console = new GuestConsole(1, 'g', page, () => count++);
  return {
    page,
    console,
    get,
    set,
    notified: () => count,
    print(text) {
      const prod = get(CONSOLE_RING.outProd);
      const room = CONSOLE_OUT_SIZE - ((prod - get(CONSOLE_RING.outCons)) >>> 0);
      const bytes = Buffer.from(text, 'latin1').subarray(0, room);
      bytes.forEach((byte, i) => (page[CONSOLE_RING.out + (((prod + i) >>> 0) % CONSOLE_OUT_SIZE)] = byte));
      set(CONSOLE_RING.outProd, prod + bytes.length);
      return bytes.length;
    },
    keys(most = Infinity) {
      const cons = get(CONSOLE_RING.inCons);
      const length = Math.min(most, (get(CONSOLE_RING.inProd) - cons) >>> 0);
      const bytes = Array.from({ length }, (_, i) => page[CONSOLE_RING.in + (((cons + i) >>> 0) % CONSOLE_IN_SIZE)]!);
      set(CONSOLE_RING.inCons, cons + length);
      return Buffer.from(bytes).toString('latin1');
    },
    printed: () => Buffer.from(console.log.read(0)).toString('latin1'),
  };
}

test('what the guest prints is kept, and the guest is told of the room', () => {
  const g = guest();
  g.print('hello\r\n');
  g.console.service();
  expect(g.printed()).toBe('hello\r\n');
  expect(g.notified()).toBe(1);
  g.console.service();
  expect(g.notified()).toBe(1);
});

test('rings go round, past the end of the buffer and of 32 bits', async () => {
  const g = guest(0xffffff00);
  let all = '';
  for (let i = 0; i < 500; i++) {
    const line = `this is line ${i}\n`;
    g.print(line);
    g.console.service();
    all += line;
    await g.console.write(Buffer.from(`key ${i};`));
    expect(g.keys()).toBe(`key ${i};`);
  }
  expect(g.printed()).toBe(all);
});

test('keys wait until the guest has room for them', async () => {
  const g = guest();
  const keys = Array.from({ length: 5000 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');
  let done = false;
  const writing = g.console.write(Buffer.from(keys)).then(() => (done = true));
  const after = g.console.write(Buffer.from('!'));
  let got = g.keys();
  expect(got).toHaveLength(CONSOLE_IN_SIZE);
  await Promise.resolve();
  expect(done).toBe(false);
  while (got.length < keys.length + 1) {
    g.console.service();
    got += g.keys(300);
  }
  await writing;
  await after;
  expect(got).toBe(`${keys}!`);
});

test('what was printed last is kept when the guest goes; keys that wait are refused', async () => {
  const g = guest();
  const waiting = g.console.write(new Uint8Array(5000));
  g.print('the end');
  g.console.end();
  expect(g.printed()).toBe('the end');
  expect(g.console.log.closed).toBe(true);
  await expect(waiting).rejects.toMatchObject({ code: 'wrong-state' });
  await expect(g.console.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'wrong-state' });
});

property.prop([
  fc.array(fc.tuple(fc.constantFrom(...Object.values(CONSOLE_RING).slice(2)), fc.nat({ max: 0xffffffff })), { maxLength: 30 }),
])('indices out of range are lived with, and the console works when they make sense again', (pokes) => {
  const g = guest();
  void g.console.write(Buffer.from('keys')).catch(() => undefined);
  for (const [index, value] of pokes) {
    g.set(index, value);
    g.console.service();
  }
  // A guest that behaves again: both see the ring as empty.
  g.console.service();
  g.set(CONSOLE_RING.outCons, g.get(CONSOLE_RING.outProd));
  const before = g.console.log.end;
  g.print('sane again');
  g.console.service();
  expect(Buffer.from(g.console.log.read(before)).toString('latin1')).toContain('sane again');
  g.console.end();
});
