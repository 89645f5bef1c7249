/** Statements. */
import type { AssignStatement, Block, FnStatement, Node, Pipeline, SetStatement, Statement } from '../parse/ast.ts';
import { configKey } from '../keys/config-keys.ts';
import { parse } from '../parse/parse.ts';
import { isError } from '../problems/problem-of.ts';
import { didYouMean } from '../problems/did-you-mean.ts';
import { Table, type Value } from '../values.ts';
import { converse, expectPattern, sendText } from './console-statements.ts';
import { assignKey, declareDomain } from './domain-block.ts';
import { drive, wait, type Eval } from './eval.ts';
import { handle, inject, serviceInterrupts, waitForEvent } from './event-statements.ts';
import { asking, calling, closure, evaluate, hostAt, hostError, placed, placedError } from './expressions.ts';
import { Scope, spanOf, type Frame } from './frame.ts';
import { callFunction } from './functions.ts';
import { counted, countStep, takeTurn } from './limits.ts';
import { arithmetic, sized } from './operators.ts';
import { evaluatePipeline, step } from './pipelines.ts';
import { planStatement } from './plan.ts';
import { ScriptError, scriptError } from './script-error.ts';
import { isCallable, isList, isMap, isTrue, rowToMap, typeName, valueText } from './value-text.ts';
import { checkAssertion, checkCancelled, durationNs, sleep, sleepUntil, waitUntil } from './waits.ts';

/** How a statement leaves the block around it. */
export type Flow = { readonly kind: 'break' | 'continue' } | { readonly kind: 'return'; readonly value: Value };

export function* executeBlock(block: Block, frame: Frame): Eval<Flow | null> {
  return yield* executeAll(block.body, { ...frame, scope: new Scope(frame.scope), top: false });
}

export function* executeAll(body: readonly Statement[], frame: Frame): Eval<Flow | null> {
  for (const statement of body) if (statement.kind === 'fn') frame.scope.declare(statement.name, functionOf(statement, frame));
  for (const statement of body) {
    const flow = yield* execute(statement, frame);
    if (flow) return flow;
  }
  return null;
}

function functionOf(statement: FnStatement, frame: Frame): Value {
  const { name, parameters, body } = statement;
  return closure(name, parameters, statement, { ...frame, row: null, entries: null }, function* (called) {
    const flow = yield* executeBlock(body, called);
    return flow?.kind === 'return' ? flow.value : null;
  });
}

function* breathe(statement: Statement, frame: Frame): Eval<void> {
  const { run } = frame;
  countStep(statement, frame);
  checkCancelled(statement, frame);
  yield* takeTurn(frame);
  if (run.session.interrupts.active) yield* serviceInterrupts(statement, frame);
}

/** A configuration that loops must end: it is read in one go. */
const MOST_IN_CONFIG = 100_000;

function* again(statement: Statement, frame: Frame): Eval<void> {
  if (frame.run.host === null && frame.run.count > MOST_IN_CONFIG)
    throw scriptError('not-in-config', spanOf(frame, statement), 'the configuration does not come to an end');
  yield* breathe(statement, frame);
}

