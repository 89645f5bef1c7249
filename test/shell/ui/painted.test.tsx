import { render } from 'ink-testing-library';
import { expect, test } from 'vitest';
import { run } from '../../../src/shell/term/style.ts';
import { Painted } from '../../../src/shell/ui/painted.tsx';

test('rows are painted as they are, blank ones keep their place', () => {
  const frame = { rows: [[run('one', 'error'), run(' two')], [], [run('three')]], cursor: null };
  const { lastFrame } = render(<Painted frame={frame} depth="basic" />);
  expect(lastFrame()).toBe('\u001b[31mone\u001b[39m two\n\nthree');
});

test('without colour there is none', () => {
  const { lastFrame } = render(<Painted frame={{ rows: [[run('one', 'error')]], cursor: null }} depth="none" />);
  expect(lastFrame()).toBe('one');
});

test('a row wider than the screen is cut, never wrapped', () => {
  const { lastFrame } = render(<Painted frame={{ rows: [[run('x'.repeat(200))]], cursor: null }} depth="none" />);
  expect(lastFrame()!.split('\n')).toHaveLength(1);
});
