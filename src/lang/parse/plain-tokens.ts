/** Tokens that are told by their characters alone. */
import { createToken, type TokenType } from 'chevrotain';
import { sign } from './token-kinds.ts';

export const ByteOrderMark: TokenType = createToken({ name: 'ByteOrderMark', pattern: /\uFEFF/, group: 'marks' });
export const Comment: TokenType = createToken({ name: 'Comment', pattern: /#[^\n]*/, group: 'comments' });
export const Identifier: TokenType = createToken({ name: 'Identifier', pattern: /[A-Za-z_][A-Za-z0-9_]*/, label: 'a name' });

function keyword(name: string, word: string): TokenType {
  return createToken({ name, pattern: new RegExp(word), longer_alt: Identifier, label: `'${word}'` });
}
export const Let: TokenType = keyword('Let', 'let');
export const If: TokenType = keyword('If', 'if');
export const Else: TokenType = keyword('Else', 'else');
export const For: TokenType = keyword('For', 'for');
export const In: TokenType = keyword('In', 'in');
export const While: TokenType = keyword('While', 'while');
export const Break: TokenType = keyword('Break', 'break');
export const Continue: TokenType = keyword('Continue', 'continue');
export const Fn: TokenType = keyword('Fn', 'fn');
export const Return: TokenType = keyword('Return', 'return');
export const Try: TokenType = keyword('Try', 'try');
export const Catch: TokenType = keyword('Catch', 'catch');
export const Throw: TokenType = keyword('Throw', 'throw');
export const And: TokenType = keyword('And', 'and');
export const Or: TokenType = keyword('Or', 'or');
export const Not: TokenType = keyword('Not', 'not');
export const True: TokenType = keyword('True', 'true');
export const False: TokenType = keyword('False', 'false');
export const Null: TokenType = keyword('Null', 'null');
export const Within: TokenType = keyword('Within', 'within');

/** `match /…/` or `match pattern`: elsewhere a name. */
export const Match: TokenType = createToken({
  name: 'Match',
  pattern: /match(?=[ \t]*\/|[ \t]+(?!(?:in|and|or|within)\b)["'$A-Za-z_])/,
  longer_alt: Identifier,
  label: "'match'",
});
/** The dot and the name together, so that a property may be called like a keyword. */
export const Member: TokenType = createToken({ name: 'Member', pattern: /\.[A-Za-z_]\w*/, label: 'a property' });
/** `$name` in an expression, for people who come from a command line. */
export const DollarName: TokenType = createToken({ name: 'DollarName', pattern: /\$[A-Za-z_]\w*/, label: 'a variable' });

export const Arrow: TokenType = sign('Arrow', '=>');
export const Matches: TokenType = sign('Matches', '=~');
export const NotMatches: TokenType = sign('NotMatches', '!~');
export const EqualEqual: TokenType = sign('EqualEqual', '==');
export const NotEqual: TokenType = sign('NotEqual', '!=');
export const LessEqual: TokenType = sign('LessEqual', '<=');
export const GreaterEqual: TokenType = sign('GreaterEqual', '>=');
export const Less: TokenType = sign('Less', '<');
export const Greater: TokenType = sign('Greater', '>');
export const Append: TokenType = sign('Append', '+=');
export const Assign: TokenType = sign('Assign', '=');
export const Plus: TokenType = sign('Plus', '+');
export const Minus: TokenType = sign('Minus', '-');
export const Power: TokenType = sign('Power', '**');
export const Times: TokenType = sign('Times', '*');
export const Divide: TokenType = sign('Divide', '/');
export const Modulo: TokenType = sign('Modulo', '%');
export const AndAnd: TokenType = sign('AndAnd', '&&');
export const OrOr: TokenType = sign('OrOr', '||');
export const Pipe: TokenType = sign('Pipe', '|');
export const Coalesce: TokenType = sign('Coalesce', '??');
export const Question: TokenType = sign('Question', '?');
export const DotDot: TokenType = sign('DotDot', '..');
export const Comma: TokenType = sign('Comma', ',');
export const Colon: TokenType = sign('Colon', ':');
export const Bang: TokenType = sign('Bang', '!');
/** Everything else, so that the lexer never fails and the parser reports the mistake once. */
export const Unknown: TokenType = createToken({
  name: 'Unknown',
  pattern: /[\uD800-\uDBFF][\uDC00-\uDFFF]|[\u0000-\u0008\u000b-\u001f!-\uffff]/,
  line_breaks: false,
});