export function* execute(statement: Statement, frame: Frame): Eval<Flow | null> {
  yield* breathe(statement, frame);
  const planned = frame.run.plan ? yield* planStatement(statement, frame) : undefined;
  if (planned !== undefined) return planned;
  switch (statement.kind) {
    case 'pipeline':
      yield* showPipeline(statement, frame);
      return null;
    case 'assign':
      yield* assign(statement, frame);
      return null;
    case 'set':
      yield* set(statement, frame);
      return null;
    case 'let':
      frame.scope.declare(statement.name, yield* evaluate(statement.value, frame));
      return null;
    case 'if': {
      if (isTrue(yield* evaluate(statement.condition, frame))) return yield* executeBlock(statement.then, frame);
      const { otherwise } = statement;
      if (!otherwise) return null;
      return otherwise.kind === 'if' ? yield* execute(otherwise, frame) : yield* executeBlock(otherwise, frame);
    }
    case 'for': {
      const items = elements(yield* evaluate(statement.iterable, frame));
      if (!items) throw scriptError('type-error', spanOf(frame, statement.iterable), 'for needs a list, a range, a table or a map');
      for (const item of items) {
        const scope = new Scope(frame.scope);
        scope.declare(statement.name, item);
        const flow = yield* executeBlock(statement.body, { ...frame, scope });
        if (flow?.kind === 'break') break;
        if (flow?.kind === 'return') return flow;
        yield* again(statement, frame);
      }
      return null;
    }
    case 'while':
      while (isTrue(yield* evaluate(statement.condition, frame))) {
        const flow = yield* executeBlock(statement.body, frame);
        if (flow?.kind === 'break') break;
        if (flow?.kind === 'return') return flow;
        yield* again(statement, frame);
      }
      return null;
    case 'every': {
      const { clock } = hostAt(statement, frame);
      const interval = yield* durationNs(statement.interval, frame);
      const limit = statement.duration ? yield* durationNs(statement.duration, frame) : Infinity;
      const start = yield* wait(clock.now());
      for (let round = 0; round * interval < limit; round++) {
        const flow = yield* executeBlock(statement.body, frame);
        if (flow?.kind === 'break') break;
        if (flow?.kind === 'return') return flow;
        yield* sleepUntil(statement, frame, start + (round + 1) * interval);
      }
      return null;
    }
    case 'parallel':
      yield* together(statement.body, frame);
      return null;
    case 'block':
      return yield* executeBlock(statement, frame);
    case 'break':
    case 'continue':
      return { kind: statement.kind };
    case 'return':
      return { kind: 'return', value: statement.value ? yield* evaluate(statement.value, frame) : null };
    case 'throw': {
      const thrown = yield* evaluate(statement.value, frame);
      const [message, code, hint] = isMap(thrown)
        ? ['message', 'code', 'hint'].map((key) => thrown.get(key) ?? null)
        : [thrown, null, null];
      throw scriptError('thrown', spanOf(frame, statement), valueText(message!), {
        code: code ? valueText(code) : 'thrown',
        help: hint ? valueText(hint) : null,
      });
    }
    case 'try':
      try {
        return yield* executeBlock(statement.body, frame);
      } catch (error) {
        if (!(error instanceof ScriptError) || frame.run.signal.aborted) throw error;
        const scope = new Scope(frame.scope);
        if (statement.name !== null) scope.declare(statement.name, caught(error));
        return yield* executeBlock(statement.handler, { ...frame, scope });
      }
    case 'fn':
      return null;
    case 'wait':
      yield* sleep(statement, frame, yield* durationNs(statement.duration, frame));
      step(frame, 'wait', statement, true);
      return null;
    case 'wait-until':
      yield* stepping('wait', statement, frame, waitUntil(statement, frame));
      return null;
    case 'assert':
      yield* stepping('assert', statement, frame, checkAssertion(statement, frame));
      return null;
    case 'console':
      return yield* converse(statement, frame);
    case 'expect':
      yield* expectPattern(statement, frame);
      return null;
    case 'send':
      yield* sendText(statement, frame);
      return null;
    case 'domain':
      return yield* declareDomain(statement, frame);
    case 'include':
      return yield* include(statement, frame);
    case 'on':
      yield* handle(statement, frame);
      return null;
    case 'wait-for':
      yield* stepping('wait', statement, frame, waitForEvent(statement, frame));
      return null;
    case 'inject':
      yield* inject(statement, frame);
      return null;
    case 'broken':
      throw scriptError('syntax', spanOf(frame, statement), 'this line could not be read');
  }
}

function caught({ code, message, hint, problem }: ScriptError): Value {
  return new Map<string, Value>([
    ['code', code],
    ['message', message],
    ['hint', hint],
    ['line', BigInt(problem.span.line)],
  ]);
}

function* stepping(kind: 'wait' | 'assert', statement: Statement, frame: Frame, doing: Eval<void>): Eval<void> {
  try {
    yield* doing;
  } catch (error) {
    step(frame, kind, statement, false);
    throw error;
  }
  step(frame, kind, statement, true);
}

/** Commands show what they yield wherever they stand; expressions only at the top. */
function* showPipeline(node: Pipeline, frame: Frame): Eval<void> {
  const { head, stages } = node;
  let value = yield* evaluatePipeline(node, frame);
  if (head.kind === 'name' && stages.length === 0 && isCallable(value))
    value = yield* calling(node, frame, callFunction(value, [], frame.run));
  if (!frame.top && node.head.kind !== 'command') return;
  if (frame.top) frame.run.session.scope.declare('_', value);
  // What was saved is in its file.
  if (value === null || stages.at(-1)?.kind === 'save') return;
  const shown = frame.run.onValue(value);
  if (!shown) return;
  try {
    yield* wait(shown);
  } catch (error) {
    throw hostError(placedError(error, node, frame), node, frame);
  }
}

/** Null: nothing to go through. */
function elements(value: Value): readonly Value[] | null {
  if (isList(value)) return value;
  if (value instanceof Table) return value.rows.map(rowToMap);
  return isMap(value) ? [...value.keys()] : null;
}

// ------------------------------------------------------------------------------------------------------------------------- assignments

/** In a domain block a known key is a key, whatever variables there are; elsewhere a name must have been declared. */
function* assign(statement: AssignStatement, frame: Frame): Eval<void> {
  const { key, append } = statement;
  const { entries, scope } = frame;
  const declared = scope.has(key);
  if (entries && (frame.dialect === 'config' ? !declared : configKey(key) || !declared)) return yield* assignKey(statement, frame, entries);
  if (!declared && key.includes('.')) return setMember(key, yield* evaluate(statement.value, frame), statement, frame);
  if (!declared) throw notDeclared(statement, frame);
  const value = yield* evaluate(statement.value, frame);
  if (!append) scope.set(key, value);
  else scope.change(key, (old, own) => placed(statement, frame, () => appended(old, value, own, statement, frame)));
}

function appended(old: Value, value: Value, own: boolean, node: Node, frame: Frame): Value {
  if (!own || !isList(old) || isList(value)) return counted(arithmetic('+', old, value), node, frame);
  sized(old);
  (old as Value[]).push(value);
  return old;
}

