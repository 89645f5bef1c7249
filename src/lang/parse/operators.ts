/** Operators: their strength, and how a row of operands and signs becomes a tree. */
import type { IToken, TokenType } from 'chevrotain';
import type { BinaryOperator, Expression, UnaryNode } from './ast.ts';
import * as T from './tokens.ts';

interface Operator {
  readonly name: BinaryOperator;
  readonly strength: number;
  readonly right?: boolean;
}

const OPERATORS: ReadonlyMap<TokenType, Operator> = new Map<TokenType, Operator>([
  [T.Coalesce, { name: '??', strength: 1 }],
  [T.Or, { name: 'or', strength: 2 }],
  [T.OrOr, { name: 'or', strength: 2 }],
  [T.And, { name: 'and', strength: 3 }],
  [T.AndAnd, { name: 'and', strength: 3 }],
  [T.EqualEqual, { name: '==', strength: 5 }],
  [T.NotEqual, { name: '!=', strength: 5 }],
  [T.Less, { name: '<', strength: 5 }],
  [T.LessEqual, { name: '<=', strength: 5 }],
  [T.Greater, { name: '>', strength: 5 }],
  [T.GreaterEqual, { name: '>=', strength: 5 }],
  [T.Matches, { name: '=~', strength: 5 }],
  [T.NotMatches, { name: '!~', strength: 5 }],
  [T.In, { name: 'in', strength: 5 }],
  [T.DotDot, { name: '..', strength: 6 }],
  [T.Plus, { name: '+', strength: 7 }],
  [T.Minus, { name: '-', strength: 7 }],
  [T.Times, { name: '*', strength: 8 }],
  [T.Divide, { name: '/', strength: 8 }],
  [T.Modulo, { name: '%', strength: 8 }],
  [T.Power, { name: '**', strength: 10, right: true }],
]);

/** `not` reaches over a comparison, a sign over a power, `!` over its operand only. */
const PREFIXES: ReadonlyMap<TokenType, { readonly name: UnaryNode['operator']; readonly strength: number }> = new Map([
  [T.Not, { name: 'not', strength: 4 }],
  [T.Minus, { name: '-', strength: 9 }],
  [T.Plus, { name: '+', strength: 9 }],
  [T.Bang, { name: 'not', strength: 11 }],
]);

export interface Operand {
  readonly prefixes: readonly IToken[];
  readonly value: Expression;
}

/** Precedence climbing over what the parser collected: `operands` is one longer than `signs`. */
export function treeOf(operands: readonly Operand[], signs: readonly IToken[], base: number): Expression {
  let next = 0;
  const primary = (prefix: number): Expression => {
    const operand = operands[next]!;
    const token = operand.prefixes[prefix];
    if (!token) return operand.value;
    const { name, strength } = PREFIXES.get(token.tokenType)!;
    const value = climb(strength, prefix + 1);
    return { kind: 'unary', operator: name, operand: value, start: base + token.startOffset, end: value.end };
  };
  const climb = (least: number, prefix: number): Expression => {
    let left = primary(prefix);
    for (;;) {
      const sign = signs[next];
      const operator = sign && OPERATORS.get(sign.tokenType);
      if (!operator || operator.strength < least) return left;
      next++;
      const right = climb(operator.right ? operator.strength : operator.strength + 1, 0);
      left = { kind: 'binary', operator: operator.name, left, right, start: left.start, end: right.end };
    }
  };
  return climb(0, 0);
}
