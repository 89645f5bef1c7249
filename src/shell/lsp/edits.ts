/** Requests that change texts: renaming and formatting. What is refused is an error with its reason, which editors show. */
import { LSPErrorCodes, ResponseError, type Position, type Range, type TextEdit, type WorkspaceEdit } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { format } from '../../lang/index.ts';
import { rename, renameable, type Vocabulary } from '../../lang/services/index.ts';
import { rangeOf } from './places.ts';
import { dialectOf, fileOf, type Texts } from './texts.ts';

const refusal = (reason: string): ResponseError<void> => new ResponseError(LSPErrorCodes.RequestFailed, reason);

export function prepareRename(document: TextDocument, position: Position, texts: Texts): { range: Range; placeholder: string } {
  const found = renameable(texts, fileOf(document.uri), document.offsetAt(position));
  if ('refused' in found) throw refusal(found.refused);
  return { range: rangeOf(document, found), placeholder: found.name };
}

export function renamed(document: TextDocument, position: Position, name: string, texts: Texts, vocabulary: Vocabulary): WorkspaceEdit {
  const result = rename(texts, vocabulary, fileOf(document.uri), document.offsetAt(position), name);
  if ('refused' in result) throw refusal(result.refused);
  const changes: Record<string, TextEdit[]> = {};
  for (const { file, text, start, end } of result.edits) {
    const changed = texts.document(file)!;
    (changes[changed.uri] ??= []).push({ range: rangeOf(changed, { start, end }), newText: text });
  }
  return { changes };
}

/** From the first to the last character that changes: the cursor stays where it is. */
export function formatting(document: TextDocument): TextEdit[] {
  const before = document.getText();
  const result = format(before, fileOf(document.uri), { dialect: dialectOf(document) });
  if ('problems' in result) {
    const { message, span } = result.problems.find(({ severity }) => severity === 'error')!;
    throw refusal(`a text with mistakes is not formatted: line ${span.line}: ${message}`);
  }
  const after = result.text;
  if (after === before) return [];
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let tail = 0;
  while (tail < Math.min(before.length, after.length) - start && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  // Never between the halves of a line end or of a character.
  while (start > 0 && isInside(before, start)) start--;
  while (tail > 0 && isInside(before, before.length - tail)) tail--;
  return [{ range: rangeOf(document, { start, end: before.length - tail }), newText: after.slice(start, after.length - tail) }];
}

function isInside(text: string, offset: number): boolean {
  return /^(?:\r\n|[\uD800-\uDBFF][\uDC00-\uDFFF])/.test(text.slice(offset - 1, offset + 1));
}
