/**
 * `xm lsp`: the Language Server Protocol over stdin and stdout. What is asked goes to `src/lang/services`, which knows texts and offsets only; here they
 * become documents, lines and UTF-16 columns. An answer that fails is an error for the editor and never the end of the server.
 */
import { Readable, Writable } from 'node:stream';
import {
  CodeActionKind,
  createConnection,
  MarkupKind,
  PositionEncodingKind,
  StreamMessageReader,
  StreamMessageWriter,
  TextDocuments,
  TextDocumentSyncKind,
  type ClientCapabilities,
  type Connection,
  type InitializeParams,
  type InitializeResult,
  type Location,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { ScriptHost } from '../../lang/index.ts';
import { definition, hover, meantAt, sitesOf } from '../../lang/services/index.ts';
import type { Pipe } from '../commands/command.ts';
import { packageVersion } from '../host/package-files.ts';
import { completions, resolved, type CompletionTalk } from './completion.ts';
import { Diagnostics } from './diagnostics.ts';
import { formatting, prepareRename, renamed } from './edits.ts';
import { documentSymbols, foldingRanges, semanticTokens, TOKEN_TYPES } from './outline.ts';
import { locationOf, rangeOf } from './places.ts';
import { pushDiagnostics } from './push.ts';
import { fileOf, Texts } from './texts.ts';
import { shellVocabulary } from './vocabulary.ts';

/** Resolves when the editor is gone without a word; `exit` ends the process at once. */
export async function serve(pipe: Pipe, host: ScriptHost): Promise<void> {
  const reader = new StreamMessageReader(Readable.from(pipe.input, { objectMode: false }));
  const connection = createConnection(reader, new StreamMessageWriter(writableTo(pipe)));
  reader.onError((error) => connection.console.error(`a message could not be read: ${error.message}`));
  const documents = new TextDocuments(TextDocument);
  const vocabulary = shellVocabulary(host);
  const texts = new Texts(documents, vocabulary);
  const diagnostics = new Diagnostics(host);
  let talk: CompletionTalk = { texts, vocabulary, snippets: false };

  connection.onInitialize((params) => {
    const { capabilities } = params;
    texts.folders = foldersOf(params);
    talk = { ...talk, snippets: capabilities.textDocument?.completion?.completionItem?.snippetSupport === true };
    // Whoever asks for diagnostics is not also told.
    if (!capabilities.textDocument?.diagnostic) pushDiagnostics(connection, documents, diagnostics);
    return announcement(capabilities);
  });
  documents.onDidClose(({ document }) => texts.forget(fileOf(document.uri)));
  answerQuestions(connection, documents, texts, () => talk, diagnostics);
  documents.listen(connection);
  const closed = new Promise<void>((gone) => reader.onClose(gone));
  connection.listen();
  await closed;
}

function writableTo(pipe: Pipe): Writable {
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      pipe.write(chunk).then(() => done(), done);
    },
  });
}

function foldersOf({ workspaceFolders, rootUri }: InitializeParams & { readonly rootUri?: string | null }): readonly string[] {
  const uris = workspaceFolders?.map(({ uri }) => uri) ?? (rootUri ? [rootUri] : []);
  return uris.filter((uri) => uri.startsWith('file:')).map(fileOf);
}

function announcement({ textDocument }: ClientCapabilities): InitializeResult {
  return {
    serverInfo: { name: 'xm', version: packageVersion() },
    capabilities: {
      positionEncoding: PositionEncodingKind.UTF16,
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
      completionProvider: { resolveProvider: true, triggerCharacters: ['.', '-', '$', '"', "'", '/'] },
      hoverProvider: true,
      definitionProvider: true,
      referencesProvider: true,
      documentHighlightProvider: true,
      renameProvider: textDocument?.rename?.prepareSupport === true ? { prepareProvider: true } : true,
      documentFormattingProvider: true,
      documentSymbolProvider: true,
      foldingRangeProvider: true,
      codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
      semanticTokensProvider: { legend: { tokenTypes: [...TOKEN_TYPES], tokenModifiers: [] }, full: true },
      ...(textDocument?.diagnostic && { diagnosticProvider: { interFileDependencies: false, workspaceDiagnostics: false } }),
    },
  };
}

/** Each with the text it is about; about a text that is not open nothing is known. */
function answerQuestions(
  connection: Connection,
  documents: TextDocuments<TextDocument>,
  texts: Texts,
  talk: () => CompletionTalk,
  diagnostics: Diagnostics,
): void {
  interface About {
    readonly textDocument: { readonly uri: string };
  }
  const about =
    <P extends About, R, N>(otherwise: N, answer: (document: TextDocument, params: P) => R) =>
    (params: P): R | N => {
      const document = documents.get(params.textDocument.uri);
      return document ? answer(document, params) : otherwise;
    };
  const placesOf = (document: TextDocument, offset: number): ReturnType<typeof sitesOf> => {
    const file = fileOf(document.uri);
    const meant = meantAt(texts, file, offset);
    return meant ? sitesOf(texts, meant, file) : [];
  };

  connection.onCompletion(about(null, (document, { position }) => completions(document, position, talk())));
  connection.onCompletionResolve((item) => resolved(item, talk().vocabulary));
  connection.onHover(
    about(null, (document, { position }) => {
      const found = hover(texts, talk().vocabulary, fileOf(document.uri), document.offsetAt(position));
      return found && { contents: { kind: MarkupKind.Markdown, value: found.markdown }, range: rangeOf(document, found) };
    }),
  );
  connection.onDefinition(
    about(null, (document, { position }) => {
      const found = definition(texts, fileOf(document.uri), document.offsetAt(position));
      return found && located(found.targets, texts);
    }),
  );
  connection.onReferences(
    about([], (document, { position, context }) =>
      located(
        placesOf(document, document.offsetAt(position)).filter(({ declares }) => context.includeDeclaration || !declares),
        texts,
      ),
    ),
  );
  connection.onDocumentHighlight(
    about([], (document, { position }) =>
      placesOf(document, document.offsetAt(position))
        .filter(({ file }) => file === fileOf(document.uri))
        .map((place) => ({ range: rangeOf(document, place) })),
    ),
  );
  connection.onPrepareRename(about(null, (document, { position }) => prepareRename(document, position, texts)));
  connection.onRenameRequest(
    about(null, (document, { position, newName }) => renamed(document, position, newName, texts, talk().vocabulary)),
  );
  connection.onDocumentFormatting(about([], (document) => formatting(document)));
  connection.onDocumentSymbol(about([], (document) => documentSymbols(document, texts)));
  connection.onFoldingRanges(about([], (document) => foldingRanges(document)));
  connection.onCodeAction(about([], (document, params) => diagnostics.fixes(document, params)));
  connection.languages.semanticTokens.on(about({ data: [] }, (document) => semanticTokens(document, talk().vocabulary)));
  connection.languages.diagnostics.on(
    about({ kind: 'full' as const, items: [] }, async (document) => ({ kind: 'full' as const, items: await diagnostics.of(document) })),
  );
}

function located(places: ReturnType<typeof sitesOf> | NonNullable<ReturnType<typeof definition>>['targets'], texts: Texts): Location[] {
  return places.flatMap((place) => locationOf(texts, place) ?? []);
}
