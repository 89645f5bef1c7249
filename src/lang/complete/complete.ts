/** What can stand at the cursor. The text up to it is lexed; what its last tokens are says which tables to ask. */
import type { IToken } from 'chevrotain';
import type { CommandSignature } from '../host.ts';
import { configKey } from '../keys/config-keys.ts';
import { declaredNames } from '../parse/lexing.ts';
import { scanWords, type ScannedWord } from '../parse/scan-words.ts';
import { stringParts } from '../parse/strings.ts';
import * as T from '../parse/tokens.ts';
import { beforeCursor } from './before-cursor.ts';
import { fitting, type Completion, type CompletionContext, type CompletionItem } from './completion.ts';
import { inDomainString, inNames, inStatement } from './domain-names.ts';
import { offer, type BlockKind, type Situation } from './situation.ts';
import {
  configKeys,
  CONSOLE_STATEMENTS,
  DOMAIN_PROPERTIES,
  EVENT_NAMES,
  FUNCTIONS,
  GLOBALS,
  HOST_PROPERTIES,
  METHODS,
  STAGES,
  STATEMENTS,
  WAITS,
} from './vocabulary.ts';
import { commandItems, completeWord, fileItems, signatureNamed, valuesOfKey } from './words.ts';

/** In front of an expression that is completed alone. */
const VALUE = 'let _ = ';

/** An expression that stands in the text for itself: between the brackets of a word or in a string. */
async function alone(before: string, start: number, context: CompletionContext): Promise<Completion> {
  const lineStart = before.lastIndexOf('\n') + 1;
  const above = beforeCursor(before.slice(0, lineStart), 'script', new Set(context.variables)).names;
  const expression = VALUE + before.slice(start);
  const shift = start - VALUE.length;
  const found = await complete(expression, expression.length, { ...context, variables: declaredNames(before.slice(lineStart), above) });
  return { start: found.start + shift, end: before.length, items: found.items.filter((item) => item.text !== '_') };
}

