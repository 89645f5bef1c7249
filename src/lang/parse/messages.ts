/** How the parser words what it did not expect. */
import { EOF, type IParserErrorMessageProvider, type IToken, type TokenType } from 'chevrotain';
import { Newline, Unknown } from './tokens.ts';

export function describeToken({ tokenType, image }: IToken): string {
  if (tokenType === EOF) return 'the end';
  if (tokenType === Newline) return 'the end of the line';
  const line = image.split('\n', 1)[0]!;
  return `'${line.length > 24 ? `${line.slice(0, 23)}…` : line}'`;
}

export function labelOf(type: TokenType): string {
  return type.LABEL ?? type.name;
}

function unexpected(expected: string, actual: IToken): string {
  if (actual.tokenType === Unknown) return `${describeToken(actual)} means nothing here`;
  return `expected ${expected}, found ${describeToken(actual)}`;
}

export const MESSAGES: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual }) => unexpected(labelOf(expected), actual),
  buildNotAllInputParsedMessage: ({ firstRedundant }) => `${describeToken(firstRedundant)} cannot stand here`,
  buildNoViableAltMessage({ actual, previous, customUserDescription }) {
    const [token] = actual;
    // Only += is there: it also appends to lists and texts.
    if (token!.image === '=' && /^[-*/%]$/.test(previous.image))
      return `there is no '${previous.image}=': write NAME = NAME ${previous.image} …`;
    return unexpected(customUserDescription ?? 'something else', token!);
  },
  buildEarlyExitMessage: ({ actual, customUserDescription }) => unexpected(customUserDescription ?? 'something else', actual[0]!),
};
