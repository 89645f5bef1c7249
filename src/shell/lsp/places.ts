/** Offsets of the language to lines and UTF-16 columns of the protocol. */
import type { Location, Range } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Texts } from './texts.ts';

interface Place {
  readonly start: number;
  readonly end: number;
}

export function rangeOf(document: TextDocument, { start, end }: Place): Range {
  return { start: document.positionAt(start), end: document.positionAt(end) };
}

export function locationOf(texts: Texts, { file, start, end }: Place & { readonly file: string }): Location | null {
  const document = texts.document(file);
  return document && { uri: document.uri, range: rangeOf(document, { start, end }) };
}
