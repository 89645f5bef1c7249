/** Python's expressions by recursive descent: the part that configuration files use. */
import type { PyExpression, PyParameter } from './ast.ts';
import { PythonFault } from './fault.ts';
import type { Token } from './tokens.ts';

export const UNSUPPORTED: Readonly<Record<string, string>> = {
  class: 'write the values themselves',
  with: 'files cannot be read from a configuration: write the value itself',
  yield: 'return a list',
  async: 'write it without async',
  await: 'write it without await',
  exec: 'write the values themselves',
  nonlocal: 'return the value',
};
const KEYWORDS: ReadonlySet<string> = new Set([
  'and',
  'or',
  'not',
  'in',
  'is',
  'if',
  'elif',
  'else',
  'for',
  'while',
  'def',
  'return',
  'raise',
  'try',
  'except',
  'finally',
  'import',
  'from',
  'as',
  'pass',
  'break',
  'continue',
  'global',
  'lambda',
  'del',
  'assert',
  ...Object.keys(UNSUPPORTED),
]);
const MOST_NESTED = 60;

const BINARY: readonly (readonly string[])[] = [['|'], ['^'], ['&'], ['<<', '>>'], ['+', '-'], ['*', '/', '%', '//']];
const COMPARISONS: ReadonlySet<string> = new Set(['<', '>', '<=', '>=', '==', '!=', '<>']);

