/** An editor asks, `bin/xm lsp` answers: every feature once, over stdio. What is answered in which case is tested in test/lang/services. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type {
  CodeAction,
  CompletionItem,
  CompletionList,
  DocumentSymbol,
  FoldingRange,
  Hover,
  Location,
  SemanticTokens,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver/node';
import { CAPABILITIES, openEditor, type Editor } from './client.ts';

let editor: Editor;
const folder = mkdtempSync(join(tmpdir(), 'xm-lsp-'));
const uriOf = (name: string): string => pathToFileURL(join(folder, name)).href;

beforeAll(async () => {
  editor = await openEditor(CAPABILITIES, pathToFileURL(folder).href);
});
afterAll(async () => {
  await editor[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

let count = 0;
/** Opens the text and asks about the cursor ‸ in it. */
async function ask<Answer>(method: string, text: string, more: object = {}, name = `text${count++}.xm`): Promise<Answer> {
  const uri = uriOf(name);
  const position = await editor.open(uri, text);
  return await editor.connection.sendRequest<Answer>(`textDocument/${method}`, { textDocument: { uri }, position, ...more });
}

const place = (line: number, start: number, end: number): object => ({ start: { line, character: start }, end: { line, character: end } });

test('it says what it can do', () => {
  expect(editor.server).toMatchObject({
    serverInfo: { name: 'xm' },
    capabilities: {
      positionEncoding: 'utf-16',
      textDocumentSync: { change: 2 },
      renameProvider: { prepareProvider: true },
      hoverProvider: true,
    },
  });
  expect(editor.server.capabilities.diagnosticProvider).toBeUndefined();
});

test('diagnostics come when a text is opened, when it changes, and go when it is closed', async () => {
  const uri = uriOf('a.xm');
  await editor.open(uri, 'domain d { memroy = 4 }\nlet x = 1\n');
  expect(await editor.diagnostics(uri)).toEqual([
    { range: place(0, 11, 17), severity: 1, code: 'XM1042', source: 'xm', message: "unknown key 'memroy'\ndid you mean 'memory'?" },
  ]);
  await editor.change(uri, [{ range: { start: { line: 0, character: 11 }, end: { line: 0, character: 17 } }, text: 'memory' }]);
  expect(await editor.diagnostics(uri)).toMatchObject([{ range: place(1, 4, 5), severity: 2, code: 'XM1114', tags: [1] }]);
  await editor.change(uri, [{ text: 'let y = 1\nif true { let y = 2; print $y }\nprint $y\n' }]);
  expect(await editor.diagnostics(uri)).toMatchObject([
    { code: 'XM1115', relatedInformation: [{ location: { uri, range: place(0, 4, 5) }, message: 'the other one' }] },
  ]);
  expect(await editor.close(uri)).toEqual([]);
});

test('a file that ends in .cfg is a configuration, one in .xm a script, whatever the editor calls it; others are what it calls them', async () => {
  for (const [name, languageId, isKey] of [
    ['c.cfg', 'xm', true],
    ['s.xm', 'xl-cfg', false],
    ['plain', 'xl-cfg', true],
    ['other', 'xm', false],
  ] as const) {
    await editor.open(uriOf(name), 'memory = 2\n', languageId);
    // A key may stand at the top of a configuration only, which then wants a kernel.
    const messages = (await editor.diagnostics(uriOf(name))).map(({ message }) => String(message));
    expect([name, messages.some((message) => message.includes('was not declared'))]).toEqual([name, !isKey]);
  }
  await editor.open('untitled:Untitled-1', 'let a = \n', 'xm');
  expect(await editor.diagnostics('untitled:Untitled-1')).toHaveLength(1);
});

test('an old xm file has the diagnostics of check', async () => {
  await editor.open(uriOf('old.cfg'), 'import os\nkernel = "/k"\nname = "a%d" % 3\nmemory = 64\n');
  expect(await editor.diagnostics(uriOf('old.cfg'))).toEqual([]);
  await editor.open(uriOf('old2.cfg'), 'import os\nname = open("/etc/passwd").read()\n');
  expect(await editor.diagnostics(uriOf('old2.cfg'))).toMatchObject([{ severity: 1, source: 'xm' }]);
});

