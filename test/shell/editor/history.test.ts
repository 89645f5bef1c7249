import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHistory, type History } from '../../../src/shell/editor/history.ts';
import { createHistorySearch } from '../../../src/shell/editor/history-search.ts';
import { historyFile, openHistoryStore } from '../../../src/shell/editor/history-store.ts';
import { suggestion } from '../../../src/shell/editor/suggest.ts';
import { at } from './driver.ts';

const FACTS = { folder: '/', exitCode: 0, durationMs: 1 };

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'xenolith-history-'));
  file = join(folder, 'deep', 'history.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const onDisk = (): History => createHistory(() => openHistoryStore(file));

describe('history', () => {
  test('is there in the next shell, each line once, the newest last', async () => {
    {
      using history = onDisk();
      expect(await history.load()).toBeNull();
      for (const line of ['list', 'info', 'list']) history.add(line, FACTS);
      expect(history.lines).toEqual(['info', 'list']);
    }
    using history = onDisk();
    await history.load();
    expect(history.lines).toEqual(['info', 'list']);
  });

  test('keeps what was run before it was read', async () => {
    {
      using history = onDisk();
      await history.load();
      history.add('old', FACTS);
    }
    {
      using history = onDisk();
      history.add('new', FACTS);
      expect(history.lines).toEqual(['new']);
      await history.load();
      expect(history.lines).toEqual(['old', 'new']);
    }
    using history = onDisk();
    await history.load();
    expect(history.lines).toEqual(['old', 'new']);
  });

  test('leaves out lines that begin with a blank', async () => {
    using history = createHistory(null);
    await history.load();
    history.add(' secret', FACTS);
    history.add('   ', FACTS);
    expect(history.lines).toEqual([]);
  });

  test('says so once and goes on when the disk refuses', async () => {
    writeFileSync(join(folder, 'deep'), 'a file where a folder should be');
    using history = onDisk();
    history.add('first', FACTS);
    expect(await history.load()).toMatch(/^history is not kept: /);
    expect(history.add('second', FACTS)).toBeNull();
    expect(history.lines).toEqual(['first', 'second']);
  });

  test('puts a damaged file aside and starts anew', async () => {
    await openHistoryStore(file).then((store) => store.close());
    writeFileSync(file, 'this is not a database, and it is long enough to be looked at as one'.repeat(40));
    using history = onDisk();
    expect(await history.load()).toContain('damaged');
    expect(existsSync(`${file}.damaged`)).toBe(true);
    history.add('list', FACTS);
    expect(history.lines).toEqual(['list']);
  });

  test('lives where XDG says', () => {
    expect(historyFile({ XDG_STATE_HOME: '/s' })).toBe('/s/xenolith/history.db');
    expect(historyFile({ HOME: '/home/a' })).toBe('/home/a/.local/state/xenolith/history.db');
  });
});

test('the fuzzy search shows the newest first and says what matched', () => {
  const search = createHistorySearch(['create web.cfg', 'list', 'create db.cfg']);
  expect(search.find('', 2).map(({ line }) => line)).toEqual(['create db.cfg', 'list']);
  const [best] = search.find('cdb', 5);
  expect(best!.line).toBe('create db.cfg');
  expect([...best!.positions].toSorted((a, b) => a - b).map((place) => best!.line[place])).toEqual(['c', 'd', 'b']);
});

test('a suggestion is the rest of the newest line that begins so', () => {
  const lines = ['list -l', 'list --verbose', 'info'];
  expect(suggestion(at('list<|>'), lines)).toBe(' --verbose');
  expect(suggestion(at('li<|>st'), lines)).toBe('');
  expect(suggestion(at('<|>'), lines)).toBe('');
});
