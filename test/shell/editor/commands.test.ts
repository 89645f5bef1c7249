import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { BINDINGS, keyLabel } from '../../../src/shell/editor/bindings.ts';
import { edit, type EditName, insert, isEditName, paste } from '../../../src/shell/editor/commands.ts';
import { EMPTY, type EditorState } from '../../../src/shell/editor/state.ts';
import { at, press, show } from './driver.ts';

const CASES: readonly (readonly [what: string, before: string, keys: readonly string[], after: string])[] = [
  ['typing inserts at the cursor', 'li<|>t', ["'s'"], 'lis<|>t'],
  ['Ctrl-A and Ctrl-E go to the ends of the line', 'one\ntwo<|>\nthree', ['ctrl+a'], 'one\n<|>two\nthree'],
  ['Home and End as well', 'one\nt<|>wo\nthree', ['end'], 'one\ntwo<|>\nthree'],
  ['moves go by graphemes', 'a👨‍👩‍👧é<|>', ['left', 'left'], 'a<|>👨‍👩‍👧é'],
  ['Backspace takes a whole grapheme', 'a👨‍👩‍👧<|>', ['backspace'], 'a<|>'],
  ['a combining mark goes with its letter', 'xe\u0301<|>', ['backspace'], 'x<|>'],
  ['Delete joins lines', 'one<|>\ntwo', ['delete'], 'one<|>two'],
  ['Alt-B and Alt-F move by words', 'create web-1.cfg<|>', ['alt+b', 'alt+b', 'alt+b'], 'create <|>web-1.cfg'],
  ['Ctrl-W takes what blanks part', 'create web-1.cfg<|>', ['ctrl+w'], 'create <|>'],
  ['Alt-Backspace takes a word', 'create web-1.cfg<|>', ['alt+backspace'], 'create web-1.<|>'],
  ['Alt-D takes the word behind', '<|>create web', ['alt+d'], '<|> web'],
  ['kills in a row are one kill', 'one two three<|>', ['ctrl+w', 'ctrl+w', 'ctrl+y'], 'one two three<|>'],
  ['a move parts them', 'one two three<|>', ['ctrl+w', 'ctrl+a', 'alt+d', 'ctrl+e', 'ctrl+y'], ' two one<|>'],
  ['Alt-Y goes back in the ring', 'one two three<|>', ['ctrl+w', 'ctrl+a', 'alt+d', 'ctrl+e', 'ctrl+y', 'alt+y'], ' two three<|>'],
  ['Ctrl-K takes the rest of the line', 'one<|> two\nthree', ['ctrl+k'], 'one<|>\nthree'],
  ['and then the line end', 'one<|>\nthree', ['ctrl+k'], 'one<|>three'],
  ['Ctrl-U takes the start of the line', 'x\none t<|>wo', ['ctrl+u'], 'x\n<|>wo'],
  ['Ctrl-T swaps', 'lsit<|>', ['left', 'left', 'ctrl+t'], 'lis<|>t'],
  ['Ctrl-T at the end swaps the last two', 'lits<|>', ['ctrl+t'], 'list<|>'],
  ['Alt-C, Alt-U and Alt-L change words', '<|>one two THREE', ['alt+c', 'alt+u', 'alt+l'], 'One TWO three<|>'],
  ['undo takes a typed word back', '', ["'list web'", 'ctrl+_'], 'list<|>'],
  ['undo and redo meet', '', ["'list web'", 'ctrl+_', 'ctrl+_', 'alt+_', 'alt+_'], 'list web<|>'],
  ['a paste is undone in one step', 'a<|>', ['"b c\nd e"', 'ctrl+_'], 'a<|>'],
  ['Alt-Enter makes a line as deep as the one before', '  x<|>', ['alt+enter'], '  x\n  <|>'],
  ['deeper inside a bracket', 'if x {<|>', ['alt+enter'], 'if x {\n  <|>'],
  ['the closing bracket steps back', 'if x {\n  <|>', ["'}'"], 'if x {\n}<|>'],
  ['Up keeps the column over short lines', 'abcd\nx\nabcd<|>', ['up', 'up'], 'abcd<|>\nx\nabcd'],
  ['wide characters count as two columns', '日本語\nabcd<|>', ['up'], '日本<|>語\nabcd'],
  ['typing replaces what is selected', 'one two<|>', ['ctrl+shift+left', "'x'"], 'one x<|>'],
  ['Backspace deletes what is selected', 'one two<|>', ['shift+home', 'backspace'], '<|>'],
];