export abstract class ExpressionParser {
  protected readonly tokens: readonly Token[];
  protected at = 0;
  #nested = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  protected get token(): Token {
    return this.tokens[this.at]!;
  }

  protected is(text: string): boolean {
    return (this.token.kind === 'sign' || this.token.kind === 'name') && this.token.text === text;
  }

  protected ofKind(kind: Token['kind']): boolean {
    return this.token.kind === kind;
  }

  protected take(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }

  protected expect(text: string): void {
    if (!this.take(text)) this.fail(`expected '${text}'`);
  }

  protected fail(message: string): never {
    const { kind, text, start, end } = this.token;
    const found = kind === 'newline' || kind === 'dedent' ? 'the end of the line' : kind === 'end' ? 'the end' : `'${text}'`;
    throw new PythonFault('syntax', `${message}, found ${found}`, { start, end: Math.max(end, start + 1) });
  }

  protected name(): string {
    const { kind, text } = this.token;
    if (kind !== 'name' || KEYWORDS.has(text)) this.fail('expected a name');
    this.at++;
    return text;
  }

  protected get end(): number {
    return this.tokens[Math.max(0, this.at - 1)]!.end;
  }

  protected parameters(closer: string): readonly PyParameter[] {
    const parameters: PyParameter[] = [];
    while (!this.is(closer)) {
      if (this.is('*') || this.is('**')) {
        const { start, end } = this.token;
        throw new PythonFault('unsupported', 'lists of parameters are not known here', { start, end }, 'name the parameters');
      }
      const name = this.name();
      parameters.push({ name, fallback: this.take('=') ? this.expression() : null });
      if (!this.take(',')) break;
    }
    return parameters;
  }

  protected endsHere(): boolean {
    return this.token.kind === 'newline' || this.token.kind === 'end' || this.is(';');
  }

  protected assignable(node: PyExpression): PyExpression {
    if (node.kind === 'name' || node.kind === 'index' || node.kind === 'attribute') return node;
    if (node.kind === 'tuple' || node.kind === 'list') {
      for (const item of node.items) this.assignable(item);
      return node;
    }
    throw new PythonFault('syntax', 'this cannot be assigned to', node);
  }

  /** With commas a tuple. */
  protected expressions(): PyExpression {
    const first = this.expression();
    if (!this.is(',')) return first;
    const items = [first];
    while (this.take(',')) {
      if (this.endsHere() || this.is('=') || this.is(')')) break;
      items.push(this.expression());
    }
    return { kind: 'tuple', items, start: first.start, end: this.end };
  }

  protected targets(): PyExpression {
    const first = this.#binary(0);
    if (!this.is(',')) return this.assignable(first);
    const items = [first];
    while (this.take(',')) if (!this.is('in')) items.push(this.#binary(0));
    return { kind: 'tuple', items: items.map((item) => this.assignable(item)), start: first.start, end: this.end };
  }

  protected expression(): PyExpression {
    if (++this.#nested > MOST_NESTED) this.fail('brackets are nested too deeply');
    try {
      return this.is('lambda') ? this.#lambda() : this.#conditional();
    } finally {
      this.#nested--;
    }
  }

  #lambda(): PyExpression {
    const { start } = this.token;
    this.at++;
    const parameters = this.parameters(':');
    this.expect(':');
    const body = this.expression();
    return { kind: 'lambda', parameters, body, start, end: body.end };
  }

  #conditional(): PyExpression {
    const yes = this.#or();
    if (!this.is('if')) return yes;
    this.at++;
    const condition = this.#or();
    this.expect('else');
    const no = this.expression();
    return { kind: 'conditional', condition, yes, no, start: yes.start, end: no.end };
  }

  #or(): PyExpression {
    let left = this.#and();
    while (this.take('or')) {
      const right = this.#and();
      left = { kind: 'binary', operator: 'or', left, right, start: left.start, end: right.end };
    }
    return left;
  }

  #and(): PyExpression {
    let left = this.#not();
    while (this.take('and')) {
      const right = this.#not();
      left = { kind: 'binary', operator: 'and', left, right, start: left.start, end: right.end };
    }
    return left;
  }

  #not(): PyExpression {
    const { start } = this.token;
    if (!this.take('not')) return this.#comparison();
    const operand = this.#not();
    return { kind: 'unary', operator: 'not', operand, start, end: operand.end };
  }

  #comparison(): PyExpression {
    const first = this.#binary(0);
    const rest: (readonly [string, PyExpression])[] = [];
    for (let sign = this.#comparisonSign(); sign !== null; sign = this.#comparisonSign()) rest.push([sign, this.#binary(0)]);
    return rest.length === 0 ? first : { kind: 'compare', first, rest, start: first.start, end: this.end };
  }

  #comparisonSign(): string | null {
    const { kind, text } = this.token;
    if (kind === 'sign' && COMPARISONS.has(text)) {
      this.at++;
      return text === '<>' ? '!=' : text;
    }
    if (this.take('in')) return 'in';
    if (this.take('is')) return this.take('not') ? 'is not' : 'is';
    if (this.is('not') && this.tokens[this.at + 1]!.text === 'in') {
      this.at += 2;
      return 'not in';
    }
    return null;
  }

  #binary(level: number): PyExpression {
    const signs = BINARY[level];
    if (!signs) return this.#unary();
    let left = this.#binary(level + 1);
    while (this.token.kind === 'sign' && signs.includes(this.token.text)) {
      const operator = this.token.text;
      this.at++;
      const right = this.#binary(level + 1);
      left = { kind: 'binary', operator, left, right, start: left.start, end: right.end };
    }
    return left;
  }

  #unary(): PyExpression {
    const { start, text, kind } = this.token;
    if (kind === 'sign' && /^[-+~]$/.test(text)) {
      this.at++;
      const operand = this.#unary();
      return { kind: 'unary', operator: text, operand, start, end: operand.end };
    }
    const base = this.#postfix();
    if (!this.take('**')) return base;
    const right = this.#unary();
    return { kind: 'binary', operator: '**', left: base, right, start, end: right.end };
  }

  #postfix(): PyExpression {
    let node = this.#atom();
    for (;;) {
      if (this.take('.')) node = { kind: 'attribute', object: node, name: this.name(), start: node.start, end: this.end };
      else if (this.take('(')) node = this.#call(node);
      else if (this.take('[')) node = this.#subscript(node);
      else return node;
    }
  }

  #call(callee: PyExpression): PyExpression {
    const args: PyExpression[] = [];
    const named = new Map<string, PyExpression>();
    while (!this.is(')')) {
      const next = this.tokens[this.at + 1]!;
      if (this.token.kind === 'name' && next.kind === 'sign' && next.text === '=') {
        const name = this.name();
        this.at++;
        named.set(name, this.expression());
      } else args.push(this.#comprehended(this.expression()));
      if (!this.take(',')) break;
    }
    this.expect(')');
    return { kind: 'call', callee, args, named, start: callee.start, end: this.end };
  }

  #subscript(object: PyExpression): PyExpression {
    const from = this.is(':') ? null : this.expression();
    if (this.take(':')) {
      const to = this.is(']') ? null : this.expression();
      this.expect(']');
      return { kind: 'slice', object, from, to, start: object.start, end: this.end };
    }
    this.expect(']');
    return { kind: 'index', object, index: from!, start: object.start, end: this.end };
  }

  #comprehended(element: PyExpression): PyExpression {
    if (!this.take('for')) return element;
    const target = this.targets();
    this.expect('in');
    const iterable = this.#or();
    const conditions: PyExpression[] = [];
    while (this.take('if')) conditions.push(this.#or());
    return { kind: 'comprehension', element, target, iterable, conditions, start: element.start, end: this.end };
  }

  #atom(): PyExpression {
    const { kind, text, start, end } = this.token;
    if (kind === 'number') {
      this.at++;
      return { kind: 'number', text, start, end };
    }
    if (kind === 'string') {
      let value = '';
      while (this.token.kind === 'string') {
        value += this.token.value;
        this.at++;
      }
      return { kind: 'string', text: value, start, end: this.end };
    }
    if (kind === 'name' && !KEYWORDS.has(text)) {
      this.at++;
      return { kind: 'name', name: text, start, end };
    }
    if (this.take('(')) return this.#parenthesised(start);
    if (this.take('[')) return this.#list(start);
    if (this.take('{')) return this.#dict(start);
    return this.fail('expected a value');
  }

  #parenthesised(start: number): PyExpression {
    if (this.take(')')) return { kind: 'tuple', items: [], start, end: this.end };
    const value = this.#comprehended(this.expressions());
    this.expect(')');
    return { ...value, start, end: this.end };
  }

  #list(start: number): PyExpression {
    const items: PyExpression[] = [];
    while (!this.is(']')) {
      const item = this.expression();
      if (items.length === 0 && this.is('for')) {
        const comprehension = this.#comprehended(item);
        this.expect(']');
        return { ...comprehension, start, end: this.end };
      }
      items.push(item);
      if (!this.take(',')) break;
    }
    this.expect(']');
    return { kind: 'list', items, start, end: this.end };
  }

  #dict(start: number): PyExpression {
    const entries: (readonly [PyExpression, PyExpression])[] = [];
    while (!this.is('}')) {
      const key = this.expression();
      this.expect(':');
      entries.push([key, this.expression()]);
      if (!this.take(',')) break;
    }
    this.expect('}');
    return { kind: 'dict', entries, start, end: this.end };
  }
}
