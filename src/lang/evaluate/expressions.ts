/** Expressions to values. */
import type { CallNode, Expression, MemberNode, NameNode, Node, Parameter } from '../parse/ast.ts';
import type { ScriptHost } from '../host.ts';
import { didYouMean } from '../problems/did-you-mean.ts';
import { SlowPattern } from '../patterns.ts';
import { parseNumber } from '../units/units.ts';
import { DomainHandle, Table, Unknown, type Row, type Value } from '../values.ts';
import { BUILTIN_BY_NAME, type Builtin } from './builtins.ts';
import { wait, type Eval } from './eval.ts';
import { Scope, spanOf, type Frame, type Run } from './frame.ts';
import { ArgumentFault, callFunction, EvalFunction } from './functions.ts';
import { counted, countStep, takeTurn } from './limits.ts';
import { captures, isEvaluation, propertyNames, propertyOf } from './methods.ts';
import { binary, negate, OperatorFault, sized } from './operators.ts';
import { evaluatePipeline } from './pipelines.ts';
import { planMatch } from './plan.ts';
import { ScriptError, scriptError } from './script-error.ts';
import { executeBlock } from './statements.ts';
import { expectPattern } from './console-statements.ts';
import { isCallable, isList, isMap, isTrue, isUnknown, rowToMap, shortText, typeName, valueText } from './value-text.ts';

const MAX_DEPTH = 200;

export function* evaluate(node: Expression, frame: Frame): Eval<Value> {
  const value = yield* evaluateNode(node, frame);
  frame.trace?.set(node, value);
  return value;
}

function* evaluateNode(node: Expression, frame: Frame): Eval<Value> {
  switch (node.kind) {
    case 'string':
    case 'constant':
    case 'regex':
      return node.value;
    case 'number':
      return numberValue(node.text, node, frame);
    case 'template': {
      let text = '';
      for (const part of node.parts) text += typeof part === 'string' ? part : valueText(yield* evaluate(part, frame));
      return counted(
        placed(node, frame, () => sized(text)),
        node,
        frame,
      );
    }
    case 'list': {
      const items: Value[] = [];
      for (const item of node.items) items.push(yield* evaluate(item, frame));
      return items;
    }
    case 'map': {
      const map = new Map<string, Value>();
      for (const { key, value } of node.entries)
        map.set(typeof key === 'string' ? key : valueText(yield* evaluate(key, frame)), yield* evaluate(value, frame));
      return map;
    }
    case 'name':
      return yield* nameValue(node, frame);
    case 'member':
      return yield* memberValue(node, frame);
    case 'index': {
      const object = yield* evaluate(node.object, frame);
      if (node.index.kind === 'binary' && node.index.operator === '..') return yield* slice(object, node, node.index, frame);
      const index = yield* evaluate(node.index, frame);
      return object instanceof Unknown || index instanceof Unknown ? unknownAt(node, frame) : indexValue(object, index, node, frame);
    }
    case 'call':
      return yield* callValue(node, frame);
    case 'unary': {
      const operand = yield* evaluate(node.operand, frame);
      if (operand instanceof Unknown) return unknownAt(node, frame);
      if (node.operator === 'not') return !isTrue(operand);
      return node.operator === '-' ? placed(node, frame, () => negate(operand)) : operand;
    }
    case 'binary':
      return yield* binaryValue(node, frame);
    case 'conditional': {
      const condition = yield* evaluate(node.condition, frame);
      return condition instanceof Unknown ? unknownAt(node, frame) : yield* evaluate(isTrue(condition) ? node.yes : node.no, frame);
    }
    case 'arrow': {
      const { parameters, body } = node;
      const inner = { ...frame, trace: null };
      return closure(ARROW, parameters, node, inner, function* (called) {
        if (body.kind !== 'block') return yield* evaluate(body, called);
        const flow = yield* executeBlock(body, called);
        return flow?.kind === 'return' ? flow.value : null;
      });
    }
    case 'match':
      if (frame.run.plan) return yield* planMatch(node, frame);
      return captures(yield* expectPattern(node, frame));
    case 'pipeline':
      return yield* evaluatePipeline(node, frame);
    case 'broken':
      throw scriptError('syntax', spanOf(frame, node), 'this could not be read');
  }
}

/** Mistakes of operators and functions get the place where they happened. */
export function placed<T>(node: Node, frame: Frame, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw placedError(error, node, frame);
  }
}

