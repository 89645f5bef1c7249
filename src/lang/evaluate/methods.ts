/** Methods and properties of lists, texts, maps, tables and quantities: `names.map(f)`, `"a,b".split(",")`. */
import { bounded } from '../patterns.ts';
import { Quantity, Table, type Value } from '../values.ts';
import { average, extreme, lengthOf, sum } from './builtins.ts';
import type { Eval } from './eval.ts';
import type { Run } from './frame.ts';
import { ArgumentFault, callFunction, EvalFunction, functionArgument } from './functions.ts';
import { checkJoined, contains, isEqual, order, sized } from './operators.ts';
import { isList, isMap, isTrue, rowToMap, valueText } from './value-text.ts';

type Method<T> = (self: T, args: readonly Value[], run: Run | null) => Eval<Value> | Value;
type Methods<T> = Readonly<Record<string, Method<T>>>;

function* mapped(list: readonly Value[], args: readonly Value[], run: Run | null, name: string): Eval<Value[]> {
  const callable = functionArgument(name, args[0]);
  const results: Value[] = [];
  for (const item of list) results.push(yield* callFunction(callable, [item], run));
  return results;
}

const LIST: Methods<readonly Value[]> = {
  map: (list, args, run) => mapped(list, args, run, 'map'),
  *filter(list, args, run) {
    const kept = yield* mapped(list, args, run, 'filter');
    return list.filter((_, at) => isTrue(kept[at]!));
  },
  *find(list, args, run) {
    const found = (yield* mapped(list, args, run, 'find')).findIndex(isTrue);
    return found < 0 ? null : list[found]!;
  },
  *any(list, args, run) {
    return (yield* mapped(list, args, run, 'any')).some(isTrue);
  },
  *all(list, args, run) {
    return (yield* mapped(list, args, run, 'all')).every(isTrue);
  },
  *reduce(list, args, run) {
    const callable = functionArgument('reduce', args[0]);
    const rest = args.length > 1 ? list : list.slice(1);
    let total = args.length > 1 ? args[1]! : (list[0] ?? null);
    for (const item of rest) total = yield* callFunction(callable, [total, item], run);
    return total;
  },
  *sort(list, args, run) {
    if (args.length === 0) return list.toSorted(order);
    const keys = yield* mapped(list, args, run, 'sort');
    return list
      .map((item, at) => [item, keys[at]!] as const)
      .toSorted(([, a], [, b]) => order(a, b))
      .map(([item]) => item);
  },
  join(list, [separator]) {
    const pieces = list.map((item) => valueText(item));
    const between = separator === undefined ? ',' : valueText(separator);
    checkJoined(pieces, between);
    return pieces.join(between);
  },
  contains: (list, [item]) => contains(item ?? null, list),
  index: (list, [item]) => BigInt(list.findIndex((member) => isEqual(member, item ?? null))),
  reverse: (list) => list.toReversed(),
  slice: (list, [from, to]) => list.slice(count(from, 0), to === undefined ? undefined : count(to, 0)),
  unique,
  flat: (list) => list.flatMap((item) => (isList(item) ? item : [item])),
  first: (list, [n]) => (n === undefined ? (list[0] ?? null) : list.slice(0, count(n, 1))),
  last: (list, [n]) => (n === undefined ? (list.at(-1) ?? null) : list.slice(-count(n, 1) || list.length)),
  sum: (list) => sum(list),
  avg: (list) => average(list),
  min: (list) => extreme(list, -1),
  max: (list) => extreme(list, 1),
};

/** By what equal values have in common, so that a long list need not be compared with itself. */
function unique(list: readonly Value[]): readonly Value[] {
  const alike = new Map<string, Value[]>();
  return list.filter((item) => {
    const key = commonKey(item);
    const known = alike.get(key);
    if (known?.some((other) => isEqual(item, other))) return false;
    if (known) known.push(item);
    else alike.set(key, [item]);
    return true;
  });
}

function commonKey(value: Value): string {
  if (typeof value === 'bigint' || typeof value === 'number') return `${Number(value)}`;
  if (value instanceof Quantity) return value.unit === 'percent' ? `${value.amount / 100}` : `${value.amount} ${value.unit}`;
  if (isList(value)) return `[${value.length} ${isList(value[0]) ? '' : commonKey(value[0] ?? null)}`;
  if (isMap(value)) return `{${[...value.keys()].toSorted().join(' ')}`;
  return `"${valueText(value)}`;
}

function count(value: Value | undefined, fallback: number): number {
  return value === undefined ? fallback : Number(typeof value === 'bigint' ? value : Number.NaN) || 0;
}

