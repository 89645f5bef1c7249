/** Configuration keys: in a file, and in `domain "name" { … }`. */
import type { ConfigEntry, ConfigRecord } from '../host.ts';
import type { AssignStatement, DomainStatement, Expression } from '../parse/ast.ts';
import { configKey } from '../keys/config-keys.ts';
import { checkConfig } from '../config/read-config.ts';
import { textOf } from '../config/config-number.ts';
import { isError } from '../problems/problem-of.ts';
import type { Value } from '../values.ts';
import type { Eval } from './eval.ts';
import { evaluate, lookUp, numberValue } from './expressions.ts';
import { Scope, spanOf, type Frame } from './frame.ts';
import { step, wordValue } from './pipelines.ts';
import { ScriptError, scriptError } from './script-error.ts';
import { executeBlock, type Flow } from './statements.ts';
import { isList, isUnknown, valueText } from './value-text.ts';

/** The declaration is kept for `create NAME`; what is wrong with it is told now, all at once. */
export function* declareDomain(node: DomainStatement, frame: Frame): Eval<Flow | null> {
  const name = valueText(yield* wordValue(node.name, frame));
  const span = spanOf(frame, node.name);
  const entries = new Map<string, ConfigEntry>([['name', { value: name, span, valueSpan: span }]]);
  const flow = yield* executeBlock(node.body, { ...frame, entries, scope: new Scope(frame.scope), top: false });
  const record: ConfigRecord = { file: frame.source.file, entries };
  const { plan } = frame.run;
  plan?.add(`declare ${name}${summary(entries)}`, node, frame);
  const known = plan ? { ...record, entries: new Map([...entries].filter(([, { value }]) => !isUnknown(value))) } : record;
  const problems = checkConfig(known).filter((problem) => isError(problem) && problem.code !== MISSING_KEY);
  step(frame, 'domain', { start: node.start, end: node.name.end }, problems.length === 0);
  if (problems.length > 0) throw new ScriptError(problems, 'bad-config', problems[0]!.help ?? null);
  frame.run.session.declarations.set(name, record);
  return flow;
}
/** What a plan says of a domain: the keys as they came out. */
function summary(entries: ReadonlyMap<string, ConfigEntry>): string {
  const settings = [...entries].filter(([key]) => key !== 'name').map(([key, { value }]) => `${key}=${valueText(value)}`);
  return settings.length === 0 ? '' : `: ${settings.join(' ')}`;
}

/** A kernel may still come with `create NAME kernel=…`. */
const MISSING_KEY = 'XM1046';

export function* assignKey(node: AssignStatement, frame: Frame, entries: Map<string, ConfigEntry>): Eval<void> {
  const { key, append } = node;
  const before = entries.get(key);
  const added = yield* keyValue(node, frame);
  const value = append && before ? appended(before.value, added, node, frame) : added;
  // Python's None: as if the key were not there.
  if (value === null) {
    entries.delete(key);
    return;
  }
  entries.delete(key);
  entries.set(key, {
    value,
    span: spanOf(frame, { start: node.start, end: node.keyEnd }),
    valueSpan: spanOf(frame, node.value),
    ...(isList(value) && { itemSpans: itemSpans(node, before, frame) }),
  });
}

function itemSpans(node: AssignStatement, before: ConfigEntry | undefined, frame: Frame): ConfigEntry['itemSpans'] & {} {
  const own = node.value.kind === 'list' ? node.value.items.map((item) => spanOf(frame, item)) : [];
  return node.append && before ? [...(before.itemSpans ?? []), ...own] : own;
}

/** list += list appends, text += text concatenates; numbers are texts here, as in xl. */
function appended(before: Value, added: Value, node: AssignStatement, frame: Frame): Value {
  if (isList(before) && isList(added)) return [...before, ...added];
  const [first, second] = [textOf(before), textOf(added)];
  if (first !== null && second !== null) return first + second;
  throw scriptError(
    'mixed-append',
    spanOf(frame, node.value),
    isList(before) ? `'${node.key}' is a list: a single value cannot be added` : `'${node.key}' is a single value: a list cannot be added`,
    {
      help: isList(before) ? 'put it in brackets' : null,
    },
  );
}

function* keyValue({ key, value }: AssignStatement, frame: Frame): Eval<Value> {
  if (configKey(key)?.type === 'names') return yield* domainNames(value, frame);
  return frame.dialect === 'config' ? yield* configValue(value, frame) : yield* evaluate(value, frame);
}

/** A domain may be named before it is declared, with or without quotes. */
function* domainNames(node: Expression, frame: Frame): Eval<Value> {
  if (node.kind === 'name' && (yield* lookUp(node.name, frame)) === undefined) return [node.name];
  if (node.kind === 'list') {
    const names: Value[] = [];
    for (const item of node.items) names.push(...((yield* domainNames(item, frame)) as readonly Value[]));
    return names;
  }
  const value = yield* evaluate(node, frame);
  return (isList(value) ? value : [value]).map((name) => valueText(name));
}

/** Literals are what xl makes of them: a number that is not plainly decimal keeps its digits until a key wants a number. */
function* configValue(node: Expression, frame: Frame): Eval<Value> {
  if (node.kind === 'string') return node.value;
  if (node.kind === 'number') return configNumber(node.text, node, frame);
  if (node.kind !== 'list') return yield* evaluate(node, frame);
  const items: Value[] = [];
  for (const item of node.items) items.push(yield* configValue(item, frame));
  return items;
}

function configNumber(text: string, node: Expression, frame: Frame): Value {
  if (/^(?:0|[1-9][0-9]{0,17})$/.test(text)) return BigInt(text);
  if (/^[0-9][0-9a-fx]*$/.test(text)) return text;
  const value = numberValue(text, node, frame);
  if (typeof value === 'number')
    throw scriptError('bad-number', spanOf(frame, node), `'${text}' is not a whole number`, { help: 'configurations have no other' });
  return value;
}
