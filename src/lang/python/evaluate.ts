/** Runs an old xm file, statement by statement. */
import type { Place, PyStatement } from './ast.ts';
import { MissingVariables, MOST_STEPS, PythonExpressions, type Flow } from './expressions.ts';
import { PythonFault } from './fault.ts';
import { moduleOf } from './library.ts';
import { binary } from './operators.ts';
import { PyScope } from './scope.ts';
import { builtin, isTrue, module, textOf, type PyValue } from './values.ts';

/** A value that the file asks for: xm_vars.var('vmid', use='…', check=…). */
export interface XmVariable {
  readonly name: string;
  readonly use: string;
  readonly check: PyValue;
}

export class PythonRun extends PythonExpressions {
  readonly globals: PyScope;
  readonly variables: XmVariable[] = [];

  /** `given`: what was on the command line, as texts. */
  constructor(given: ReadonlyMap<string, string>) {
    super();
    this.globals = new PyScope(null);
    for (const [name, value] of given) this.globals.values.set(name, value);
    this.globals.values.set('xm_vars', this.#xmVars());
    this.globals.values.set('xm_help', 0n);
    this.globals.values.set('xm_file', 'xm');
  }

  run(body: readonly PyStatement[]): void {
    this.body(body, this.globals);
  }

  runOne(statement: PyStatement): void {
    this.#statement(statement, this.globals);
  }

  #xmVars(): PyValue {
    const scope = (): PyScope => this.globals;
    return module('xm_vars', {
      var: builtin('var', ([name = ''], named) => {
        this.variables.push({ name: textOf(name), use: textOf(named.get('use') ?? ''), check: named.get('check') ?? null });
        return null;
      }),
      check: builtin('check', () => {
        const missing = this.variables.filter(({ name }) => scope().get(name) === undefined);
        if (missing.length > 0) {
          const told = missing.map(({ name, use }) => `${name}${use === '' ? '' : ` (${use})`}`).join(', ');
          throw new MissingVariables(
            `this file needs a value for ${told}`,
            missing.map(({ name }) => name),
          );
        }
        for (const { name, check } of this.variables) {
          const value = scope().get(name)!;
          if (check !== null) scope().values.set(name, this.call(check, [name, value], new Map(), { start: 0, end: 0 }));
        }
        return null;
      }),
    });
  }

  protected override body(body: readonly PyStatement[], scope: PyScope): Flow {
    for (const statement of body) {
      const flow = this.#statement(statement, scope);
      if (flow) return flow;
    }
    return null;
  }

  #statement(node: PyStatement, scope: PyScope): Flow {
    this.step(node);
    switch (node.kind) {
      case 'expression':
        this.value(node.value, scope);
        return null;
      case 'assign': {
        const value = this.value(node.value, scope);
        for (const target of node.targets) this.assign(target, value, scope, node.value);
        return null;
      }
      case 'augmented': {
        const before = this.value(node.target, scope);
        const added = this.value(node.value, scope);
        this.assign(
          node.target,
          this.placed(node, () => binary(node.operator, before, added)),
          scope,
          node.value,
        );
        return null;
      }
      case 'if': {
        const branch = node.branches.find(({ condition }) => condition === null || isTrue(this.value(condition, scope)));
        return branch ? this.body(branch.body, scope) : null;
      }
      case 'for':
        for (const item of this.items(node.iterable, scope)) {
          this.step(node);
          this.assign(node.target, item, scope, node.iterable);
          const flow = this.body(node.body, scope);
          if (flow?.kind === 'break') break;
          if (flow?.kind === 'return') return flow;
        }
        return null;
      case 'while':
        while (isTrue(this.value(node.condition, scope))) {
          this.step(node);
          const flow = this.body(node.body, scope);
          if (flow?.kind === 'break') break;
          if (flow?.kind === 'return') return flow;
        }
        return null;
      case 'def':
        scope.values.set(node.name, { kind: 'function', name: node.name, parameters: node.parameters, body: node.body, scope });
        return null;
      case 'return':
        return { kind: 'return', value: node.value ? this.value(node.value, scope) : null };
      case 'raise': {
        const value = node.value ? this.value(node.value, scope) : null;
        const raised =
          typeof value === 'object' && value !== null && 'kind' in value ? value.name : value === null ? 'an error' : textOf(value);
        throw new PythonFault('failed', `the file refuses this: ${raised}`, node);
      }
      case 'try':
        return this.#try(node, scope);
      case 'import':
        for (const { module: wanted, member, name } of node.modules) this.#import(wanted, member, name, node, scope);
        return null;
      case 'print':
        for (const value of node.values) this.value(value, scope);
        return null;
      case 'assert':
        if (!isTrue(this.value(node.condition, scope))) {
          const message = node.message ? `: ${textOf(this.value(node.message, scope))}` : '';
          throw new PythonFault('failed', `an assertion of the file does not hold${message}`, node);
        }
        return null;
      case 'delete':
        for (const target of node.targets) if (target.kind === 'name') scope.values.delete(target.name);
        return null;
      case 'break':
      case 'continue':
        return { kind: node.kind };
      case 'pass':
      case 'global':
        return null;
    }
  }

  #try({ body, handler, last }: Extract<PyStatement, { kind: 'try' }>, scope: PyScope): Flow {
    let flow: Flow;
    try {
      flow = this.body(body, scope);
    } catch (error) {
      // What is out of reach is not there for the file either: it does what it does without.
      if (!(error instanceof PythonFault) || this.steps > MOST_STEPS) throw error;
      flow = this.body(handler, scope);
    }
    return this.body(last, scope) ?? flow;
  }

  #import(wanted: string, member: string | null, name: string, place: Place, scope: PyScope): void {
    const found = moduleOf(wanted);
    // Refused when it is used: many files import what they do not need.
    const value = found ?? module(wanted, {});
    if (member === null) {
      scope.values.set(name, wanted.includes('.') && name === wanted.split('.')[0] ? (moduleOf(name) ?? value) : value);
      return;
    }
    const part = found?.members.get(member);
    scope.values.set(name, part ?? builtin(member, () => this.outOfReach(`${wanted}.${member}`, member, wanted, place)));
  }
}