const TEXT: Methods<string> = {
  split: (text, [separator]) =>
    separator === undefined
      ? text.trim().split(/\s+/)
      : separator instanceof RegExp
        ? bounded(separator, text, () => text.split(separator))
        : text.split(valueText(separator)),
  lines: (text) => text.replace(/\r?\n$/, '').split(/\r?\n/),
  trim: (text) => text.trim(),
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  contains: (text, [part]) => (part instanceof RegExp ? bounded(part, text, () => part.test(text)) : text.includes(valueText(part ?? ''))),
  starts: (text, [part]) => text.startsWith(valueText(part ?? '')),
  ends: (text, [part]) => text.endsWith(valueText(part ?? '')),
  replace: (text, [part, by]) =>
    part instanceof RegExp
      ? bounded(part, text, () => text.replace(new RegExp(part.source, `${part.flags}g`), valueText(by ?? '')))
      : text.replaceAll(valueText(part ?? ''), () => valueText(by ?? '')),
  match(text, [pattern]) {
    if (!(pattern instanceof RegExp)) throw new ArgumentFault('match needs a pattern, for example /\\d+/');
    return captures(bounded(pattern, text, () => pattern.exec(text)));
  },
  pad: (text, [width, fill]) => text.padEnd(Math.min(count(width, 0), 10_000), valueText(fill ?? ' ')),
  slice: (text, [from, to]) => text.slice(count(from, 0), to === undefined ? undefined : count(to, 0)),
};

/** The whole match first, then the groups; null: no match. */
export function captures(match: RegExpExecArray | null): Value {
  return match === null ? null : match.map((group) => group ?? null);
}

const MAP: Methods<ReadonlyMap<string, Value>> = {
  keys: (map) => [...map.keys()],
  values: (map) => [...map.values()],
  has: (map, [key]) => map.has(valueText(key ?? '')),
  get: (map, [key, fallback]) => map.get(valueText(key ?? '')) ?? fallback ?? null,
};

const QUANTITY_PARTS: Readonly<Record<string, { readonly unit: Quantity['unit']; readonly factor: number }>> = {
  bytes: { unit: 'bytes', factor: 1 },
  kib: { unit: 'bytes', factor: 2 ** 10 },
  mib: { unit: 'bytes', factor: 2 ** 20 },
  gib: { unit: 'bytes', factor: 2 ** 30 },
  seconds: { unit: 'ns', factor: 1e9 },
  ms: { unit: 'ns', factor: 1e6 },
  us: { unit: 'ns', factor: 1e3 },
  ns: { unit: 'ns', factor: 1 },
  percent: { unit: 'percent', factor: 1 },
};

function bound<T>(name: string, methods: Methods<T>, self: T): Value | undefined {
  const method = Object.hasOwn(methods, name) ? methods[name]! : undefined;
  return (
    method &&
    new EvalFunction(
      name,
      function* (args, run) {
        const result = method(self, args, run);
        return sized(isEvaluation(result) ? yield* result : result);
      },
      true,
    )
  );
}

export function isEvaluation(value: Value | Eval<Value>): value is Eval<Value> {
  return typeof value === 'object' && value !== null && 'next' in value && 'throw' in value;
}

/** Undefined: the value has no such property. */
export function propertyOf(value: Value, name: string): Value | undefined {
  if (isMap(value)) {
    if (value.has(name)) return value.get(name)!;
    return name === 'length' ? BigInt(value.size) : bound(name, MAP, value);
  }
  if (typeof value === 'string') return name === 'length' ? lengthOf(value) : bound(name, TEXT, value);
  if (isList(value)) return name === 'length' ? lengthOf(value) : bound(name, LIST, value);
  if (value instanceof Table) {
    if (value.columns.some((column) => column.name === name)) return value.rows.map((row) => row[name] ?? null);
    if (name === 'rows') return value.rows.map(rowToMap);
    if (name === 'columns') return value.columns.map((column) => column.name);
    return propertyOf(value.rows.map(rowToMap), name);
  }
  if (value instanceof Quantity) {
    const part = Object.hasOwn(QUANTITY_PARTS, name) ? QUANTITY_PARTS[name]! : undefined;
    return part?.unit === value.unit ? value.amount / part.factor : undefined;
  }
  return undefined;
}

/** For "did you mean" and completion. */
export function propertyNames(value: Value): readonly string[] {
  if (isMap(value)) return [...value.keys(), ...Object.keys(MAP)];
  if (typeof value === 'string') return [...Object.keys(TEXT), 'length'];
  if (isList(value)) return [...Object.keys(LIST), 'length'];
  if (value instanceof Table) return [...value.columns.map(({ name }) => name), 'rows', 'columns', ...Object.keys(LIST)];
  return value instanceof Quantity ? Object.keys(QUANTITY_PARTS).filter((name) => QUANTITY_PARTS[name]!.unit === value.unit) : [];
}
