/** Outline, folding and colours of a text in the protocol's form. */
import {
  FoldingRangeKind,
  SemanticTokensBuilder,
  SemanticTokenTypes,
  SymbolKind,
  type DocumentSymbol,
  type FoldingRange,
  type SemanticTokens,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { highlight, type HighlightRole } from '../../lang/index.ts';
import { folding, outline, type OutlineItem, type Vocabulary } from '../../lang/services/index.ts';
import { rangeOf } from './places.ts';
import { dialectOf, fileOf, type Texts } from './texts.ts';

const KINDS: Readonly<Record<OutlineItem['kind'], SymbolKind>> = {
  domain: SymbolKind.Class,
  function: SymbolKind.Function,
  variable: SymbolKind.Variable,
  handler: SymbolKind.Event,
  key: SymbolKind.Property,
};

export function documentSymbols(document: TextDocument, texts: Texts): DocumentSymbol[] {
  const analysis = texts.analysis(fileOf(document.uri));
  const symbol = ({ name, detail, kind, start, end, nameStart, nameEnd, children }: OutlineItem): DocumentSymbol => ({
    name,
    detail,
    kind: KINDS[kind],
    range: rangeOf(document, { start, end }),
    selectionRange: rangeOf(document, { start: nameStart, end: nameEnd }),
    children: children.map(symbol),
  });
  return analysis ? outline(analysis.program).map(symbol) : [];
}

export function foldingRanges(document: TextDocument): FoldingRange[] {
  return folding(document.getText(), dialectOf(document)).flatMap(({ start, end, kind }) => {
    const startLine = document.positionAt(start).line;
    // The line of a closing bracket stays.
    const endLine = document.positionAt(end).line - (kind === 'block' ? 1 : 0);
    return endLine > startLine ? [{ startLine, endLine, ...(kind === 'comment' && { kind: FoldingRangeKind.Comment }) }] : [];
  });
}

/** What the shell draws in colours; mistakes are drawn by their diagnostics. */
const TOKENS: Readonly<Partial<Record<HighlightRole, SemanticTokenTypes>>> = {
  command: SemanticTokenTypes.function,
  option: SemanticTokenTypes.parameter,
  string: SemanticTokenTypes.string,
  number: SemanticTokenTypes.number,
  keyword: SemanticTokenTypes.keyword,
  key: SemanticTokenTypes.property,
  comment: SemanticTokenTypes.comment,
  operator: SemanticTokenTypes.operator,
  variable: SemanticTokenTypes.variable,
};

export const TOKEN_TYPES: readonly string[] = [...new Set(Object.values(TOKENS))];

export function semanticTokens(document: TextDocument, { commands }: Vocabulary): SemanticTokens {
  const text = document.getText();
  const builder = new SemanticTokensBuilder();
  for (const { start, end, role } of highlight(text, commands, { dialect: dialectOf(document) })) {
    const type = TOKENS[role];
    if (type !== undefined) for (const part of lines(text, start, end)) push(builder, document, part, TOKEN_TYPES.indexOf(type));
  }
  return builder.build();
}

function push(
  builder: SemanticTokensBuilder,
  document: TextDocument,
  { start, end }: { readonly start: number; readonly end: number },
  type: number,
): void {
  const { line, character } = document.positionAt(start);
  builder.push(line, character, end - start, type, 0);
}

/** A token of the protocol ends with its line. */
function* lines(text: string, start: number, end: number): Iterable<{ readonly start: number; readonly end: number }> {
  for (const { 0: line, index } of text.slice(start, end).matchAll(/[^\r\n]+/g))
    yield { start: start + index, end: start + index + line.length };
}
