/** The grammar of expressions. LL(1): what needs more than one token of look-ahead is decided by the lexer. */
import { EmbeddedActionsParser, EOF, type IToken, type ParserMethod } from 'chevrotain';
import type { Block, Expression, MapNode, Pipeline } from './ast.ts';
import { MESSAGES } from './messages.ts';
import { treeOf, type Operand } from './operators.ts';
import { BinarySign } from './token-kinds.ts';
import * as T from './tokens.ts';
import { VOCABULARY } from './vocabulary.ts';
import { TreeBuilder } from './tree-builder.ts';

export type Rule<R> = ParserMethod<[], R>;

export const ENDS_LINE: ReadonlySet<IToken['tokenType']> = new Set([T.Newline, T.Semicolon, T.BlockClose, EOF]);

const NO_TOKENS: readonly IToken[] = [];
/** Behind so many nothing more is read: it is no text of the language at all. */
export const MOST_MISTAKES = 2000;

export abstract class ExpressionParser extends EmbeddedActionsParser {
  /** Chevrotain has it, its types do not name it. */
  declare protected SKIP_TOKEN: () => IToken;
  protected tree: TreeBuilder = new TreeBuilder('', 'script');

  constructor(validate: boolean) {
    super(VOCABULARY, { recoveryEnabled: false, maxLookahead: 1, skipValidations: !validate, errorMessageProvider: MESSAGES });
  }

  protected abstract readonly block: Rule<Block>;
  /** A command or an expression with its stages; an expression alone if it has none. */
  protected abstract readonly pipeline: Rule<Pipeline | Expression>;

  protected report(token: IToken, message: string, help?: string): void {
    const start = this.tree.start(token);
    this.tree.find(token.tokenType === T.Unknown ? 'unknown-character' : 'syntax', start, this.tree.end(token), message, help);
  }

  /** To the end of the line; blocks that open on the way are skipped whole. */
  protected skipLine(atLeastOne: boolean): void {
    let depth = 0;
    let skipped = !atLeastOne;
    const all = this.tree.findings.length + this.errors.length > MOST_MISTAKES;
    for (let token = this.LA(1); token.tokenType !== EOF; token = this.LA(1)) {
      const { tokenType } = token;
      if (skipped && depth === 0 && !all && ENDS_LINE.has(tokenType)) return;
      if (tokenType === T.BlockOpen || tokenType === T.MapOpen) depth++;
      else if ((tokenType === T.BlockClose || tokenType === T.MapClose) && depth > 0) depth--;
      this.SKIP_TOKEN();
      skipped = true;
    }
  }

  readonly expression: Rule<Expression> = this.RULE('expression', (): Expression =>
    this.OR({ ERR_MSG: 'a value', DEF: [{ ALT: () => this.SUBRULE(this.arrow) }, { ALT: () => this.SUBRULE(this.conditional) }] }),
  );

  private readonly arrow: Rule<Expression> = this.RULE('arrow', (): Expression => {
    const names = this.CONSUME(T.ArrowParameters);
    this.CONSUME(T.Arrow);
    const body = this.OR([
      { ALT: (): Expression | Block => this.SUBRULE(this.block) },
      { ALT: (): Expression | Block => this.SUBRULE(this.expression) },
    ]);
    return { kind: 'arrow', parameters: this.tree.parametersOf(names), body, start: this.tree.start(names), end: body.end };
  });

  private readonly conditional: Rule<Expression> = this.RULE('conditional', (): Expression => {
    const condition = this.SUBRULE(this.binary);
    let node = condition;
    this.OPTION(() => {
      this.CONSUME(T.Question);
      const yes = this.SUBRULE(this.expression);
      this.CONSUME(T.Colon);
      const no = this.SUBRULE1(this.expression);
      node = { kind: 'conditional', condition, yes, no, start: condition.start, end: no.end };
    });
    return node;
  });

  private readonly binary: Rule<Expression> = this.RULE('binary', (): Expression => {
    const first = this.SUBRULE(this.operand);
    let operands: Operand[] | null = null;
    let signs: IToken[] | null = null;
    this.MANY(() => {
      (signs ??= []).push(this.CONSUME(BinarySign));
      (operands ??= [first]).push(this.SUBRULE1(this.operand));
    });
    if (operands === null && (this.RECORDING_PHASE || first.prefixes === NO_TOKENS)) return first.value;
    return this.ACTION(() => treeOf(operands ?? [first], signs ?? [], this.tree.base));
  });

  private readonly operand: Rule<Operand> = this.RULE('operand', (): Operand => {
    let prefixes: IToken[] | null = null;
    this.MANY(() => {
      const prefix = this.OR([
        { ALT: () => this.CONSUME(T.Not) },
        { ALT: () => this.CONSUME(T.Bang) },
        { ALT: () => this.CONSUME(T.Minus) },
        { ALT: () => this.CONSUME(T.Plus) },
      ]);
      (prefixes ??= []).push(prefix);
    });
    return { prefixes: prefixes ?? NO_TOKENS, value: this.SUBRULE(this.postfix) };
  });

