/** Python's statements. What is not known is named. */
import type { PyExpression, PyStatement } from './ast.ts';
import { ExpressionParser, UNSUPPORTED } from './expression-parser.ts';
import { PythonFault } from './fault.ts';
import { tokenize } from './tokens.ts';

export function parsePython(text: string): readonly PyStatement[] {
  return new PythonParser(tokenize(text)).module();
}

class PythonParser extends ExpressionParser {
  module(): readonly PyStatement[] {
    const body: PyStatement[] = [];
    while (this.token.kind !== 'end') body.push(...this.#line());
    return body;
  }

  #line(): readonly PyStatement[] {
    if (this.token.kind === 'indent') this.fail('this line is indented for no reason');
    const compound = this.#compound();
    if (compound) return [compound];
    const statements: PyStatement[] = [];
    do {
      if (this.token.kind === 'newline') break;
      statements.push(this.#simple());
    } while (this.take(';'));
    if (this.token.kind !== 'newline' && this.token.kind !== 'end') this.fail('expected the end of the line');
    if (this.token.kind === 'newline') this.at++;
    return statements;
  }

  #block(): readonly PyStatement[] {
    this.expect(':');
    if (!this.ofKind('newline')) return this.#line();
    this.at++;
    if (!this.ofKind('indent')) this.fail('expected an indented block');
    this.at++;
    const body: PyStatement[] = [];
    while (this.token.kind !== 'dedent' && this.token.kind !== 'end') body.push(...this.#line());
    if (this.token.kind === 'dedent') this.at++;
    return body;
  }

  #compound(): PyStatement | null {
    const { kind, text, start, end } = this.token;
    if (kind === 'sign' && text === '@')
      throw new PythonFault('unsupported', 'decorators are not known here', { start, end }, 'call the function itself');
    if (kind !== 'name') return null;
    if (Object.hasOwn(UNSUPPORTED, text))
      throw new PythonFault('unsupported', `'${text}' has no meaning here`, { start, end }, UNSUPPORTED[text]!);
    switch (text) {
      case 'if':
        return this.#if();
      case 'for': {
        this.at++;
        const target = this.targets();
        this.expect('in');
        const iterable = this.expressions();
        const body = this.#block();
        return { kind: 'for', target, iterable, body, start, end: this.end };
      }
      case 'while': {
        this.at++;
        const condition = this.expression();
        const body = this.#block();
        return { kind: 'while', condition, body, start, end: this.end };
      }
      case 'def': {
        this.at++;
        const name = this.name();
        this.expect('(');
        const parameters = this.parameters(')');
        this.expect(')');
        const body = this.#block();
        return { kind: 'def', name, parameters, body, start, end: this.end };
      }
      case 'try':
        return this.#try();
      default:
        return null;
    }
  }

  #if(): PyStatement {
    const { start } = this.token;
    const branches: { condition: PyExpression | null; body: readonly PyStatement[] }[] = [];
    do {
      this.at++;
      const condition = this.expression();
      branches.push({ condition, body: this.#block() });
    } while (this.is('elif'));
    if (this.take('else')) branches.push({ condition: null, body: this.#block() });
    return { kind: 'if', branches, start, end: this.end };
  }

  #try(): PyStatement {
    const { start } = this.token;
    this.at++;
    const body = this.#block();
    let handler: readonly PyStatement[] = [];
    let last: readonly PyStatement[] = [];
    while (this.take('except')) {
      while (!this.is(':') && this.token.kind !== 'newline') this.at++;
      const caught = this.#block();
      if (handler.length === 0) handler = caught;
    }
    if (this.take('finally')) last = this.#block();
    return { kind: 'try', body, handler, last, start, end: this.end };
  }

  #simple(): PyStatement {
    const { kind, text, start } = this.token;
    if (kind === 'name') {
      switch (text) {
        case 'pass':
        case 'break':
        case 'continue':
          this.at++;
          return { kind: text, start, end: this.end };
        case 'global':
          this.at++;
          do this.name();
          while (this.take(','));
          return { kind: 'global', start, end: this.end };
        case 'return':
        case 'raise': {
          this.at++;
          const value = this.endsHere() ? null : this.expressions();
          return { kind: text, value, start, end: this.end };
        }
        case 'del': {
          this.at++;
          const target = this.targets();
          return { kind: 'delete', targets: target.kind === 'tuple' ? target.items : [target], start, end: this.end };
        }
        case 'assert': {
          this.at++;
          const condition = this.expression();
          const message = this.take(',') ? this.expression() : null;
          return { kind: 'assert', condition, message, start, end: this.end };
        }
        case 'import':
        case 'from':
          return this.#import();
        case 'print':
          // Python 2: a statement.
          if (this.tokens[this.at + 1]!.text !== '(') {
            this.at++;
            const values: PyExpression[] = [];
            while (!this.endsHere()) {
              values.push(this.expression());
              if (!this.take(',')) break;
            }
            return { kind: 'print', values, start, end: this.end };
          }
          break;
        default:
      }
    }
    return this.#assignment();
  }

  #import(): PyStatement {
    const { start } = this.token;
    const modules: { module: string; name: string; member: string | null }[] = [];
    if (this.take('from')) {
      const module = this.#dotted();
      this.expect('import');
      const bracket = this.take('(');
      do {
        const { start: place, end } = this.token;
        if (this.is('*')) throw new PythonFault('unsupported', `'import *' is not known here`, { start: place, end }, 'name what is used');
        const member = this.name();
        modules.push({ module, member, name: this.take('as') ? this.name() : member });
      } while (this.take(','));
      if (bracket) this.expect(')');
    } else {
      this.at++;
      do {
        const module = this.#dotted();
        modules.push({ module, member: null, name: this.take('as') ? this.name() : module.split('.')[0]! });
      } while (this.take(','));
    }
    return { kind: 'import', modules, start, end: this.end };
  }

  #dotted(): string {
    let name = this.name();
    while (this.take('.')) name += `.${this.name()}`;
    return name;
  }

  #assignment(): PyStatement {
    const { start } = this.token;
    const first = this.expressions();
    const { kind, text } = this.token;
    if (kind === 'sign' && /^(?:\*\*|\/\/|[-+*/%])=$/.test(text)) {
      this.at++;
      const value = this.expressions();
      return { kind: 'augmented', target: this.assignable(first), operator: text.slice(0, -1), value, start, end: this.end };
    }
    if (!this.is('=')) return { kind: 'expression', value: first, start, end: this.end };
    const targets: PyExpression[] = [];
    let value = first;
    while (this.take('=')) {
      targets.push(this.assignable(value));
      value = this.expressions();
    }
    return { kind: 'assign', targets, value, start, end: this.end };
  }
}