describe('edit commands', () => {
  test.each(CASES)('%s', (_what, before, keys, after) => {
    expect(show(press(at(before), keys))).toBe(after);
  });

  test('Up recalls lines that begin with what is typed, Down comes back to it', () => {
    const context = { history: ['list', 'create a.cfg', 'list -l', 'info'], suggestion: '' };
    const typed = press(EMPTY, ["'li'"]);
    expect(press(typed, ['up'], context).text).toBe('list -l');
    expect(press(typed, ['up', 'up'], context).text).toBe('list');
    expect(press(typed, ['up', 'up', 'up'], context).text).toBe('list');
    expect(show(press(typed, ['up', 'up', 'down', 'down'], context))).toBe('li<|>');
  });

  test('inside a text of many lines Up moves first', () => {
    const context = { history: ['old'], suggestion: '' };
    expect(show(press(at('one\ntwo<|>'), ['up'], context))).toBe('one<|>\ntwo');
    expect(press(at('one\ntwo<|>'), ['up', 'ctrl+a', 'up'], context).text).toBe('old');
  });

  test('a recalled line is undone in one step, however far it was', () => {
    const context = { history: ['a', 'b', 'c'], suggestion: '' };
    expect(press(EMPTY, ['up', 'up', 'up', 'ctrl+_'], context).text).toBe('');
  });

  test('Right takes the suggestion, Alt-Right one word of it', () => {
    const context = { history: [], suggestion: ' web-1 --force' };
    expect(show(press(at('destroy<|>'), ['right'], context))).toBe('destroy web-1 --force<|>');
    expect(show(press(at('destroy<|>'), ['ctrl+e'], context))).toBe('destroy web-1 --force<|>');
    expect(show(press(at('destroy<|>'), ['alt+right'], context))).toBe('destroy web-1<|>');
    expect(show(press(at('des<|>troy'), ['right'], context))).toBe('dest<|>roy');
  });
});

test('no chord is bound twice', () => {
  const chords = BINDINGS.flatMap((binding) => binding.chords);
  expect(new Set(chords).size).toBe(chords.length);
});

test('keys are written as people write them', () => {
  expect(['ctrl+alt+b', 'f1', 'ctrl+_', 'alt+enter', 'ctrl++'].map(keyLabel)).toEqual([
    'Ctrl-Alt-B',
    'F1',
    'Ctrl-_',
    'Alt-Enter',
    'Ctrl-+',
  ]);
});

const editNames = [...new Set(BINDINGS.map(({ action }) => action))].filter((name): name is EditName => isEditName(name));
type Step = EditName | { readonly type: string } | { readonly paste: string };
const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...editNames) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }).map((type) => ({ type })) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => ({ paste: text.replace(/[xyz]/g, '\n') })) },
);
const context = { history: ['list', 'create a.cfg\n  b', '日本'], suggestion: ' more' };
const apply = (state: EditorState, step: Step): EditorState => {
  if (typeof step === 'string') return edit(state, step, context);
  return 'type' in step ? insert(state, step.type) : paste(state, step.paste);
};

property.prop([fc.array(aStep, { maxLength: 40 })])('the cursor stays inside the text and cuts no surrogate pair', (steps) => {
  let state = EMPTY;
  for (const step of steps) {
    state = apply(state, step);
    expect(state.cursor).toBeGreaterThanOrEqual(0);
    expect(state.cursor).toBeLessThanOrEqual(state.text.length);
    expect(/[\ud800-\udbff]$/.test(state.text.slice(0, state.cursor)) && /^[\udc00-\udfff]/.test(state.text.slice(state.cursor))).toBe(
      false,
    );
  }
});

property.prop([fc.array(aStep, { maxLength: 30 })])('undo leads back to the empty line, redo to where it was', (steps) => {
  const end = steps.reduce(apply, EMPTY);
  let state = end;
  while (state.undo.length > 0) state = edit(state, 'undo', context);
  expect(state.text).toBe('');
  while (state.redo.length > 0) state = edit(state, 'redo', context);
  expect(state.text).toBe(end.redo.length > 0 ? state.text : end.text);
});
