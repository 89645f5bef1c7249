/** An editor: a real client of the protocol, with the real server as its child. Texts have marks in them: ‸ is the cursor. */
import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type ClientCapabilities,
  type Diagnostic,
  type InitializeResult,
  type Position,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  type TextDocumentContentChangeEvent,
} from 'vscode-languageserver/node';

export const XM: string = resolve(import.meta.dirname, '../../../bin/xm');

/** What VS Code says of itself, as far as it matters here; without `diagnostic`: diagnostics are pushed. */
export const CAPABILITIES: ClientCapabilities = {
  textDocument: {
    completion: { completionItem: { snippetSupport: true } },
    rename: { prepareSupport: true },
  },
};

export interface Editor extends AsyncDisposable {
  readonly connection: ProtocolConnection;
  readonly child: ChildProcess;
  readonly server: InitializeResult;
  readonly stderr: () => string;
  /** Opens a text; ‸ in it is taken out and answered as the cursor. */
  open(uri: string, text: string, languageId?: string): Promise<Position>;
  change(uri: string, changes: TextDocumentContentChangeEvent[]): Promise<void>;
  /** What the server says of the newest version. */
  diagnostics(uri: string): Promise<readonly Diagnostic[]>;
  /** Closes the text; what the server says of it then. */
  close(uri: string): Promise<readonly Diagnostic[]>;
  /** How often the server has told diagnostics. */
  told(): number;
  ended(): Promise<number | null>;
}

/** Between the halves of a line end is before it. */
export function positionOf(text: string, offset: number): Position {
  const isBetween = text[offset - 1] === '\r' && text[offset] === '\n';
  const before = text.slice(0, isBetween ? offset - 1 : offset).split(/\r\n|\r|\n/);
  return { line: before.length - 1, character: before.at(-1)!.length };
}

export function startServer(...options: string[]): ChildProcess {
  return spawn(process.execPath, [XM, 'lsp', ...options], { stdio: ['pipe', 'pipe', 'pipe'] });
}

export async function openEditor(capabilities: ClientCapabilities = CAPABILITIES, folder: string | null = null): Promise<Editor> {
  const child = startServer();
  let errors = '';
  child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const exit = new Promise<number | null>((ended) => child.once('exit', ended));
  const connection = createProtocolConnection(new StreamMessageReader(child.stdout!), new StreamMessageWriter(child.stdin!));
  const versions = new Map<string, number>();
  const published = new Map<string, PublishDiagnosticsParams>();
  let heard = (): void => undefined;
  let told = 0;
  connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
    published.set(params.uri, params);
    told++;
    heard();
  });
  connection.listen();
  const server = await connection.sendRequest<InitializeResult>('initialize', {
    processId: process.pid,
    capabilities,
    rootUri: null,
    workspaceFolders: folder === null ? null : [{ uri: folder, name: 'here' }],
  });
  await connection.sendNotification('initialized', {});
  return {
    connection,
    child,
    server,
    stderr: () => errors,
    async open(uri, marked, languageId = uri.endsWith('.cfg') ? 'xl-cfg' : 'xm') {
      const cursor = marked.indexOf('‸');
      const text = marked.replace('‸', '');
      versions.set(uri, 1);
      await connection.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId, version: 1, text } });
      return positionOf(text, Math.max(0, cursor));
    },
    async change(uri, contentChanges) {
      const version = versions.get(uri)! + 1;
      versions.set(uri, version);
      await connection.sendNotification('textDocument/didChange', { textDocument: { uri, version }, contentChanges });
    },
    async diagnostics(uri) {
      while (published.get(uri)?.version !== versions.get(uri)) await new Promise<void>((hear) => (heard = hear));
      return published.get(uri)!.diagnostics;
    },
    async close(uri) {
      published.delete(uri);
      await connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
      while (!published.has(uri)) await new Promise<void>((hear) => (heard = hear));
      return published.get(uri)!.diagnostics;
    },
    told: () => told,
    ended: () => exit,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        await connection.sendRequest('shutdown');
        await connection.sendNotification('exit');
        await exit;
      }
      connection.dispose();
    },
  };
}