/** `"${na`: an expression inside a text. */
const INTERPOLATION = /\$\{([^{}\n]*)$/;

export async function complete(text: string, offset: number, context: CompletionContext): Promise<Completion> {
  const before = text.slice(0, offset);
  const inner = context.dialect === 'config' ? null : INTERPOLATION.exec(before.slice(before.lastIndexOf('\n') + 1));
  if (inner) return await alone(before, offset - inner[1]!.length, context);
  const variables = new Set(context.variables);
  const functions = new Set(context.functions);
  const dialect = context.dialect ?? 'script';
  // A dash with nothing behind it is a minus to the lexer; here it begins an option.
  const lexed = /[ \t]-$/.test(before) ? `${before}x` : before;
  const { tokens, comments, names } = beforeCursor(lexed, dialect, variables);
  const comment = comments.at(-1);
  if (comment && comment.startOffset + comment.image.length >= offset) return { start: offset, end: offset, items: [] };
  const last = tokens.at(-1);
  const gap = last ? before.slice(last.startOffset + last.image.length) : before;
  const situation: Situation = {
    text,
    offset,
    tokens,
    last,
    gap,
    adjacent: !gap.includes('\n'),
    block: dialect === 'config' ? 'domain' : innermostBlock(tokens),
    names: new Set([...names].filter((name) => !functions.has(name))),
  };
  return (
    (await inCommand(situation, context)) ??
    (await inString(situation, context)) ??
    inKeyValue(situation) ??
    (await inNames(situation, context)) ??
    atStart(situation, context) ??
    afterPipe(situation, context) ??
    inExpression(situation, context)
  );
}

function innermostBlock(tokens: readonly IToken[]): BlockKind | null {
  const open: BlockKind[] = [];
  let head: BlockKind = 'other';
  for (const { tokenType } of tokens) {
    if (tokenType === T.Domain) head = 'domain';
    else if (tokenType === T.Console) head = 'console';
    else if (tokenType === T.Newline || tokenType === T.Semicolon) head = 'other';
    else if (tokenType === T.BlockOpen) {
      open.push(head);
      head = 'other';
    } else if (tokenType === T.BlockClose) open.pop();
  }
  return open.at(-1) ?? null;
}

// ----------------------------------------------------------------------------------------------------------------------------- commands

/** In the name or in the words of a command line. */
async function inCommand(situation: Situation, context: CompletionContext): Promise<Completion | null> {
  const { last, offset, text, adjacent, gap } = situation;
  if ((last?.tokenType !== T.CommandLine && last?.tokenType !== T.Inject) || !adjacent) return null;
  const before = text.slice(0, offset);
  let start = last.startOffset;
  let nameEnd = start + /^[\w-]+/.exec(last.image)![0].length;
  let { words } = scanWords(before, nameEnd);
  const name = before.slice(start, nameEnd);
  if (nameEnd === offset) return commandName(start, situation, context);
  if (name === 'xm' || name === 'xl') {
    const [first, ...rest] = words;
    if (!first) return offer(offset, offset, text, commandItems(context));
    start = first.start;
    nameEnd = first.end;
    words = rest;
    if (nameEnd === offset && gap === '') return offer(start, offset, text, commandItems(context));
  }
  const statement = await inStatement(name, words, situation, context);
  if (statement) return statement;
  const signature = signatureNamed(before.slice(start, nameEnd), context.commands);
  // A blank behind the last word begins a new one.
  const current = words.at(-1)?.end === offset ? words.at(-1) : undefined;
  const piece = current?.pieces.at(-1);
  if (piece?.kind === 'expression' && !piece.closed) return await alone(before, piece.innerStart, context);
  const variable = current && variableInWord(current, situation);
  if (variable) return variable;
  if (!signature) return { start: offset, end: offset, items: [] };
  const given = (current ? words.slice(0, -1) : words).map((word) => plainWord(before, word));
  return await word(current, given, signature, situation, context);
}

/** `$na`, at the end of a word. */
function variableInWord({ start, pieces: [first] }: ScannedWord, { text, offset, names }: Situation): Completion | null {
  if (first?.kind === 'string') return null;
  const typed = /\$\w*$/.exec(text.slice(start, offset))?.[0];
  if (typed === undefined) return first?.kind === 'text' ? null : { start: offset, end: offset, items: [] };
  return offer(
    offset - typed.length,
    offset,
    text,
    [...names].map((name) => ({ text: `$${name}`, detail: 'a variable', kind: 'variable', append: ' ' })),
  );
}

function plainWord(text: string, { pieces }: ScannedWord): string {
  return pieces
    .map((piece) =>
      piece.kind === 'text'
        ? piece.text
        : piece.kind === 'string'
          ? stringParts(text, piece.scan)
              .parts.map((part) => (part.kind === 'text' ? part.value : ''))
              .join('')
          : '',
    )
    .join('');
}

async function word(
  current: ScannedWord | undefined,
  before: readonly string[],
  signature: CommandSignature,
  situation: Situation,
  context: CompletionContext,
): Promise<Completion> {
  const { text, offset } = situation;
  const [first] = current?.pieces ?? [];
  const quote = first?.kind === 'string' ? text[current!.start]! : '';
  const typed = current ? plainWord(text.slice(0, offset), current) : '';
  const answer = await completeWord({ signature, before, typed, quoted: quote !== '' }, context);
  const start = (current?.start ?? offset) + answer.kept;
  const partial = typed.slice(answer.kept);
  const items = fitting(answer.items, partial);
  return { start, end: offset, items: items.map((item) => ({ ...item, ...quotedAs(item, quote) })) };
}

/** Names that are no plain words are put into quotes; a quote that was typed is kept and closed. */
function quotedAs({ text, append }: CompletionItem, quote: string): Pick<CompletionItem, 'text' | 'append'> {
  if (quote === '' && !/[\s;|{}"'$()\\#]/.test(text)) return { text, append };
  const mark = quote === '' ? "'" : quote;
  return append === '/' ? { text: `${mark}${text}`, append } : { text: `${mark}${text}${mark}`, append };
}

/** The start of a statement: a command, a keyword, a function, in a domain block a key. */
function commandName(start: number, situation: Situation, context: CompletionContext): Completion {
  const { text, offset, tokens } = situation;
  const before = tokens.at(-2);
  if (before?.tokenType === T.Pipe) return offer(start, offset, text, [...STAGES, ...commandItems(context)]);
  return offer(start, offset, text, statementItems(situation, context));
}

function statementItems({ block, names, tokens }: Situation, context: CompletionContext): readonly CompletionItem[] {
  const variables = variableItems(names);
  if (block === 'domain') {
    const set = new Set(tokens.filter(({ tokenType }) => tokenType === T.Key).map(({ image }) => image));
    return [
      ...configKeys(' = ').filter(({ text }) => !set.has(text)),
      ...(context.dialect === 'config' ? [] : STATEMENTS.filter(({ text }) => /^(?:if|for|let)$/.test(text))),
    ];
  }
  if (block === 'console') return [...CONSOLE_STATEMENTS, ...commandItems(context), ...variables];
  return [
    ...commandItems(context),
    ...STATEMENTS.filter(({ text }) => !context.commands.has(text)),
    ...variables,
    ...FUNCTIONS.filter(({ text }) => !context.commands.has(text)),
    ...GLOBALS.slice(0, 2),
  ];
}

function variableItems(names: Iterable<string>): CompletionItem[] {
  return [...names].map((name) => ({ text: name, detail: 'a variable', kind: 'variable', append: '' }));
}

function functionItems({ functions = [] }: CompletionContext): CompletionItem[] {
  return [...functions].map((name) => ({ text: name, detail: 'a function of this session', kind: 'function', append: '(' }));
}

function atStart(situation: Situation, context: CompletionContext): Completion | null {
  const { last, offset, text } = situation;
  const type = last?.tokenType;
  const starts = type === undefined || type === T.Newline || type === T.Semicolon || type === T.BlockOpen;
  if (starts) return offer(offset, offset, text, statementItems(situation, context));
  // A name at the start of a line of a configuration is no command line.
  const before = situation.tokens.at(-2)?.tokenType;
  if (
    context.dialect === 'config' &&
    type === T.Identifier &&
    situation.gap === '' &&
    (before === undefined || before === T.Newline || before === T.Semicolon)
  ) {
    return offer(last!.startOffset, offset, text, statementItems(situation, context));
  }
  return null;
}

function afterPipe({ last, offset, text }: Situation, context: CompletionContext): Completion | null {
  return last?.tokenType === T.Pipe ? offer(offset, offset, text, [...STAGES, ...commandItems(context)]) : null;
}

// --------------------------------------------------------------------------------------------------------------------- strings and keys

/** `domain("w` and `on_crash = "d`: a string that is still open. */
async function inString(situation: Situation, context: CompletionContext): Promise<Completion | null> {
  const { last, tokens, text, offset, gap } = situation;
  if (last?.tokenType !== T.UnclosedString || gap !== '') return null;
  const start = last.startOffset + 1;
  const [opener, before] = [tokens.at(-2), tokens.at(-3)];
  const quote = last.image[0]!;
  const domain = await inDomainString(situation, context);
  if (domain) return domain;
  if (opener?.tokenType === T.Include) {
    const files = await fileItems(text.slice(start, offset), context, (name) => name.endsWith('.xm'));
    return offer(
      start,
      offset,
      text,
      files.map((item) => ({ ...item, append: item.kind === 'directory' ? '/' : quote })),
    );
  }
  if (opener?.tokenType === T.Assign && before?.tokenType === T.Key)
    return offer(
      start,
      offset,
      text,
      valuesOfKey(before.image).map((item) => ({ ...item, append: quote })),
    );
  return { start: offset, end: offset, items: [] };
}

/** Behind `on_crash =`: its values, with their quotes. */
function inKeyValue({ last, tokens, text, offset }: Situation): Completion | null {
  const before = tokens.at(-2);
  if (last?.tokenType !== T.Assign || before?.tokenType !== T.Key || !configKey(before.image)?.choices) return null;
  return offer(
    offset,
    offset,
    text,
    valuesOfKey(before.image).map((item) => ({ ...item, text: `"${item.text}"`, append: '' })),
  );
}

// --------------------------------------------------------------------------------------------------------------------------- expressions

function inExpression(situation: Situation, context: CompletionContext): Completion {
  const { last, offset, text, gap, tokens, names } = situation;
  if (last?.tokenType === T.Member && gap === '') return offer(last.startOffset + 1, offset, text, propertiesBehind(tokens.slice(0, -1)));
  if (last?.tokenType === T.Unknown && last.image === '.' && gap === '')
    return offer(offset, offset, text, propertiesBehind(tokens.slice(0, -1)));
  const event = eventBehind(tokens, gap);
  if (event !== null) return offer(event === '' ? offset : last!.startOffset, offset, text, EVENT_NAMES);
  const typing = last !== undefined && gap === '' && /^[A-Za-z_]\w*$/.test(last.image);
  const start = typing ? last.startOffset : offset;
  if (!typing && last && OPERANDS.has(last.tokenType)) return offer(offset, offset, text, [WITHIN]);
  const columns = columnItems(situation, context);
  const waits = tokens.at(typing ? -2 : -1)?.tokenType === T.Wait ? WAITS : [];
  return offer(start, offset, text, [...waits, ...columns, ...variableItems(names), ...functionItems(context), ...FUNCTIONS, ...GLOBALS]);
}

/** What is typed of an event behind `on` or `wait for`; null: something else is. */
function eventBehind(tokens: readonly IToken[], gap: string): string | null {
  const [before, last] = [tokens.at(-2), tokens.at(-1)];
  if (last && STARTS_EVENT.has(last.tokenType)) return '';
  return before && STARTS_EVENT.has(before.tokenType) && last?.tokenType === T.Identifier && gap === '' ? last.image : null;
}

const STARTS_EVENT: ReadonlySet<IToken['tokenType']> = new Set([T.On, T.WaitFor]);
const WITHIN: CompletionItem = { text: 'within', detail: 'a time limit: within 10s', kind: 'keyword', append: ' ' };
const OPERANDS: ReadonlySet<IToken['tokenType']> = new Set([T.NumberLiteral, T.StringLiteral, T.Regex, T.RParen, T.RBracket, T.Member]);

/** Where it cannot be told what is in front of the dot: the methods of all values. */
function propertiesBehind(tokens: readonly IToken[]): readonly CompletionItem[] {
  const last = tokens.at(-1);
  if (last?.image === 'host') return HOST_PROPERTIES;
  const open = tokens.findLastIndex(({ tokenType }) => tokenType === T.CallOpen);
  if (last?.tokenType === T.RParen && tokens[open - 1]?.image === 'domain') return DOMAIN_PROPERTIES;
  if (last?.tokenType === T.StringLiteral) return METHODS.texts;
  return last?.tokenType === T.RBracket ? METHODS.lists : METHODS.all;
}

/** In a stage: the columns of the command that the pipeline begins with. */
function columnItems({ tokens }: Situation, { columns }: CompletionContext): CompletionItem[] {
  const pipe = tokens.findIndex(({ tokenType }) => tokenType === T.Pipe);
  const head = tokens[pipe - 1];
  if (!columns || pipe < 1 || head?.tokenType !== T.CommandLine) return [];
  return columns(/^[\w-]+/.exec(head.image)![0]).map((name) => ({ text: name, detail: 'a column', kind: 'variable', append: '' }));
}