  private readonly postfix: Rule<Expression> = this.RULE('postfix', (): Expression => {
    let node = this.SUBRULE(this.primary);
    this.MANY(() => {
      node = this.OR([{ ALT: () => this.#member(node) }, { ALT: () => this.#index(node) }, { ALT: () => this.#call(node) }]);
    });
    return node;
  });

  #member(object: Expression): Expression {
    const token = this.CONSUME(T.Member);
    return { kind: 'member', object, property: token.image.slice(1), start: object.start, end: this.tree.end(token) };
  }

  #index(object: Expression): Expression {
    this.CONSUME(T.IndexOpen);
    const index = this.SUBRULE(this.expression);
    const close = this.CONSUME(T.RBracket);
    return { kind: 'index', object, index, start: object.start, end: this.tree.end(close) };
  }

  #call(callee: Expression): Expression {
    this.CONSUME(T.CallOpen);
    const args: Expression[] = [];
    this.MANY_SEP({ SEP: T.Comma, DEF: () => args.push(this.SUBRULE1(this.expression)) });
    const close = this.CONSUME(T.RParen);
    return { kind: 'call', callee, args, start: callee.start, end: this.tree.end(close) };
  }

  /** Made once: this rule runs for every value of a configuration. */
  #primaries: { ALT: () => Expression }[] | null = null;

  private readonly primary: Rule<Expression> = this.RULE('primary', (): Expression =>
    this.OR({
      ERR_MSG: 'a value',
      DEF: (this.#primaries ??= [
        { ALT: () => this.#leaf(this.CONSUME(T.StringLiteral), (token) => this.tree.string(token)) },
        { ALT: () => this.#leaf(this.CONSUME(T.NumberLiteral), (token) => this.tree.number(token)) },
        { ALT: () => this.SUBRULE(this.list) },
        { ALT: () => this.#leaf(this.CONSUME(T.Identifier), (token) => this.tree.name(token)) },
        { ALT: () => this.#leaf(this.CONSUME(T.DollarName), (token) => this.tree.name(token)) },
        { ALT: () => this.#leaf(this.CONSUME(T.UnclosedString), (token) => this.tree.unclosedString(token)) },
        { ALT: () => this.#leaf(this.CONSUME(T.True), (token) => this.tree.constant(token, true)) },
        { ALT: () => this.#leaf(this.CONSUME(T.False), (token) => this.tree.constant(token, false)) },
        { ALT: () => this.#leaf(this.CONSUME(T.Null), (token) => this.tree.constant(token, null)) },
        { ALT: () => this.#leaf(this.CONSUME(T.Regex), (token) => this.tree.regex(token)) },
        { ALT: () => this.SUBRULE(this.matching) },
        { ALT: () => this.SUBRULE(this.map) },
        { ALT: () => this.SUBRULE(this.parenthesised) },
      ]),
    }),
  );

  #leaf(token: IToken, make: (token: IToken) => Expression): Expression {
    return this.ACTION(() => make(token));
  }

  private readonly list: Rule<Expression> = this.RULE('list', (): Expression => {
    const open = this.CONSUME(T.LBracket);
    const items: Expression[] = [];
    this.OPTION(() => {
      items.push(this.SUBRULE(this.expression));
      this.MANY({
        // One comma may trail; [1,,2] and [,] are errors, as in xl.
        GATE: () => this.LA(2).tokenType !== T.RBracket,
        DEF: () => {
          this.CONSUME(T.Comma);
          items.push(this.SUBRULE1(this.expression));
        },
      });
      this.OPTION1(() => this.CONSUME1(T.Comma));
    });
    const close = this.CONSUME(T.RBracket);
    return { kind: 'list', items, start: this.tree.start(open), end: this.tree.end(close) };
  });

  private readonly map: Rule<MapNode> = this.RULE('map', (): MapNode => {
    const open = this.CONSUME(T.MapOpen);
    const entries: { key: string | Expression; value: Expression }[] = [];
    this.MANY_SEP({
      SEP: T.Comma,
      DEF: () => {
        const key = this.SUBRULE(this.binary);
        this.CONSUME(T.Colon);
        const value = this.SUBRULE(this.expression);
        entries.push({ key: key.kind === 'name' ? key.name : key, value });
      },
    });
    const close = this.CONSUME(T.MapClose);
    return { kind: 'map', entries, start: this.tree.start(open), end: this.tree.end(close) };
  });

  private readonly parenthesised: Rule<Expression> = this.RULE('parenthesised', (): Expression => {
    this.CONSUME(T.LParen);
    const value = this.SUBRULE(this.pipeline);
    this.CONSUME(T.RParen);
    return value;
  });

  private readonly matching: Rule<Expression> = this.RULE('matching', (): Expression => {
    const keyword = this.CONSUME(T.Match);
    const pattern = this.SUBRULE(this.expression);
    const within = this.SUBRULE(this.within);
    return { kind: 'match', pattern, within, start: this.tree.start(keyword), end: (within ?? pattern).end };
  });

  protected readonly within: Rule<Expression | null> = this.RULE('within', (): Expression | null => {
    let duration: Expression | null = null;
    this.OPTION(() => {
      this.CONSUME(T.Within);
      duration = this.SUBRULE(this.expression);
    });
    return duration;
  });
}
