/** Places are exact for every kind of line end, byte-order marks and characters of two units; and edits leave the same text on both sides. */
import { fc, test as property } from '@fast-check/vitest';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Diagnostic, DocumentDiagnosticReport, TextEdit, WorkspaceEdit } from 'vscode-languageserver/node';
import type { Problem } from '../../../src/lang/index.ts';
import { absentToolstack } from '../../../src/shell/host/absent-toolstack.ts';
import { checkText } from '../../../src/shell/host/check-text.ts';
import { createScriptHost } from '../../../src/shell/host/script-host.ts';
import { CAPABILITIES, openEditor, positionOf, type Editor } from './client.ts';

let editor: Editor;
beforeAll(async () => {
  editor = await openEditor({ textDocument: { ...CAPABILITIES.textDocument, diagnostic: {} } });
});
afterAll(() => editor[Symbol.asyncDispose]());

const host = createScriptHost(absentToolstack(), {
  terminal: null,
  print: () => undefined,
  note: () => undefined,
  progress: () => undefined,
  leave: () => undefined,
});

/** What a fresh `xm check` says of the text. */
async function checked(text: string, file: string): Promise<readonly object[]> {
  const problems = await checkText(text, file, host, { strictXl: false, settings: [] });
  return problems.map(({ code, message, help, span }: Problem) => ({
    code,
    message: help === undefined ? message : `${message}\n${help}`,
    range: { start: positionOf(text, span.start), end: positionOf(text, span.end) },
  }));
}

async function asked(uri: string): Promise<readonly object[]> {
  const report = await editor.connection.sendRequest<DocumentDiagnosticReport>('textDocument/diagnostic', { textDocument: { uri } });
  if (report.kind !== 'full') throw new Error('nothing was asked about earlier');
  return report.items.map(({ code, message, range }: Diagnostic) => ({ code, message, range }));
}

describe.each([
  ['LF', '\n', ''],
  ['CRLF', '\r\n', ''],
  ['LF and a byte-order mark', '\n', '\uFEFF'],
  ['CRLF and a byte-order mark', '\r\n', '\uFEFF'],
])('%s', (name, newline, mark) => {
  const uri = `file:///positions/${encodeURIComponent(name)}.xm`;
  const file = `/positions/${name}.xm`;
  const text =
    mark +
    [
      '# 🐧 a comment',
      'let face = "🙂é"; let wieviel = 2',
      'print "🙂 ${wieviel}" $wieviel ; lst -x',
      'domain d {',
      '  memroy = 4',
      '}',
      '',
    ].join(newline);

  test('diagnostics', async () => {
    await editor.open(uri, text);
    const found = await asked(uri);
    expect(found).toEqual(await checked(text, file));
    expect(found).toMatchObject([
      { range: { start: { line: 2, character: 33 }, end: { line: 2, character: 36 } } },
      { range: { start: { line: 4, character: 2 }, end: { line: 4, character: 8 } } },
    ]);
  });

  test('renaming, and the text that an editor makes of it', async () => {
    await editor.open(uri, text);
    const position = positionOf(text, text.lastIndexOf('wieviel') + 1);
    const { changes } = await editor.connection.sendRequest<WorkspaceEdit>('textDocument/rename', {
      textDocument: { uri },
      position,
      newName: 'n',
    });
    expect(edited(text, changes![uri]!)).toBe(text.replaceAll('wieviel', 'n'));
  });
});

/** As an editor applies edits. */
function edited(text: string, edits: readonly TextEdit[]): string {
  const lines = [...text.matchAll(/.*?(?:\r\n|\r|\n|$)/gsy)].map(({ index }) => index);
  const offset = ({ line, character }: TextEdit['range']['start']): number => (lines[line] ?? text.length) + character;
  let result = text;
  for (const { range, newText } of edits.toSorted((a, b) => offset(b.range.start) - offset(a.range.start)))
    result = result.slice(0, offset(range.start)) + newText + result.slice(offset(range.end));
  return result;
}

test.each(['\n', '\r\n'])('formatting gives what fmt gives (line end %j)', async (newline) => {
  const { format } = await import('../../../src/lang/index.ts');
  const uri = 'file:///positions/fmt.xm';
  const text = ['if true {', 'let a = "🙂"', '      let   b=[1,', '2]   # 🐧', '}', '', '', '', '', 'print  $a'].join(newline);
  await editor.open(uri, text);
  const edits = await editor.connection.sendRequest<TextEdit[]>('textDocument/formatting', {
    textDocument: { uri },
    options: { tabSize: 2, insertSpaces: true },
  });
  expect({ text: edited(text, edits) }).toEqual(format(text, '/positions/fmt.xm', {}));
  expect(edited(text, edits)).not.toBe(text);
});

const PIECES = [
  '\n',
  '\r\n',
  '\r',
  '{',
  '}',
  '[',
  '"',
  "'",
  '${',
  '(',
  ')',
  ' ',
  '=',
  '# ',
  'let ',
  'x',
  '🙂',
  'é',
  '\uFEFF',
  'domain ',
  '64MiB',
  'if ',
  '| where ',
  '\\',
  '0',
  'memroy = 1\n',
  '"""',
];
const TEXTS = readdirSync('examples/scripts').map((name) => [name, readFileSync(`examples/scripts/${name}`, 'utf8')] as const);

const anEdit = fc.record({
  from: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.oneof({ arbitrary: fc.nat(3), weight: 4 }, fc.nat(200)),
  insert: fc.array(fc.constantFrom(...PIECES), { maxLength: 4 }).map((pieces) => pieces.join('')),
});

let opened = 0;
property.prop([fc.constantFrom(...TEXTS), fc.array(fc.array(anEdit, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 })], {
  numRuns: 60,
})(
  'after any edits the server says of the text what a fresh check says',
  async ([name, original], batches) => {
    const file = `/positions/${opened++}/${name}`;
    const uri = `file://${file}`;
    let text = original;
    await editor.open(uri, text);
    for (const batch of batches) {
      // Of one notification each edit is about the text that the edits before it made.
      const changes = batch.map(({ from, length, insert }) => {
        const start = between(text, Math.floor(from * text.length));
        const end = between(text, Math.min(text.length, start + length));
        const range = { start: positionOf(text, start), end: positionOf(text, Math.max(start, end)) };
        text = text.slice(0, start) + insert + text.slice(Math.max(start, end));
        return { range, text: insert };
      });
      await editor.change(uri, changes);
      expect(await asked(uri)).toEqual(await checked(text, file));
    }
    await editor.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
  },
  60_000,
);

/** No place of the protocol is between the two halves of a line end. */
function between(text: string, offset: number): number {
  return text[offset - 1] === '\r' && text[offset] === '\n' ? offset - 1 : offset;
}