test('an editor that asks for diagnostics is answered, and not told', async () => {
  await using asking = await openEditor({ textDocument: { ...CAPABILITIES.textDocument, diagnostic: {} } });
  expect(asking.server.capabilities.diagnosticProvider).toMatchObject({ interFileDependencies: false });
  await asking.open('file:///x/a.xm', 'destory web\n');
  const report = await asking.connection.sendRequest('textDocument/diagnostic', { textDocument: { uri: 'file:///x/a.xm' } });
  expect(report).toMatchObject({ kind: 'full', items: [{ message: expect.stringContaining("'destory'") as string }] });
  expect(asking.told()).toBe(0);
});

const taken = ({ items }: CompletionList, label: string): CompletionItem => items.find((item) => item.label === label)!;

test('completion: ordered, with documentation for those that are looked at', async () => {
  const keys = await ask<CompletionList>('completion', 'domain d { m‸ }');
  expect(keys.items[0]).toMatchObject({ label: 'memory', kind: 5, textEdit: { newText: 'memory = ', range: place(0, 11, 12) } });
  expect(keys.items.map(({ sortText }) => sortText)).toEqual(keys.items.map(({ sortText }) => sortText).toSorted());
  const resolved = await editor.connection.sendRequest<CompletionItem>('completionItem/resolve', keys.items[0]);
  expect(resolved.documentation).toMatchObject({ kind: 'markdown', value: expect.stringContaining('memory = MEBIBYTES') as string });
});

test('completion: names that can be seen, functions with brackets, domains, options, files of the folder', async () => {
  writeFileSync(join(folder, 'web.cfg'), 'name = "web"\n');
  const text = '# All of them.\nlet total = 3\nfn grow(inner) { print $inner }\ndomain "db" { memory = 4 }\n';
  const values = await ask<CompletionList>('completion', `${text}print (‸)`);
  expect(taken(values, 'total')).toMatchObject({ detail: 'let total = 3', documentation: { value: 'All of them.' } });
  expect(taken(values, 'grow')).toMatchObject({ textEdit: { newText: 'grow($0)' }, insertTextFormat: 2 });
  expect(taken(values, 'inner')).toBeUndefined();
  const inside = await ask<CompletionList>('completion', `${text.replace('$inner', '(‸)')}`);
  expect(taken(inside, 'inner')).toMatchObject({ detail: 'fn grow(inner)' });
  const words = await ask<CompletionList>('completion', `${text}create ‸`);
  expect(words.items.map(({ label }) => label)).toEqual(['db', 'web.cfg']);
  const options = await ask<CompletionList>('completion', `${text}create --c‸`);
  expect(options.items.map(({ label }) => label)).toContain('--console');
  const resolved = await editor.connection.sendRequest<CompletionItem>('completionItem/resolve', taken(options, '--console'));
  expect(resolved.documentation).toMatchObject({ value: expect.stringContaining('create -c, --console') as string });
  // The editor has put the second quote already.
  const quoted = await ask<CompletionList>('completion', `${text}let s = domain("‸")`);
  expect(taken(quoted, 'db').textEdit).toMatchObject({ newText: 'db' });
  expect((await ask<CompletionList>('completion', '# create ‸')).items).toEqual([]);
});

test('hover', async () => {
  const hover = await ask<Hover>('hover', 'domain d { mem‸ory = 64MiB }');
  expect(hover).toMatchObject({ contents: { kind: 'markdown' }, range: place(0, 11, 17) });
  expect(await ask('hover', 'create a.cfg ‸')).toBeNull();
  const command = await ask<{ contents: { value: string } }>('hover', 'cre‸ate a.cfg');
  expect(command.contents.value).toContain('create [OPTIONS] [CONFIG...]');
  expect(command.contents.value).toContain('`-c, --console`');
});

test('definition and references go into files that are not open', async () => {
  writeFileSync(join(folder, 'lib.xm'), '# A library.\nfn start(name) { create $name }\n');
  const text = 'include "lib.xm"\nst‸art web\nstart db\n';
  expect(await ask<Location[]>('definition', text)).toEqual([{ uri: uriOf('lib.xm'), range: place(1, 3, 8) }]);
  expect(await ask<Location[]>('definition', 'include "li‸b.xm"\n')).toEqual([{ uri: uriOf('lib.xm'), range: place(0, 0, 0) }]);
  expect(await ask<Location[]>('definition', 'include "none‸.xm"\n')).toEqual([]);
  const found = await ask<Location[]>('references', text, { context: { includeDeclaration: false } }, 'user.xm');
  const own = found.filter(({ uri }) => uri === uriOf('user.xm'));
  expect(own.map(({ range }) => range)).toEqual([place(1, 0, 5), place(2, 0, 5)]);
  expect(await ask('documentHighlight', text)).toEqual([{ range: place(1, 0, 5) }, { range: place(2, 0, 5) }]);
});

