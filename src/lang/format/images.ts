/** How a token is written: most as they stand; those that hold several words with one blank between them. */
import type { IToken, TokenType } from 'chevrotain';
import { scanWords } from '../parse/scan-words.ts';
import * as T from '../parse/tokens.ts';

const PHRASES: ReadonlySet<TokenType> = new Set([T.WaitUntil, T.WaitFor, T.SortBy, T.GroupBy, T.To]);
const WITH_WORDS: ReadonlySet<TokenType> = new Set([T.CommandLine, T.Console, T.Domain, T.Inject, T.Save]);

export function normalImage({ tokenType, image }: IToken): string {
  if (tokenType === T.Comment) return image.trimEnd();
  if (PHRASES.has(tokenType)) return image.replace(/[ \t]+/g, ' ');
  if (tokenType === T.ArrowParameters) return parameters(image);
  return WITH_WORDS.has(tokenType) ? words(image) : image;
}

function parameters(image: string): string {
  const names = image.match(/\w+/g) ?? [];
  return image.startsWith('(') ? `(${names.join(', ')})` : image;
}

/** Words as they were typed; a line that was continued with a backslash stays so. */
function words(image: string): string {
  const nameEnd = /^[\w-]+/.exec(image)![0].length;
  const scanned = scanWords(image, nameEnd).words;
  let text = image.slice(0, nameEnd);
  let end = nameEnd;
  for (const word of scanned) {
    text += image.slice(end, word.start).includes('\n') ? ' \\\n    ' : ' ';
    text += image.slice(word.start, word.end);
    end = word.end;
  }
  return text;
}
