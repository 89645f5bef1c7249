/** What editors do wrongly, and how they leave: the server answers, logs, and ends when it should. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { absentToolstack } from '../../../src/shell/host/absent-toolstack.ts';
import { createScriptHost } from '../../../src/shell/host/script-host.ts';
import { callOf } from '../../../src/shell/one-shot.ts';
import { openEditor, startServer } from './client.ts';

const framed = (body: string): string => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const message = (content: object): string => framed(JSON.stringify({ jsonrpc: '2.0', ...content }));
const INITIALIZE = message({ id: 1, method: 'initialize', params: { processId: null, capabilities: {}, rootUri: null } });
const SHUTDOWN = message({ id: 99, method: 'shutdown' });

interface Raw {
  readonly child: ChildProcess;
  send(text: string): void;
  /** Until the output has this in it. */
  sees(text: string): Promise<string>;
  readonly ended: Promise<readonly [number | null, string | null]>;
}

function start(...options: string[]): Raw {
  const child = startServer(...options);
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  let output = '';
  child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdin!.on('error', () => undefined);
  return {
    child,
    ended,
    send: (text) => void child.stdin!.write(text),
    async sees(text) {
      while (!output.includes(text)) await once(child.stdout!, 'data');
      return output;
    },
  };
}

test.each([
  ['no JSON', framed('{"jsonrpc": nonsense'), 'could not be read'],
  ['a header without a length', 'Foo: 1\r\n\r\n', 'could not be read'],
  ['a header that is none', 'nonsense\r\n\r\n', 'could not be read'],
  ['a length that is no number', 'Content-Length: abc\r\n\r\n', 'could not be read'],
  ['JSON that is no message', framed('[1,2]') + framed('null') + framed('3'), 'neither a response nor a notification'],
  ['a request that is unknown', message({ id: 2, method: 'textDocument/nonsense', params: {} }), '"code":-32601'],
  ['parameters that are missing', message({ id: 2, method: 'textDocument/hover', params: {} }), '"code":-32603'],
  ['parameters of another kind', message({ id: 2, method: 'textDocument/hover', params: [1] }), '"code":-32602'],
  [
    'a text that is not open',
    message({ id: 2, method: 'textDocument/hover', params: { textDocument: { uri: 'x:y' }, position: { line: 0, character: 0 } } }),
    '"id":2,"result":null',
  ],
  ['a notification without its parameters', message({ method: 'textDocument/didOpen', params: {} }), 'didOpen'],
  [
    'a change of a text that is not open',
    message({ method: 'textDocument/didChange', params: { textDocument: { uri: 'x:y', version: 2 }, contentChanges: [] } }),
    '"id":1',
  ],
  [
    'a text that is none',
    message({ method: 'textDocument/didOpen', params: { textDocument: { uri: 'x:y', languageId: 'xm', version: 1, text: 5 } } }),
    'could not be checked',
  ],
])('%s does not end it', async (_, sent, seen) => {
  const server = start();
  server.send(INITIALIZE + sent);
  await server.sees(seen);
  server.send(SHUTDOWN);
  await server.sees('"id":99,"result":null');
  server.send(message({ method: 'exit' }));
  expect(await server.ended).toEqual([0, null]);
});

test.each<[string, string, number]>([
  ['exit after shutdown', INITIALIZE + SHUTDOWN + message({ method: 'exit' }), 0],
  ['exit without shutdown', INITIALIZE + message({ method: 'exit' }), 1],
])('%s ends it with %3$i', async (_, sent, code) => {
  const server = start();
  server.send(sent);
  expect(await server.ended).toEqual([code, null]);
});

test.each([
  ['before anything', ''],
  ['after initialize', INITIALIZE],
  ['after shutdown', INITIALIZE + SHUTDOWN],
  ['in the middle of a message', `${INITIALIZE}Content-Length: 500\r\n\r\n{"json`],
])('an editor that is gone %s ends it', async (_, sent) => {
  const server = start();
  server.child.stdin!.end(sent);
  expect(await server.ended).toEqual([0, null]);
});

