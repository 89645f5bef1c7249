/** Diagnostics for editors that do not ask for them: at once when a text is opened, and when typing pauses. */
import type { Connection, TextDocuments } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Diagnostics } from './diagnostics.ts';

const PAUSE_MS = 150;

export function pushDiagnostics(connection: Connection, documents: TextDocuments<TextDocument>, diagnostics: Diagnostics): void {
  const waiting = new Map<string, NodeJS.Timeout>();
  const push = async (uri: string): Promise<void> => {
    waiting.delete(uri);
    const document = documents.get(uri);
    if (!document) return;
    const { version } = document;
    try {
      const found = await diagnostics.of(document);
      // Typed on meanwhile: what comes next is about the new text.
      if (documents.get(uri)?.version === version) await connection.sendDiagnostics({ uri, version, diagnostics: found });
    } catch (error) {
      connection.console.error(`${uri} could not be checked: ${error instanceof Error ? error.stack : String(error)}`);
    }
  };
  const later = (uri: string, delayMs: number): void => {
    clearTimeout(waiting.get(uri));
    waiting.set(
      uri,
      setTimeout(() => void push(uri), delayMs),
    );
  };
  const opened = new Set<string>();
  documents.onDidChangeContent(({ document: { uri } }) => {
    later(uri, opened.has(uri) ? PAUSE_MS : 0);
    opened.add(uri);
  });
  documents.onDidClose(({ document: { uri } }) => {
    clearTimeout(waiting.get(uri));
    waiting.delete(uri);
    opened.delete(uri);
    // What is closed is nobody's concern any more; awaited by nobody, for the editor may be gone.
    connection.sendDiagnostics({ uri, diagnostics: [] }).catch(() => undefined);
  });
}