function notDeclared({ key, start, keyEnd }: AssignStatement, frame: Frame): ScriptError {
  const known = configKey(key);
  const near = didYouMean(key, frame.scope.names());
  const help = known
    ? `it is a configuration key: put it into a domain block, domain "…" { ${key} = … }`
    : (near ?? `declare it first: let ${key} = …`);
  return scriptError('not-declared', spanOf(frame, { start, end: keyEnd }), `'${key}' was not declared`, { help });
}

function setMember(path: string, value: Value, statement: AssignStatement, frame: Frame): void {
  const [name, ...keys] = path.split('.');
  if (!frame.scope.has(name!)) throw notDeclared(statement, frame);
  changeMember(name!, keys, value, statement, frame);
}

function changeMember(
  name: string,
  path: readonly (string | bigint)[],
  value: Value,
  node: SetStatement | AssignStatement,
  frame: Frame,
): void {
  const [key] = path;
  frame.scope.change(name, (old, own) =>
    placed(node, frame, () => {
      if (!own || !isMap(old) || path.length > 1) return counted(withChange(old, path, node.append, value, node, frame), node, frame);
      const entry = withChange(old.get(String(key)) ?? null, [], node.append, value, node, frame);
      return sized((old as Map<string, Value>).set(String(key), entry));
    }),
  );
}

/** Values do not change; a variable gets a new one. */
function withChange(
  object: Value,
  path: readonly (string | bigint)[],
  append: boolean,
  value: Value,
  node: SetStatement | AssignStatement,
  frame: Frame,
): Value {
  const [key, ...rest] = path;
  if (key === undefined) return append ? arithmetic('+', object, value) : value;
  if (isMap(object))
    return sized(new Map(object).set(String(key), withChange(object.get(String(key)) ?? null, rest, append, value, node, frame)));
  if (isList(object) && typeof key === 'bigint') {
    const at = Number(key < 0n ? BigInt(object.length) + key : key);
    if (at < 0 || at >= object.length) throw scriptError('index-range', spanOf(frame, node), `there is no element ${key}`);
    return object.with(at, withChange(object[at]!, rest, append, value, node, frame));
  }
  throw scriptError('type-error', spanOf(frame, node), `${typeName(object)} cannot be changed in place`);
}

function* set(statement: SetStatement, frame: Frame): Eval<void> {
  const path: (string | bigint)[] = [];
  let { target } = statement;
  if (target.kind === 'pipeline' && target.stages.length === 0 && target.head.kind !== 'command') target = target.head;
  while (target.kind === 'index' || target.kind === 'member') {
    if (target.kind === 'member') path.unshift(target.property);
    else {
      const index = yield* evaluate(target.index, frame);
      path.unshift(typeof index === 'bigint' ? index : valueText(index));
    }
    target = target.object;
  }
  if (target.kind !== 'name' || !frame.scope.has(target.name))
    throw scriptError('not-declared', spanOf(frame, statement.target), 'only variables and their elements can be assigned to');
  const value = yield* evaluate(statement.value, frame);
  changeMember(target.name, path, value, statement, frame);
}

// ----------------------------------------------------------------------------------------------------------------- several, other files

/** All at once; the first failure stops the rest. */
function* together(block: Block, frame: Frame): Eval<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([frame.run.signal, stop.signal]);
  const inner: Frame = { ...frame, run: { ...frame.run, signal }, scope: new Scope(frame.scope) };
  let failure: unknown = null;
  const branches = block.body.map(async (statement) => {
    try {
      await drive(execute(statement, inner));
    } catch (error) {
      failure ??= error;
      stop.abort();
    }
  });
  yield* wait(Promise.all(branches));
  if (failure !== null) throw failure;
}

const MOST_INCLUDES = 20;

function* include(statement: Extract<Statement, { kind: 'include' }>, frame: Frame): Eval<Flow | null> {
  const { run } = frame;
  const host = hostAt(statement, frame);
  const path = valueText(yield* evaluate(statement.path, frame));
  const { path: file, text } = yield* asking(statement.path, frame, wait(host.readFile(path, frame.source.file)));
  const { program, problems } = parse(text, file, { dialect: 'script', variables: new Set(frame.scope.names()) });
  const errors = problems.filter(isError);
  if (errors.length > 0) throw new ScriptError(errors, 'bad-script', errors[0]!.help ?? null);
  const chain = [...frame.files, file];
  if (frame.files.includes(file)) {
    const names = chain.slice(chain.indexOf(file)).map((path) => path.replace(/^.*\//, ''));
    throw scriptError('too-deep', spanOf(frame, statement.path), `files include each other: ${names.join(' includes ')}`);
  }
  if (chain.length > MOST_INCLUDES) throw scriptError('too-deep', spanOf(frame, statement.path), 'files include each other too deeply');
  run.depth++;
  try {
    const flow = yield* executeAll(program.body, { ...frame, source: program.source, files: chain });
    return flow?.kind === 'return' ? null : flow;
  } finally {
    run.depth--;
  }
}
