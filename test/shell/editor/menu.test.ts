import { expect, test } from 'vitest';
import { type MenuItem, openMenu, step, take } from '../../../src/shell/editor/menu.ts';
import { edit } from '../../../src/shell/editor/commands.ts';
import { at, show } from './driver.ts';

const item = (text: string, append = ' '): MenuItem => ({ text, detail: '', kind: 'command', append });

test('a single item is taken at once, with what follows it', () => {
  const opened = openMenu(at('des<|>'), { start: 0, end: 3, items: [item('destroy')] });
  expect(show(opened.state)).toBe('destroy <|>');
  expect(opened.menu).toBeNull();
});

test('several items first fill in what they share', () => {
  const opened = openMenu(at('s<|>'), { start: 0, end: 1, items: [item('sched-credit'), item('sched-rtds')] });
  expect(show(opened.state)).toBe('sched-<|>');
  expect(opened.menu?.items).toHaveLength(2);
});

test('Tab goes round, Shift-Tab goes back, the line shows the choice', () => {
  const opened = openMenu(at('x <|> y'), { start: 2, end: 2, items: [item('one'), item('two')] });
  const first = step(opened.menu!, 1);
  expect(show(first.state)).toBe('x one<|> y');
  const second = step(first.menu, 1);
  expect(show(second.state)).toBe('x two<|> y');
  expect(show(step(second.menu, 1).state)).toBe('x one<|> y');
  expect(show(step(opened.menu!, -1).state)).toBe('x two<|> y');
});

test('taking adds what the item wants behind it, not twice, and undo takes it all back', () => {
  const opened = openMenu(at('<|>'), { start: 0, end: 0, items: [item('one'), item('two')] });
  const chosen = step(opened.menu!, 1);
  const taken = take(chosen.menu, chosen.state);
  expect(show(taken)).toBe('one <|>');
  expect(edit(taken, 'undo', { history: [], suggestion: '' }).text).toBe('');
  const between = openMenu(at('x <|> y'), { start: 2, end: 2, items: [item('one'), item('two')] });
  const there = step(between.menu!, 1);
  expect(show(take(there.menu, there.state))).toBe('x one<|> y');
});
