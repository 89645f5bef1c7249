/** Names of domains where they are no words of a command: in statements, in after = […]. */
import type { IToken } from 'chevrotain';
import { configKey } from '../keys/config-keys.ts';
import type { ScannedWord } from '../parse/scan-words.ts';
import * as T from '../parse/tokens.ts';
import { fitting, type Completion, type CompletionContext } from './completion.ts';
import { offer, type Situation } from './situation.ts';
import { EVENT_NAMES, WAITS } from './vocabulary.ts';

/** A quote that is typed is kept and closed. */
async function domains(
  start: number,
  { text, offset }: Situation,
  context: CompletionContext,
  quotes: 'always' | 'needed',
  append: string,
): Promise<Completion> {
  const quote = /^["']/.exec(text.slice(start, offset))?.[0];
  const from = start + (quote?.length ?? 0);
  const items = (await context.domains()).map(({ name, detail }) => ({
    text: name,
    detail,
    kind: 'domain' as const,
    append: quote ?? append,
  }));
  const isBare = (name: string): boolean => quote !== undefined || (quotes === 'needed' && /^[A-Za-z_]\w*$/.test(name));
  return {
    start: from,
    end: offset,
    items: fitting(items, text.slice(from, offset)).map((item) => (isBare(item.text) ? item : { ...item, text: `"${item.text}"` })),
  };
}

/** A statement that is not typed to its end is a command line so far: on EVENT of DOMAIN, inject FAULT on DOMAIN, wait until … */
export async function inStatement(
  name: string,
  words: readonly ScannedWord[],
  situation: Situation,
  context: CompletionContext,
): Promise<Completion | null> {
  const { text, offset } = situation;
  const current = words.at(-1)?.end === offset ? words.at(-1) : undefined;
  const given = (current ? words.slice(0, -1) : words).map(({ start, end }) => text.slice(start, end));
  const start = current?.start ?? offset;
  const inDomain = given.at(-1) === (name === 'inject' ? 'on' : 'of');
  if ((name === 'on' || name === 'inject') && given.length > 1 && inDomain) return await domains(start, situation, context, 'always', ' ');
  if (given.length > 0) return null;
  if (name === 'on') return offer(start, offset, text, EVENT_NAMES);
  if (name === 'wait') return offer(start, offset, text, WAITS);
  if (name !== 'inject' || !context.faults) return null;
  return offer(
    start,
    offset,
    text,
    context.faults.map((fault) => ({ text: fault.name, detail: fault.doc, kind: 'keyword', append: ' ' })),
  );
}

/** In the value of a key that takes names of domains: after = [web, "d */
function isAmongDomains(tokens: readonly IToken[]): boolean {
  const at = tokens.findLastIndex(({ tokenType }) => !NAMES_AND_SIGNS.has(tokenType));
  return tokens[at]?.tokenType === T.Assign && tokens[at - 1]?.tokenType === T.Key && configKey(tokens[at - 1]!.image)?.type === 'names';
}

const NAMES_AND_SIGNS: ReadonlySet<IToken['tokenType']> = new Set([T.LBracket, T.Comma, T.StringLiteral, T.Identifier]);

/** Domains whose quotes are not typed: after = [we, on crashed of we */
export async function inNames(situation: Situation, context: CompletionContext): Promise<Completion | null> {
  const { last, tokens, offset, gap } = situation;
  const isTyping = last?.tokenType === T.Identifier && gap === '';
  const before = isTyping ? tokens.slice(0, -1) : tokens;
  const follows = before.at(-1)?.tokenType;
  const start = isTyping ? last.startOffset : offset;
  if (follows === T.Of) return await domains(start, situation, context, 'always', ' ');
  const expects = follows === T.LBracket || follows === T.Comma || follows === T.Assign;
  return expects && isAmongDomains(before) ? await domains(start, situation, context, 'needed', '') : null;
}

/** `domain("w`, `of "w`, `after = ["w` */
export async function inDomainString(situation: Situation, context: CompletionContext): Promise<Completion | null> {
  const { last, tokens } = situation;
  const [opener, before] = [tokens.at(-2), tokens.at(-3)];
  const isCall = opener?.tokenType === T.CallOpen && before?.image === 'domain';
  if (!isCall && opener?.tokenType !== T.Of && !isAmongDomains(tokens.slice(0, -1))) return null;
  return await domains(last!.startOffset, situation, context, 'always', '');
}