test('rename changes all files that know the name, and is refused with a reason', async () => {
  writeFileSync(join(folder, 'base.xm'), 'let size = 4\n');
  const edit = await ask<WorkspaceEdit>('rename', 'include "base.xm"\nprint $si‸ze\n', { newName: 'pages' }, 'top.xm');
  expect(edit.changes).toEqual({
    [uriOf('base.xm')]: [{ range: place(0, 4, 8), newText: 'pages' }],
    [uriOf('top.xm')]: [{ range: place(1, 7, 11), newText: 'pages' }],
  });
  expect(await ask('prepareRename', 'domain "w‸eb" { memory = 4 }')).toEqual({ range: place(0, 8, 11), placeholder: 'web' });
  await expect(ask('prepareRename', 'cre‸ate web.cfg')).rejects.toMatchObject({
    code: -32803,
    message: expect.stringContaining('only variables') as string,
  });
  await expect(ask('rename', 'let ‸a = 1\nlet b = 2\nprint $a $b', { newName: 'b' })).rejects.toMatchObject({
    code: -32803,
    message: expect.stringContaining("'b' already means") as string,
  });
});

test('formatting is that of fmt, and refused for a text with mistakes', async () => {
  const options = { options: { tabSize: 2, insertSpaces: true } };
  expect(await ask<TextEdit[]>('formatting', 'if true {\nlist\n}\n', options)).toEqual([{ range: place(1, 0, 0), newText: '  ' }]);
  expect(await ask('formatting', 'list\n', options)).toEqual([]);
  await expect(ask('formatting', 'let = \n', options)).rejects.toMatchObject({
    code: -32803,
    message: expect.stringContaining('line 1') as string,
  });
});

test('outline and folding', async () => {
  const text = 'domain "web" {\n  memory = 4\n}\n# a\n# b\nfn f(a) {\n  print $a\n}\n';
  const symbols = await ask<DocumentSymbol[]>('documentSymbol', text);
  expect(symbols).toMatchObject([
    {
      name: 'web',
      kind: 5,
      range: { start: { line: 0 }, end: { line: 2 } },
      selectionRange: place(0, 7, 12),
      children: [{ name: 'memory', kind: 7 }],
    },
    { name: 'f', detail: '(a)', kind: 12 },
  ]);
  expect(await ask<FoldingRange[]>('foldingRange', text)).toEqual([
    { startLine: 0, endLine: 1 },
    { startLine: 3, endLine: 4, kind: 'comment' },
    { startLine: 5, endLine: 6 },
  ]);
});

test('what a diagnostic suggests is an action', async () => {
  const actions = await ask<CodeAction[]>(
    'codeAction',
    'domain d { memroy = 4 }',
    {
      range: place(0, 12, 12),
      context: { diagnostics: [{ range: place(0, 11, 17), code: 'XM1042', message: '' }] },
    },
    'fix.xm',
  );
  expect(actions).toEqual([
    {
      title: "Change to 'memory'",
      kind: 'quickfix',
      isPreferred: true,
      diagnostics: [{ range: place(0, 11, 17), code: 'XM1042', message: '' }],
      edit: { changes: { [uriOf('fix.xm')]: [{ range: place(0, 11, 17), newText: 'memory' }] } },
    },
  ]);
  const none = { range: place(0, 0, 3), context: { diagnostics: [] } };
  expect(await ask('codeAction', 'domain d { memroy = 4 }', none)).toEqual([]);
  expect(await ask('codeAction', 'memroy = 4', { range: place(0, 0, 10), context: { diagnostics: [], only: ['refactor'] } })).toEqual([]);
});

test('colours: those of the prompt, line by line', async () => {
  const { tokenTypes } = editor.server.capabilities.semanticTokensProvider!.legend;
  const { data } = await ask<SemanticTokens>('semanticTokens/full', 'let t = """a\r\n  b"""\nlist # c\n');
  const tokens = Array.from({ length: data.length / 5 }, (_, at) => data.slice(at * 5, at * 5 + 4));
  expect(tokens.map(([line, from, length, type]) => [line, from, length, tokenTypes[type!]])).toEqual([
    [0, 0, 3, 'keyword'],
    [0, 4, 1, 'variable'],
    [0, 2, 1, 'operator'],
    [0, 2, 4, 'string'],
    [1, 0, 6, 'string'],
    [1, 0, 4, 'function'],
    [0, 5, 3, 'comment'],
  ]);
});
