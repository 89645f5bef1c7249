import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { colourDepth } from '../../../src/shell/term/colour.ts';
import { sanitize } from '../../../src/shell/term/sanitize.ts';
import { fitLine, lineWidth, padLine, paint, plainText, run } from '../../../src/shell/term/style.ts';
import { cutToWidth, displayWidth } from '../../../src/shell/term/width.ts';

test('FORCE_COLOR wins over NO_COLOR, and NO_COLOR over the terminal', () => {
  expect(colourDepth({ FORCE_COLOR: '3', NO_COLOR: '1', TERM: 'dumb' })).toBe('rich');
  expect(colourDepth({ FORCE_COLOR: '0', TERM: 'xterm-256color' })).toBe('none');
  expect(colourDepth({ NO_COLOR: '1', TERM: 'xterm-256color' })).toBe('none');
  expect(colourDepth({ NO_COLOR: '', TERM: 'xterm-256color' })).toBe('rich');
  expect(colourDepth({ TERM: 'dumb' })).toBe('none');
  expect(colourDepth({ TERM: 'linux' })).toBe('basic');
});

test('without colour only reverse, bold and underline remain', () => {
  expect(paint([run('a', 'error'), run('b', 'selection')], 'none')).toBe('a\u001b[7mb\u001b[0m');
  expect(paint([run('a', 'error')], 'basic')).toBe('\u001b[31ma\u001b[0m');
});

property.prop([fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { maxLength: 4 }), fc.nat(40)])(
  'a fitted line is never wider than asked',
  (texts, columns) => {
    const line = texts.map((text) => run(sanitize(text).replace(/[\n\t]/g, ' ')));
    expect(lineWidth(fitLine(line, columns))).toBeLessThanOrEqual(columns);
    expect(displayWidth(cutToWidth(plainText(line), columns))).toBeLessThanOrEqual(columns);
  },
);

test('a cut line ends in an ellipsis', () => {
  expect(plainText(fitLine([run('hello '), run('world')], 8))).toBe('hello w…');
  expect(plainText(fitLine([run('日本語')], 4))).toBe('日…');
});

test('a bar is filled to the edge', () => {
  expect(plainText(padLine([run('ab')], 5, 'bar'))).toBe('ab   ');
});

test('a guest cannot steer the terminal through text, but colours pass', () => {
  expect(sanitize('a\u001b[2Jb\u0007\u001b[31mred\u001b[0m\r\nc\td\u009b')).toBe('a␛[2Jb␇\u001b[31mred\u001b[0m\nc\td\ufffd');
});