test('an editor that does not listen any more ends it', async () => {
  const server = start();
  server.send(INITIALIZE);
  await server.sees('"id":1');
  server.child.stdout!.destroy();
  server.send(SHUTDOWN);
  expect((await server.ended)[0]).toBe(0);
});

test('places outside of the text, and before its beginning, are answered', async () => {
  await using editor = await openEditor();
  const uri = 'file:///robust/a.xm';
  await editor.open(uri, 'let x = 1\nprint $x\n');
  for (const position of [
    { line: 99, character: 0 },
    { line: 0, character: 999 },
    { line: -1, character: -5 },
    { line: 1e9, character: 1e9 },
  ]) {
    for (const method of ['hover', 'definition', 'completion', 'documentHighlight']) {
      await editor.connection.sendRequest(`textDocument/${method}`, { textDocument: { uri }, position });
    }
  }
  await editor.change(uri, [{ range: { start: { line: 50, character: 1 }, end: { line: 99, character: 7 } }, text: 'print $y\n' }]);
  expect(await editor.diagnostics(uri)).toMatchObject([{ message: "unknown name 'y'", range: { start: { line: 2 } } }]);
});

test('includes that include each other, are folders, pipes or not there are answered', async () => {
  await using editor = await openEditor();
  await editor.open('file:///robust/a.xm', 'include "b.xm"\ninclude "/"\ninclude "/dev/zero"\ninclude "/proc/self/mem"\nf 1\n');
  await editor.open('file:///robust/b.xm', 'include "a.xm"\nfn f(a) { print $a }\n');
  const at = { textDocument: { uri: 'file:///robust/a.xm' }, position: { line: 4, character: 0 } };
  expect(await editor.connection.sendRequest('textDocument/definition', at)).toMatchObject([{ uri: 'file:///robust/b.xm' }]);
  const include = { ...at, position: { line: 1, character: 9 } };
  expect(await editor.connection.sendRequest('textDocument/definition', include)).toEqual([]);
});

test('a large text is answered, and one of garbage too', async () => {
  await using editor = await openEditor();
  const lines = Array.from({ length: 20_000 }, (_, at) => `let name_${at} = ${at} + 1\nprint $name_${at}`).join('\n');
  const uri = 'file:///robust/large.xm';
  await editor.open(uri, lines);
  expect(await editor.diagnostics(uri)).toEqual([]);
  const last = { textDocument: { uri }, position: { line: 39_999, character: 8 } };
  expect(await editor.connection.sendRequest('textDocument/definition', last)).toMatchObject([
    { range: { start: { line: 39_998, character: 4 } } },
  ]);
  await editor.change(uri, [{ range: { start: last.position, end: last.position }, text: 'x' }]);
  expect(await editor.diagnostics(uri)).toHaveLength(1);
  const garbage = Array.from({ length: 2 ** 18 }, (_, at) => '{[("$\\\u0001é🙂'[(at * 7919) % 9]).join('');
  await editor.open('file:///robust/garbage.cfg', garbage);
  expect((await editor.diagnostics('file:///robust/garbage.cfg')).length).toBeGreaterThan(0);
}, 60_000);

test('--stdio, which some editors say, changes nothing', async () => {
  const server = start('--stdio');
  server.send(INITIALIZE + SHUTDOWN + message({ method: 'exit' }));
  expect(await server.ended).toEqual([0, null]);
});

test('at the prompt, where stdin is a keyboard, it is refused', async () => {
  const screen = { terminal: null, print: () => undefined, note: () => undefined, progress: () => undefined, leave: () => undefined };
  const host = createScriptHost(absentToolstack(), screen);
  await expect(host.invoke(callOf(['lsp']), new AbortController().signal)).rejects.toMatchObject({ code: 'not-supported' });
});

test('SIGTERM ends it', async () => {
  const server = start();
  server.send(INITIALIZE);
  await server.sees('"id":1');
  server.child.kill('SIGTERM');
  expect((await server.ended)[0]).toBe(143);
});
