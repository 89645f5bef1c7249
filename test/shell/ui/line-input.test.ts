import { describe, expect, test } from 'vitest';
import { createHistorySearch } from '../../../src/shell/editor/history-search.ts';
import type { Offer } from '../../../src/shell/editor/menu.ts';
import { createDecoder } from '../../../src/shell/term/decoder.ts';
import { type Intent, LineInput } from '../../../src/shell/ui/line-input.ts';
import { show } from '../editor/driver.ts';

const ITEMS = ['console', 'create', 'list'];

function setUp(history: string[] = []): { input: LineInput; type: (keys: string) => Promise<Intent[]> } {
  const input = new LineInput({
    history: () => history,
    isComplete: (text) => !text.includes('{') || text.includes('}'),
    complete(text, offset): Promise<Offer> {
      const start = text.lastIndexOf(' ', offset - 1) + 1;
      const items = ITEMS.filter((item) => item.startsWith(text.slice(start, offset))).map((text) => ({
        text,
        detail: '',
        kind: 'command',
        append: ' ',
      }));
      return Promise.resolve({ start, end: offset, items });
    },
    openSearch: (lines) => Promise.resolve(createHistorySearch(lines)),
    changed: () => undefined,
  });
  const decoder = createDecoder();
  const type = async (keys: string): Promise<Intent[]> => {
    const events = [...decoder.feed(new TextEncoder().encode(keys)), ...decoder.flush()];
    const intents = events.map((event) => input.key(event)).filter((intent) => intent !== null);
    await new Promise((resolve) => setImmediate(resolve));
    return intents;
  };
  return { input, type };
}

const TAB = '\t';
const ESCAPE = '\u001b';

describe('the line', () => {
  test('Enter submits and begins a new line', async () => {
    const { input, type } = setUp();
    expect(await type('list\r')).toEqual([{ do: 'submit', line: 'list' }]);
    expect(input.editor.text).toBe('');
  });

  test('Enter continues what is not complete', async () => {
    const { input, type } = setUp();
    expect(await type('if x {\r')).toEqual([]);
    expect(show(input.editor)).toBe('if x {\n  <|>');
    expect(await type('list\r}\r')).toEqual([{ do: 'submit', line: 'if x {\n  list\n}' }]);
  });

  test('a paste never runs by itself', async () => {
    const { input, type } = setUp();
    expect(await type('\u001b[200~list\ninfo\n\u001b[201~')).toEqual([]);
    expect(input.editor.text).toBe('list\ninfo\n');
  });

  test('? at the start asks for help, elsewhere it is a character', async () => {
    const { input, type } = setUp();
    expect(await type('?')).toEqual([{ do: 'help', command: null }]);
    await type('x?');
    expect(input.editor.text).toBe('x?');
  });

  test('F1 asks for help on the command that is typed', async () => {
    const { type } = setUp();
    expect(await type('xl destroy web\u001bOP')).toEqual([{ do: 'help', command: 'destroy' }]);
  });

  test('Ctrl-D leaves at an empty line, and deletes in another', async () => {
    const { input, type } = setUp();
    expect(await type('ab\u0001\u0004')).toEqual([]);
    expect(input.editor.text).toBe('b');
    expect(await type('\u0004\u0004')).toEqual([{ do: 'leave' }]);
  });
});

describe('the completion menu', () => {
  test('Tab opens it, Tab chooses, Enter takes without running', async () => {
    const { input, type } = setUp();
    await type(`c${TAB}`);
    expect(input.mode.kind).toBe('menu');
    await type(TAB);
    expect(input.editor.text).toBe('console');
    expect(await type('\r')).toEqual([]);
    expect(show(input.editor)).toBe('console <|>');
  });

  test('Escape puts the line back', async () => {
    const { input, type } = setUp();
    await type(`c${TAB}`);
    await type(TAB + TAB);
    expect(input.editor.text).toBe('create');
    await type(ESCAPE);
    expect(show(input.editor)).toBe('c<|>');
    expect(input.mode.kind).toBe('edit');
  });

  test('typing on keeps the choice and closes it', async () => {
    const { input, type } = setUp();
    await type(`c${TAB}`);
    await type(`${TAB} x`);
    expect(show(input.editor)).toBe('console x<|>');
    expect(input.mode.kind).toBe('edit');
  });

  test('Enter with nothing chosen runs the line', async () => {
    const { type } = setUp();
    await type(`c${TAB}`);
    expect(await type('\r')).toEqual([{ do: 'submit', line: 'c' }]);
  });

  test('an answer that comes after another key is dropped', async () => {
    const { input, type } = setUp();
    await type(`l${TAB}x`);
    expect(input.editor.text).toBe('lx');
  });
});

describe('the history search', () => {
  const history = ['list', 'create web.cfg', 'create db.cfg', 'info'];

  test('Ctrl-R lists the newest first, typing narrows, Enter puts', async () => {
    const { input, type } = setUp(history);
    await type('\u0012');
    expect(input.mode.kind === 'search' && input.mode.search.found.map(({ line }) => line)).toEqual([
      'info',
      'create db.cfg',
      'create web.cfg',
      'list',
    ]);
    await type('cre');
    await type('\u0012');
    expect(await type('\r')).toEqual([]);
    expect(input.editor.text).toBe('create web.cfg');
  });

  test('Escape leaves the line as it was', async () => {
    const { input, type } = setUp(history);
    await type('lis\u0012');
    await type('zzz');
    await type(ESCAPE);
    expect(show(input.editor)).toBe('lis<|>');
  });
});