export function placedError(error: unknown, node: Node, frame: Frame): unknown {
  if (error instanceof OperatorFault) return scriptError(error.id, spanOf(frame, node), error.message);
  if (error instanceof ArgumentFault) return scriptError('wrong-arguments', spanOf(frame, node), error.message);
  if (error instanceof SlowPattern) return scriptError('slow-pattern', spanOf(frame, node), error.message, { help: SLOW_HELP });
  if (error instanceof RangeError && /Invalid (?:string|array) length/.test(error.message))
    return scriptError('too-large', spanOf(frame, node), 'the value becomes too large');
  if (error instanceof RangeError && /call stack/.test(error.message))
    return scriptError('too-deep', spanOf(frame, node), 'nested too deeply');
  return error;
}

const SLOW_HELP = 'a repetition inside another one tries every way to divide the text: (a+)+ is a+';

export function numberValue(text: string, node: Node, frame: Frame): Value {
  const value = parseNumber(text);
  if (value === null) throw scriptError('bad-number', spanOf(frame, node), `'${text}' is not a number`, { help: numberHelp(text) });
  return value;
}

function numberHelp(text: string): string | undefined {
  const unit = /^[\d._]+([A-Za-zµ].*)$/.exec(text)?.[1];
  if (/^0[0-9]/.test(text)) return 'a leading 0 makes a number octal';
  return unit === undefined
    ? undefined
    : (didYouMean(unit, ['KiB', 'MiB', 'GiB', 'ms', 'us', 'ns', 'Mb/s', 'MB/s']) ?? 'units are for example MiB, GiB, ms, s, Mb/s, %');
}

function* binaryValue(node: Extract<Expression, { kind: 'binary' }>, frame: Frame): Eval<Value> {
  const { operator } = node;
  const left = yield* evaluate(node.left, frame);
  if (left instanceof Unknown) return unknownAt(node, frame);
  switch (operator) {
    case 'and':
      return isTrue(left) ? isTrue(yield* evaluate(node.right, frame)) : false;
    case 'or':
      return isTrue(left) ? true : isTrue(yield* evaluate(node.right, frame));
    case '??':
      return left ?? (yield* evaluate(node.right, frame));
    default: {
      const right = yield* evaluate(node.right, frame);
      // A text says the unknown in its place; everything else depends on it.
      if (right instanceof Unknown && !(operator === '+' && typeof left === 'string')) return unknownAt(node, frame);
      return counted(
        placed(node, frame, () => binary(operator, left, right)),
        node,
        frame,
      );
    }
  }
}

// ------------------------------------------------------------------------------------------------------------------------------- names

/** Words that Python configurations and people write for truth. */
const CONFIG_CONSTANTS: Readonly<Record<string, Value>> = { True: 1n, False: 0n, None: null, yes: 1n, no: 0n, on: 1n, off: 0n };

/** Undefined: nobody knows it. */
export function* lookUp(name: string, frame: Frame): Eval<Value | undefined> {
  const { row, scope, run, entries } = frame;
  if (row) {
    if (Object.hasOwn(row, name)) return row[name]!;
    if (name === 'it') return Object.hasOwn(row, ITEM) ? row[ITEM]! : rowToMap(row);
  }
  const known = scope.get(name);
  if (known !== undefined) return known;
  const builtin = BUILTIN_BY_NAME.get(name);
  if (builtin) return builtinFunction(builtin, frame);
  if (frame.dialect === 'config') {
    if (Object.hasOwn(CONFIG_CONSTANTS, name)) return CONFIG_CONSTANTS[name]!;
    return entries?.get(name)?.value;
  }
  if (run.plan && MACHINE.has(name)) return new Unknown(name);
  // domains | where state == "blocked"
  const item = row?.[ITEM];
  const property = item instanceof DomainHandle && run.host ? yield* wait(run.host.domainProperty(item.name, name)) : undefined;
  if (property !== undefined) return property;
  const global = run.host ? yield* wait(run.host.global(name)) : undefined;
  return global ?? (run.session.declarations.has(name) ? new DomainHandle(name) : undefined);
}

const MACHINE: ReadonlySet<string> = new Set(['host', 'domains']);

/** How a stage shows an element of a list that is no row. */
export const ITEM = ' item';

function* nameValue(node: NameNode, frame: Frame): Eval<Value> {
  const value = yield* asking(node, frame, lookUp(node.name, frame));
  if (value !== undefined) return value;
  throw unknownName(node.name, node, frame);
}

export function unknownName(name: string, node: Node, frame: Frame): ScriptError {
  const columns = frame.row ? Object.keys(frame.row) : [];
  const candidates = [...columns, ...frame.scope.names(), ...BUILTIN_BY_NAME.keys(), 'host', 'domains', 'true', 'false', 'null'];
  const commandHelp = frame.run.host?.commands().has(name) ? `it is a command: put it into brackets, (${name})` : undefined;
  const isElement = columns.includes(ITEM);
  const columnHelp = isElement
    ? 'the element itself is called it'
    : columns.length > 0
      ? `the columns are ${columns.join(', ')}`
      : undefined;
  return scriptError('unknown-name', spanOf(frame, node), `unknown name '${name}'`, {
    help: commandHelp ?? didYouMean(name, candidates) ?? columnHelp,
  });
}

