import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { ConsoleLog } from '../../../src/dom0/console/console-log.ts';
import { ConsoleReader } from '../../../src/dom0/console/console-reader.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const text = (part: Uint8Array): string => Buffer.from(part).toString('latin1');

property.prop([
  fc.array(fc.string({ unit: 'binary-ascii', maxLength: 40 }), { maxLength: 60 }),
  fc.integer({ min: 1, max: 200 }),
  fc.nat({ max: 2000 }),
])('a log keeps the last bytes, whatever the pieces they came in', (pieces, keeps, place) => {
  const log = new ConsoleLog(keeps);
  for (const piece of pieces) log.append(bytes(piece));
  const all = pieces.join('');
  expect(log.end).toBe(all.length);
  const from = Math.min(all.length, Math.max(place, all.length - keeps));
  expect(text(log.read(Math.min(place, all.length)))).toBe(all.slice(from));
});

test('a log grows as it needs, up to what it keeps', () => {
  const log = new ConsoleLog(100_000);
  const all = Array.from({ length: 30_000 }, (_, i) => `line ${i}\n`).join('');
  for (let at = 0; at < all.length; at += 777) log.append(bytes(all.slice(at, at + 777)));
  expect(text(log.read(0))).toBe(all.slice(-100_000));
});

describe('a reader', () => {
  test('gets what was there, then what comes, then the end', async () => {
    const log = new ConsoleLog();
    log.append(bytes('past '));
    const reader = new ConsoleReader(log, 0);
    expect(text((await reader.next()).value!)).toBe('past ');
    const next = reader.next();
    log.append(bytes('new'));
    expect(text((await next).value!)).toBe('new');
    log.append(bytes('last'));
    log.close();
    expect(text((await reader.next()).value!)).toBe('last');
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });

  test('that is slow loses the oldest only', async () => {
    const log = new ConsoleLog(10);
    const reader = new ConsoleReader(log, 0);
    for (const digit of '0123456789abcdef') log.append(bytes(digit));
    expect(text((await reader.next()).value!)).toBe('6789abcdef');
  });

  test('that is ended while it waits gets the end; others wait on', async () => {
    const log = new ConsoleLog();
    const [one, other] = [new ConsoleReader(log, 0), new ConsoleReader(log, 0)];
    const [first, second] = [one.next(), other.next()];
    one.end();
    expect(await first).toEqual({ done: true, value: undefined });
    log.append(bytes('x'));
    expect(text((await second).value!)).toBe('x');
  });
});
