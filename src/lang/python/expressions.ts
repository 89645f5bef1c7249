/** Values of an old xm file's expressions: bounded in steps, depth and size, with nothing in reach but values. */
import type { Place, PyExpression, PyParameter, PyStatement } from './ast.ts';
import { isDeep, PyError, PythonFault, rangeMessage } from './fault.ts';
import { builtins, OUT_OF_REACH } from './library.ts';
import { methodOf } from './methods.ts';
import { binary, compare, MOST_LENGTH } from './operators.ts';
import { PyScope } from './scope.ts';
import { isTrue, itemsOf, PyTuple, representation, textOf, typeName, type PyBuiltin, type PyFunction, type PyValue } from './values.ts';

export const MOST_STEPS = 200_000;
const MOST_DEPTH = 50;

/** How statements leave the block around them. */
export type Flow = { readonly kind: 'break' | 'continue' } | { readonly kind: 'return'; readonly value: PyValue } | null;

/** The file asks for values that nobody gave. */
export class MissingVariables extends Error {
  readonly names: readonly string[];
  constructor(message: string, names: readonly string[]) {
    super(message);
    this.names = names;
  }
}

export abstract class PythonExpressions {
  /** Names that something reads: helpers, not settings. */
  readonly read: Set<string> = new Set();
  readonly #builtins: ReadonlyMap<string, PyValue> = builtins((callee, args) => this.call(callee, args, new Map(), { start: 0, end: 0 }));
  protected steps = 0;
  #depth = 0;

  protected abstract body(body: readonly PyStatement[], scope: PyScope): Flow;

  protected step(place: Place): void {
    if (++this.steps > MOST_STEPS) throw new PythonFault('failed', 'the configuration does not come to an end', place);
  }

