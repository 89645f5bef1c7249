/** Completion: what the prompt offers, with the words and files of the text at hand. */
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  CompletionItemKind,
  InsertTextFormat,
  MarkupKind,
  type CompletionItem,
  type CompletionList,
  type Position,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { complete, type CompletionItem as Offered } from '../../lang/index.ts';
import { declarations, hiddenNames, itemDocumentation, type Declared, type Vocabulary } from '../../lang/services/index.ts';
import { dialectOf, fileOf, type Texts } from './texts.ts';

const KINDS: Readonly<Record<Offered['kind'], CompletionItemKind>> = {
  command: CompletionItemKind.Method,
  option: CompletionItemKind.Property,
  domain: CompletionItemKind.Class,
  file: CompletionItemKind.File,
  directory: CompletionItemKind.Folder,
  path: CompletionItemKind.Reference,
  key: CompletionItemKind.Field,
  value: CompletionItemKind.EnumMember,
  keyword: CompletionItemKind.Keyword,
  variable: CompletionItemKind.Variable,
  function: CompletionItemKind.Function,
  property: CompletionItemKind.Property,
  stage: CompletionItemKind.Operator,
};

export interface CompletionTalk {
  readonly texts: Texts;
  readonly vocabulary: Vocabulary;
  /** The editor can put its cursor between brackets. */
  readonly snippets: boolean;
}

/** What an item needs to find its documentation later. */
interface ItemData {
  readonly kind: Offered['kind'];
  readonly command: string;
}

export async function completions(document: TextDocument, position: Position, talk: CompletionTalk): Promise<CompletionList> {
  const { texts, vocabulary } = talk;
  const text = document.getText();
  const offset = document.offsetAt(position);
  const file = fileOf(document.uri);
  const declared = declarations(texts, file, offset);
  const ofKind = (kind: Declared['kind']): readonly Declared[] => declared.filter((one) => one.kind === kind);
  const names = (list: readonly Declared[]): readonly string[] => list.map(({ name }) => name);
  const { start, items } = await complete(text, offset, {
    commands: vocabulary.commands,
    options: vocabulary.options,
    domains: () => ofKind('domain').map(({ name, detail }) => ({ name, detail, declared: true })),
    faults: vocabulary.faults,
    files: (directory) => entries(resolve(texts.resolve('.', file), directory)),
    // Those of other files: the text's own are found by completion itself.
    variables: names(ofKind('variable').filter((one) => one.file !== file)),
    functions: names(ofKind('function')),
    dialect: dialectOf(document),
  });
  const hidden = new Set(hiddenNames(texts, file, offset));
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const line = text.slice(lineStart, offset);
  // `let x = ‸`: x is not there yet.
  const begun = /^\s*let[ \t]+(\w+)[ \t]*=/.exec(line)?.[1];
  if (begun !== undefined && !declared.some(({ name }) => name === begun)) hidden.add(begun);
  const offered = items.filter((item) => (item.kind !== 'variable' && item.kind !== 'function') || !hidden.has(item.text.replace('$', '')));
  const range = { start: document.positionAt(start), end: document.positionAt(offset) };
  const command = /(?:^|[|;{]|\bxm|\bxl)\s*([a-z][\w-]*)[^|;{}]*$/.exec(line)?.[1] ?? '';
  const next = text[offset] ?? '';
  return {
    // What fits is chosen by what is typed so far.
    isIncomplete: true,
    items: offered.map((item, at): CompletionItem => {
      const known =
        item.kind === 'variable' || item.kind === 'function' ? declared.find(({ name }) => name === item.text.replace('$', '')) : undefined;
      const { written, isSnippet } = writtenText(item, next, talk.snippets);
      const detail = known?.detail ?? item.detail;
      return {
        label: item.text,
        kind: KINDS[item.kind],
        ...(detail !== '' && { detail }),
        ...(known && known.comment !== '' && { documentation: { kind: MarkupKind.Markdown, value: known.comment } }),
        sortText: String(at).padStart(5, '0'),
        filterText: item.text,
        textEdit: { range, newText: written },
        ...(isSnippet && { insertTextFormat: InsertTextFormat.Snippet }),
        ...(item.append === '/' && { command: { title: 'go on', command: 'editor.action.triggerSuggest' } }),
        data: { kind: item.kind, command } satisfies ItemData,
      };
    }),
  };
}

/** Blanks are left to the person; a bracket or quote that stands there already is not written again. */
function writtenText(
  { text, append }: Offered,
  next: string,
  snippets: boolean,
): { readonly written: string; readonly isSnippet: boolean } {
  const isSnippet = snippets && append === '(' && next !== '(';
  if (isSnippet) return { written: `${text.replaceAll('$', '\\$')}($0)`, isSnippet };
  // The quote that the editor closed by itself.
  if (/["']/.test(next) && text.endsWith(next)) return { written: text.slice(0, -1), isSnippet };
  const behind = append === ' ' || append === '(' || append === next ? '' : append;
  return { written: text + behind, isSnippet };
}

async function entries(folder: string): Promise<readonly { readonly name: string; readonly directory: boolean }[]> {
  try {
    return (await readdir(folder, { withFileTypes: true })).map((entry) => ({ name: entry.name, directory: entry.isDirectory() }));
  } catch {
    // What cannot be listed completes nothing.
    return [];
  }
}

export function resolved(item: CompletionItem, vocabulary: Vocabulary): CompletionItem {
  const { kind, command } = (item.data ?? {}) as Partial<ItemData>;
  if (item.documentation !== undefined || kind === undefined) return item;
  const value = itemDocumentation({ text: item.label, kind }, command ?? '', vocabulary);
  return value === null ? item : { ...item, documentation: { kind: MarkupKind.Markdown, value } };
}
