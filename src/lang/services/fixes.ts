/** What a diagnostic suggests, as changes of the text. */
import type { Problem } from '../problem.ts';
import { suggested } from '../problems/did-you-mean.ts';
import { PROBLEMS } from '../problems/table.ts';
import type { Node } from '../parse/ast.ts';

export interface Fix {
  readonly title: string;
  readonly edit: Node & { readonly text: string };
  /** Nothing else can be meant. */
  readonly isPreferred: boolean;
}

export function fixesOf({ code, span, help, message }: Problem, text: string): readonly Fix[] {
  const { start, end } = span;
  const written = text.slice(start, end);
  const meant = suggested(help);
  if (meant !== null) {
    const place = misspelt(written, message, meant);
    return [
      { title: `Change to '${meant}'`, edit: { start: start + place.start, end: start + place.end, text: meant }, isPreferred: true },
    ];
  }
  if (code === PROBLEMS['not-declared'].code && help?.startsWith('declare it first'))
    return [{ title: `Declare it: let ${written}`, edit: { start, end: start, text: 'let ' }, isPreferred: false }];
  if (code === PROBLEMS.unused.code) return [{ title: `Call it _${written}`, edit: { start, end: start, text: '_' }, isPreferred: false }];
  const inBrackets = /^put it into brackets: (\(.+\))$/s.exec(help ?? '')?.[1];
  if (inBrackets !== undefined) return [{ title: `Write ${inBrackets}`, edit: { start, end, text: inBrackets }, isPreferred: true }];
  return [];
}

/** Of a place that is more than the word: the word that the message quotes, or what stands between quotes. */
function misspelt(written: string, message: string, meant: string): Node {
  const quoted = [...message.matchAll(/'([^']+)'/g)].map((match) => match[1]!).filter((word) => written.includes(word) && word !== meant);
  const [word] = quoted;
  if (word !== undefined) return { start: written.indexOf(word), end: written.indexOf(word) + word.length };
  return /^(["']).*\1$/s.test(written) ? { start: 1, end: written.length - 1 } : { start: 0, end: written.length };
}

const NEEDLESS: ReadonlySet<string> = new Set([PROBLEMS.unused.code, PROBLEMS.unreachable.code]);

/** The text could do without the place. */
export function isNeedless({ code }: Problem): boolean {
  return NEEDLESS.has(code);
}