function builtinFunction(builtin: Builtin, frame: Frame): EvalFunction {
  const invoke = function* (args: readonly Value[], run: Run | null): Eval<Value> {
    if (args.length < builtin.least || args.length > builtin.most)
      throw new ArgumentFault(`${builtin.usage} was called with ${args.length} ${args.length === 1 ? 'argument' : 'arguments'}`);
    const result = builtin.run(args, run ? { ...frame, run } : frame);
    return isEvaluation(result) ? yield* result : result;
  };
  return new EvalFunction(builtin.name, invoke, true);
}

// -------------------------------------------------------------------------------------------------------------------- members and calls

function* memberValue(node: MemberNode, frame: Frame): Eval<Value> {
  const object = yield* evaluate(node.object, frame);
  if (object instanceof Unknown) return unknownAt(node, frame);
  const value = object instanceof DomainHandle ? yield* domainProperty(object, node, frame) : propertyOf(object, node.property);
  if (value !== undefined) return value;
  const place = { start: node.end - node.property.length, end: node.end };
  if (object === null) throw scriptError('type-error', spanOf(frame, place), `null has no '${node.property}'`);
  throw scriptError('unknown-property', spanOf(frame, place), `${typeName(object)} has no '${node.property}'`, {
    help: didYouMean(node.property, propertyNames(object)),
  });
}

function* domainProperty(domain: DomainHandle, node: MemberNode, frame: Frame): Eval<Value | undefined> {
  if (node.property === 'name') return domain.name;
  const fact = domain.facts?.get(node.property);
  if (fact !== undefined) return fact;
  const host = hostAt(node, frame);
  const declared = frame.run.session.declarations.get(domain.name)?.entries.get(node.property)?.value;
  if (frame.run.plan) return declared ?? unknownAt(node, frame);
  const asked = asking(node, frame, wait(host.domainProperty(domain.name, node.property)));
  if (declared === undefined) return yield* asked;
  try {
    return (yield* asked) ?? declared;
  } catch (error) {
    // Declared and not there yet: what it will be.
    if (error instanceof ScriptError && error.code === 'no-such-domain') return declared;
    throw error;
  }
}

export function hostAt(node: Node, frame: Frame): ScriptHost {
  const { host } = frame.run;
  frame.run.sinceMachine = 0;
  if (host === null) throw scriptError('not-in-config', spanOf(frame, node), 'a configuration cannot ask the machine');
  return host;
}

/** A question to the machine that fails is a failure of this place. */
export function* asking<T>(node: Node, frame: Frame, question: Eval<T>): Eval<T> {
  try {
    return yield* question;
  } catch (error) {
    throw hostError(error, node, frame);
  }
}

export function hostError(error: unknown, node: Node, frame: Frame): unknown {
  if (error instanceof ScriptError || error instanceof OperatorFault || error instanceof ArgumentFault) return error;
  if (frame.run.signal.aborted) return scriptError('cancelled', spanOf(frame, node), 'cancelled');
  if (!(error instanceof Error) || error instanceof RangeError || error instanceof TypeError) return error;
  const { code, hint } = error as { readonly code?: unknown; readonly hint?: unknown };
  return scriptError('host-failed', spanOf(frame, node), error.message, {
    cause: error,
    help: typeof hint === 'string' ? hint : null,
    ...(typeof code === 'string' && { code }),
  });
}

function indexValue(object: Value, index: Value, node: Node, frame: Frame): Value {
  const span = spanOf(frame, node);
  if (isMap(object)) return object.get(valueText(index)) ?? null;
  const list = object instanceof Table ? object.rows : object;
  if (typeof list !== 'string' && !isRowsOrList(list)) throw scriptError('type-error', span, `${typeName(object)} has no elements`);
  if (isList(index) && index.every((at) => typeof at === 'bigint')) {
    const [first, last] = index.length === 0 ? [0n, -1n] : [index[0]!, index.at(-1)!];
    return index.length === 0 ? partOf(object, 0, 0) : partOf(object, Number(first), Number(last) + 1 || undefined);
  }
  if (typeof index === 'string' && object instanceof Table) return propertyOf(object, index) ?? null;
  if (typeof index !== 'bigint') throw scriptError('type-error', span, `an index is an integer, not ${typeName(index)}`);
  const at = index < 0n ? list.length + Number(index) : Number(index);
  if (at < 0 || at >= list.length)
    throw scriptError(
      'index-range',
      span,
      `there is no element ${index}: ${list.length === 0 ? 'it is empty' : `the last is ${list.length - 1}`}`,
    );
  const item = list[at]!;
  return object instanceof Table ? rowToMap(item as Row) : (item as Value);
}

