import { expect, test } from 'vitest';
import { ConsoleRing } from '../../../src/vmm/console-ring.ts';

test('what the hypervisor says is marked, line by line', () => {
  const ring = new ConsoleRing();
  ring.log('one\ntwo');
  expect(ring.read()).toBe('(XEN) one\n(XEN) two\n');
});

test('a guest’s output is printed by whole lines, without control characters', () => {
  const ring = new ConsoleRing();
  ring.guestWrite(3, 'hel');
  expect(ring.read()).toBe('');
  ring.guestWrite(3, 'lo\r\n\x1b[31mred\nrest');
  expect(ring.read()).toBe('(d3) hello\n(d3) [31mred\n');
  ring.guestGone(3);
  expect(ring.read()).toContain('(d3) rest\n');
});

test('a guest cannot make a line without end', () => {
  const ring = new ConsoleRing();
  ring.guestWrite(1, 'x'.repeat(1000));
  for (const line of ring.read().split('\n')) expect(line.length).toBeLessThan(210);
});

test('reading may clear, and news are announced', () => {
  const ring = new ConsoleRing();
  let news = 0;
  ring.onNews = () => news++;
  ring.log('a');
  ring.guestWrite(1, 'b');
  ring.guestWrite(1, '\n');
  expect(news).toBe(2);
  expect(ring.read(true)).toBe('(XEN) a\n(d1) b\n');
  expect(ring.read()).toBe('');
});

test('the oldest lines give way, and at least 16 KiB are kept', () => {
  const ring = new ConsoleRing();
  for (let i = 0; i < 20_000; i++) ring.log(`line ${i}`);
  const text = ring.read();
  expect(text).toContain('line 19999\n');
  expect(text).not.toContain('line 1000\n');
  expect(text.length).toBeGreaterThan(16 * 1024);
  expect(text.length).toBeLessThan(80 * 1024);
});