  /** Mistakes of operators and functions get the place where they happened. */
  protected placed<T>(place: Place, run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof MissingVariables) {
        const instead = `create FILE ${error.names.map((name) => `${name}=…`).join(' ')}`;
        throw new PythonFault('failed', error.message, place, instead);
      }
      if (error instanceof PyError) throw new PythonFault('failed', error.message, place);
      if (error instanceof RangeError && !isDeep(error)) throw new PythonFault('failed', rangeMessage(error), place);
      throw error;
    }
  }

  protected outOfReach(what: string, name: string, owner: string, place: Place): never {
    const told = [name, owner.split('.')[0]!].find((one) => Object.hasOwn(OUT_OF_REACH, one));
    const instead = told === undefined ? 'write the value itself' : OUT_OF_REACH[told]!;
    throw new PythonFault('unsupported', `'${what}' cannot be reached from a configuration`, place, instead);
  }

  protected assign(target: PyExpression, value: PyValue, scope: PyScope, from: Place): void {
    switch (target.kind) {
      case 'name':
        scope.values.set(target.name, value);
        scope.places.set(target.name, { name: { start: target.start, end: target.end }, value: { start: from.start, end: from.end } });
        return;
      case 'tuple':
      case 'list': {
        const items = itemsOf(value);
        if (!items || items.length !== target.items.length)
          throw new PythonFault('failed', 'there are not as many values as names', target);
        for (const [at, item] of items.entries()) this.assign(target.items[at]!, item, scope, from);
        return;
      }
      case 'index': {
        const object = this.value(target.object, scope);
        const index = this.value(target.index, scope);
        if (object instanceof Map) object.set(textOf(index), value);
        else if (Array.isArray(object)) object[this.#position(object, index, target)] = value;
        else throw new PythonFault('failed', `an element of ${typeName(object)} cannot be changed`, target);
        return;
      }
      default:
        throw new PythonFault('unsupported', 'this cannot be assigned to', target, 'write the values themselves');
    }
  }

  protected items(node: PyExpression, scope: PyScope): readonly PyValue[] {
    const value = this.value(node, scope);
    const items = itemsOf(value);
    if (!items) throw new PythonFault('failed', `${typeName(value)} has no elements`, node);
    return [...items];
  }

  protected value(node: PyExpression, scope: PyScope): PyValue {
    this.step(node);
    switch (node.kind) {
      case 'number':
        return numberOf(node.text);
      case 'string':
        return node.text;
      case 'name':
        return this.#name(node.name, node, scope);
      case 'list':
        return node.items.map((item) => this.value(item, scope));
      case 'tuple':
        return new PyTuple(node.items.map((item) => this.value(item, scope)));
      case 'dict':
        return new Map(node.entries.map(([key, value]) => [textOf(this.value(key, scope)), this.value(value, scope)]));
      case 'attribute':
        return this.#attribute(node, scope);
      case 'index':
        return this.#index(node, scope);
      case 'slice': {
        const object = this.value(node.object, scope);
        const from = node.from ? Number(this.value(node.from, scope)) : 0;
        const to = node.to ? Number(this.value(node.to, scope)) : undefined;
        if (typeof object === 'string' || Array.isArray(object)) return object.slice(from, to);
        if (object instanceof PyTuple) return new PyTuple(object.items.slice(from, to));
        throw new PythonFault('failed', `${typeName(object)} has no parts`, node);
      }
      case 'call': {
        const callee = this.value(node.callee, scope);
        const args = node.args.map((argument) => this.value(argument, scope));
        const named = new Map([...node.named].map(([name, value]) => [name, this.value(value, scope)]));
        return this.call(callee, args, named, node);
      }
      case 'unary': {
        const operand = this.value(node.operand, scope);
        if (node.operator === 'not') return !isTrue(operand);
        return this.placed(node, () =>
          node.operator === '-' ? binary('-', 0n, operand) : node.operator === '~' ? binary('-', -1n, operand) : operand,
        );
      }
      case 'binary': {
        const left = this.value(node.left, scope);
        if (node.operator === 'and') return isTrue(left) ? this.value(node.right, scope) : left;
        if (node.operator === 'or') return isTrue(left) ? left : this.value(node.right, scope);
        const right = this.value(node.right, scope);
        return this.placed(node, () => binary(node.operator, left, right));
      }
      case 'compare': {
        let left = this.value(node.first, scope);
        for (const [sign, expression] of node.rest) {
          const right = this.value(expression, scope);
          if (!compare(sign, left, right)) return false;
          left = right;
        }
        return true;
      }
      case 'conditional':
        return this.value(isTrue(this.value(node.condition, scope)) ? node.yes : node.no, scope);
      case 'lambda':
        return { kind: 'function', name: 'lambda', parameters: node.parameters, body: node.body, scope };
      case 'comprehension': {
        const inner = new PyScope(scope);
        const items: PyValue[] = [];
        for (const item of this.items(node.iterable, scope)) {
          this.assign(node.target, item, inner, node);
          if (node.conditions.every((condition) => isTrue(this.value(condition, inner)))) items.push(this.value(node.element, inner));
        }
        return items;
      }
    }
  }

  #name(name: string, place: Place, scope: PyScope): PyValue {
    this.read.add(name);
    const value = scope.get(name) ?? this.#builtins.get(name);
    if (value !== undefined) return value;
    if (scope.values.has(name) || this.#builtins.has(name)) return null;
    if (Object.hasOwn(OUT_OF_REACH, name)) this.outOfReach(name, name, '', place);
    throw new PythonFault('failed', `'${name}' has no value`, place, `give it on the command line: create FILE ${name}=…`);
  }

  #attribute(node: Extract<PyExpression, { kind: 'attribute' }>, scope: PyScope): PyValue {
    const object = this.value(node.object, scope);
    if (typeof object === 'object' && object !== null && 'kind' in object && object.kind === 'module') {
      const member = object.members.get(node.name);
      if (member !== undefined) return member;
      return this.outOfReach(`${object.name}.${node.name}`, node.name, object.name, node);
    }
    const method = methodOf(object, node.name);
    if (method) return method;
    throw new PythonFault('failed', `${typeName(object)} has no '${node.name}'`, node);
  }

  #position(list: readonly PyValue[], index: PyValue, place: Place): number {
    const at = Number(index) < 0 ? list.length + Number(index) : Number(index);
    if (typeof index === 'string' || !(at in list)) throw new PythonFault('failed', `there is no element ${representation(index)}`, place);
    return at;
  }

  #index(node: Extract<PyExpression, { kind: 'index' }>, scope: PyScope): PyValue {
    const object = this.value(node.object, scope);
    const index = this.value(node.index, scope);
    if (object instanceof Map) {
      const value = object.get(textOf(index));
      if (value === undefined) throw new PythonFault('failed', `there is no ${representation(index)} in the dictionary`, node);
      return value;
    }
    if (typeof object === 'object' && object !== null && 'kind' in object && object.name === 'os.environ')
      throw new PythonFault(
        'unsupported',
        'the environment cannot be reached from a configuration',
        node,
        `create FILE ${textOf(index)}=…, and use the name ${textOf(index)}`,
      );
    const items = typeof object === 'string' || Array.isArray(object) || object instanceof PyTuple ? itemsOf(object) : null;
    if (!items) throw new PythonFault('failed', `${typeName(object)} has no elements`, node);
    return items[this.#position(items, index, node)]!;
  }

  protected call(callee: PyValue, args: readonly PyValue[], named: ReadonlyMap<string, PyValue>, place: Place): PyValue {
    const isCallable = typeof callee === 'object' && callee !== null && 'kind' in callee && callee.kind !== 'module';
    if (!isCallable) throw new PythonFault('failed', `${typeName(callee)} cannot be called`, place);
    if (this.#depth >= MOST_DEPTH) throw new PythonFault('failed', `more than ${MOST_DEPTH} calls inside each other`, place);
    this.#depth++;
    try {
      return this.placed(place, () => this.#called(callee as PyFunction | PyBuiltin, args, named));
    } finally {
      this.#depth--;
    }
  }

  #called(callee: PyFunction | PyBuiltin, args: readonly PyValue[], named: ReadonlyMap<string, PyValue>): PyValue {
    if (callee.kind === 'builtin') {
      if (args.some((value) => typeof value === 'string' && value.length > MOST_LENGTH)) throw new PyError('the value is too large');
      return callee.call(args, named);
    }
    const scope = new PyScope(callee.scope);
    this.#parameters(callee.parameters, callee.name, args, named, scope);
    if (!isBody(callee.body)) return this.value(callee.body, scope);
    const flow = this.body(callee.body, scope);
    return flow?.kind === 'return' ? flow.value : null;
  }

  #parameters(
    parameters: readonly PyParameter[],
    name: string,
    args: readonly PyValue[],
    named: ReadonlyMap<string, PyValue>,
    scope: PyScope,
  ): void {
    if (args.length > parameters.length) throw new PyError(`${name}() takes ${parameters.length} values, not ${args.length}`);
    for (const [at, parameter] of parameters.entries()) {
      const given = args[at] ?? named.get(parameter.name);
      if (given === undefined && at >= args.length && !parameter.fallback) throw new PyError(`${name}() needs '${parameter.name}'`);
      scope.values.set(parameter.name, given ?? (parameter.fallback && at >= args.length ? this.value(parameter.fallback, scope) : null));
    }
  }
}

function isBody(body: PyFunction['body']): body is readonly PyStatement[] {
  return Array.isArray(body);
}

function numberOf(text: string): PyValue {
  const digits = text.replace(/[lL]$/, '');
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits}`);
  return /^(?:0[xXoObB][0-9a-fA-F]+|\d+)$/.test(digits) ? BigInt(digits) : Number(digits);
}