/** `list[1..2]`; negative numbers count from the end, so `list[1..-1]` leaves only the first one out. */
function* slice(object: Value, node: Node, range: Extract<Expression, { kind: 'binary' }>, frame: Frame): Eval<Value> {
  const first = yield* evaluate(range.left, frame);
  const last = yield* evaluate(range.right, frame);
  if (object instanceof Unknown || first instanceof Unknown || last instanceof Unknown) return unknownAt(node, frame);
  if (typeof first !== 'bigint' || typeof last !== 'bigint')
    throw scriptError('type-error', spanOf(frame, range), 'a part is told by two integers, for example [1..2]');
  if (typeof object !== 'string' && !isList(object) && !(object instanceof Table))
    throw scriptError('type-error', spanOf(frame, node), `${typeName(object)} has no elements`);
  return partOf(object, Number(first), Number(last) + 1 || undefined);
}

/** Up to, without, `end`; undefined: all the rest. */
function partOf(object: Value, first: number, end: number | undefined): Value {
  if (object instanceof Table) return new Table(object.columns, object.rows.slice(first, end));
  return typeof object === 'string' || isList(object) ? object.slice(first, end) : null;
}

function isRowsOrList(value: unknown): value is readonly Value[] | readonly Row[] {
  return Array.isArray(value);
}

function* callValue(node: CallNode, frame: Frame): Eval<Value> {
  const callee = yield* evaluate(node.callee, frame.trace ? { ...frame, trace: null } : frame);
  const args: Value[] = [];
  for (const argument of node.args) args.push(yield* evaluate(argument, frame));
  if (frame.run.plan && (callee instanceof Unknown || (yield* dependsOnUnknown(node, args, frame)))) return unknownAt(node, frame);
  if (!isCallable(callee)) throw scriptError('type-error', spanOf(frame, node.callee), `${shortText(callee)} is not a function`);
  const result = yield* calling(node, frame, callFunction(callee, args, frame.run));
  return callee instanceof EvalFunction && callee.builds ? counted(result, node, frame) : result;
}

const calleeName = ({ callee }: CallNode): string => (callee.kind === 'name' ? callee.name : '');
/** While a script is planned: a function, or a method, of what is not known yet. */
function* dependsOnUnknown(node: CallNode, args: readonly Value[], frame: Frame): Eval<boolean> {
  const { callee } = node;
  if (callee.kind === 'member') return callee.object.kind === 'name' && isUnknown(yield* evaluate(callee.object, frame));
  return BUILTIN_BY_NAME.has(calleeName(node)) && args.some((argument) => isUnknown(argument)) && !TELLS.has(calleeName(node));
}

/** Functions that can do with what is not known yet. */
const TELLS: ReadonlySet<string> = new Set(['print', 'str', 'domain']);

function unknownAt(node: Node, frame: Frame): Unknown {
  return new Unknown(frame.source.slice(node).replace(/\s+/g, ' '));
}

export function* calling(node: Node, frame: Frame, call: Eval<Value>): Eval<Value> {
  const { run } = frame;
  countStep(node, frame);
  if (run.depth >= MAX_DEPTH) throw scriptError('too-deep', spanOf(frame, node), `more than ${MAX_DEPTH} calls inside each other`);
  run.depth++;
  try {
    return yield* call;
  } catch (error) {
    throw hostError(placedError(error, node, frame), node, frame);
  } finally {
    run.depth--;
  }
}

const ARROW = '=>';

/** A function of a script: its parameters in a scope of their own. */
export function closure(
  name: string,
  parameters: readonly Parameter[],
  place: Node,
  frame: Frame,
  body: (called: Frame) => Eval<Value>,
): EvalFunction {
  return new EvalFunction(name, function* (args, run) {
    const called: Frame = { ...frame, run: run ?? frame.run, scope: new Scope(frame.scope), top: false, trace: null };
    if (name !== ARROW && args.length > parameters.length)
      throw new ArgumentFault(
        `${name} takes ${parameters.length} ${parameters.length === 1 ? 'argument' : 'arguments'}, not ${args.length}`,
      );
    countStep(place, called);
    yield* takeTurn(called);
    for (const [at, parameter] of parameters.entries()) {
      const given = args[at] ?? (parameter.fallback ? yield* evaluate(parameter.fallback, called) : undefined);
      if (given === undefined && !(at < args.length))
        throw new ArgumentFault(`${name === ARROW ? 'the function' : name} needs '${parameter.name}'`);
      called.scope.declare(parameter.name, given ?? null);
    }
    return yield* body(called);
  });
}
