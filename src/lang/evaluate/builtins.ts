/** Functions that are always there. */
import { parseNumber } from '../units/units.ts';
import { DomainHandle, Quantity, Table, Unknown, type Value } from '../values.ts';
import { wait, type Eval } from './eval.ts';
import type { Frame } from './frame.ts';
import { ArgumentFault } from './functions.ts';
import { arithmetic, compare, order } from './operators.ts';
import { isList, isMap, rowToMap, typeName, valueText } from './value-text.ts';

export interface Builtin {
  readonly name: string;
  /** "abs(number)", for completion and help. */
  readonly usage: string;
  readonly doc: string;
  readonly least: number;
  readonly most: number;
  run(args: readonly Value[], frame: Frame): Eval<Value> | Value;
}

function builtin(usage: string, doc: string, least: number, most: number, run: Builtin['run']): Builtin {
  return { name: usage.slice(0, usage.indexOf('(')), usage, doc, least, most, run };
}

/** One list, or the arguments themselves. */
function items(args: readonly Value[], name: string): readonly Value[] {
  const [only] = args;
  if (args.length !== 1 || only === undefined) return args;
  if (isList(only)) return only;
  if (only instanceof Table) return only.rows.map(rowToMap);
  throw new ArgumentFault(`${name} needs a list, not ${typeName(only)}`);
}

function rounded(name: string, round: (amount: number) => number): Builtin['run'] {
  return ([value, digits]) => {
    if (typeof value === 'bigint') return value;
    const factor = 10 ** (typeof digits === 'bigint' ? Number(digits) : 0);
    if (value instanceof Quantity) return new Quantity(value.unit, round(value.amount * factor) / factor);
    if (typeof value !== 'number') throw new ArgumentFault(`${name} needs a number, not ${typeName(value!)}`);
    return digits === undefined ? integer(round(value)) : round(value * factor) / factor;
  };
}

function integer(amount: number): bigint {
  if (!Number.isFinite(amount) || Math.abs(amount) >= 2 ** 63) throw new ArgumentFault('the number does not fit into 64 bits');
  return BigInt(Math.trunc(amount));
}

export function sum(values: readonly Value[]): Value {
  return values.length === 0 ? 0n : values.reduce((total, value) => arithmetic('+', total, value));
}

export function average(values: readonly Value[]): Value {
  return values.length === 0 ? null : arithmetic('/', sum(values), BigInt(values.length));
}

/** `sign` 1: the largest, -1: the smallest. */
export function extreme(values: readonly Value[], sign: 1 | -1): Value {
  return values.length === 0 ? null : values.reduce((best, value) => (compare('<', value, best) * sign > 0 ? value : best));
}

export function lengthOf(value: Value): bigint {
  if (typeof value === 'string' || isList(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(value.size);
  if (value instanceof Table) return BigInt(value.rows.length);
  throw new ArgumentFault(`${typeName(value)} has no length`);
}

function toInteger(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return integer(value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (value instanceof Quantity) return integer(value.amount);
  const parsed = typeof value === 'string' ? parseNumber(value.trim().replace(/^[+-]/, '')) : null;
  if (typeof parsed === 'bigint') return (value as string).trim().startsWith('-') ? -parsed : parsed;
  if (typeof parsed === 'number') return integer((value as string).trim().startsWith('-') ? -parsed : parsed);
  throw new ArgumentFault(`${valueText(value, true)} is not a number`);
}

function toFloat(value: Value): number {
  if (typeof value === 'number') return value;
  if (value instanceof Quantity) return value.unit === 'percent' ? value.amount / 100 : value.amount;
  if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) return Number(value);
  return Number(toInteger(value));
}

function absolute(value: Value): Value {
  if (typeof value === 'bigint') return value < 0n ? -value : value;
  if (value instanceof Quantity) return new Quantity(value.unit, Math.abs(value.amount));
  if (typeof value === 'number') return Math.abs(value);
  throw new ArgumentFault(`abs needs a number, not ${typeName(value)}`);
}

function span(args: readonly Value[]): readonly bigint[] {
  const [first, last, step] =
    args.length === 1 ? [0n, toInteger(args[0]!), 1n] : [toInteger(args[0]!), toInteger(args[1]!), toInteger(args[2] ?? 1n)];
  if (step === 0n) throw new ArgumentFault('the step of range cannot be 0');
  const count = step > 0n ? (last - first + step - 1n) / step : (first - last - step - 1n) / -step;
  if (count > 1_000_000n) throw new ArgumentFault('the range is too long');
  return Array.from({ length: Math.max(0, Number(count)) }, (_, at) => first + BigInt(at) * step);
}

function hostOf(frame: Frame): NonNullable<Frame['run']['host']> {
  const { host } = frame.run;
  if (host === null) throw new ArgumentFault('a configuration cannot ask the machine');
  return host;
}

const domainName = (value: Value): string => (value instanceof DomainHandle ? value.name : valueText(value));

export const BUILTINS: readonly Builtin[] = [
  builtin('abs(number)', 'without its sign', 1, 1, ([value]) => absolute(value!)),
  builtin('avg(list)', 'the mean', 1, Infinity, (args) => average(items(args, 'avg'))),
  builtin('ceil(number, digits?)', 'rounded up', 1, 2, rounded('ceil', Math.ceil)),
  builtin('domain(name)', 'a domain: .state, .memory, .cpu_time, …', 1, 1, ([name]) => new DomainHandle(domainName(name!))),
  builtin('float(value)', 'as a number with a fraction', 1, 1, ([value]) => toFloat(value!)),
  builtin('floor(number, digits?)', 'rounded down', 1, 2, rounded('floor', Math.floor)),
  builtin('guest(name)', 'path of a kernel that ships with Xenolith: guest("pebble")', 1, 1, ([name], { run }) =>
    run.guest(valueText(name!)),
  ),
  builtin('int(value)', 'as a whole number', 1, 1, ([value]) => toInteger(value!)),
  builtin('keys(map)', 'names of a map, columns of a table', 1, 1, ([value]) => {
    if (value instanceof Table) return value.columns.map(({ name }) => name);
    if (!isMap(value)) throw new ArgumentFault(`keys needs a map, not ${typeName(value!)}`);
    return [...value.keys()];
  }),
  builtin('len(value)', 'how many: characters, elements, rows', 1, 1, ([value]) => lengthOf(value!)),
  builtin('max(list)', 'the largest', 1, Infinity, (args) => extreme(items(args, 'max'), 1)),
  builtin('min(list)', 'the smallest', 1, Infinity, (args) => extreme(items(args, 'min'), -1)),
  builtin('now()', 'machine time since it started', 0, 0, function* (_args, frame) {
    if (frame.run.plan) return new Unknown('now()');
    return new Quantity('ns', yield* wait(hostOf(frame).clock.now()));
  }),
  builtin('print(value…)', 'shows values', 0, Infinity, (args, frame) => {
    const text = args.map((value) => valueText(value)).join(' ');
    if (frame.run.plan) frame.run.plan.say(text, frame);
    else hostOf(frame).print(text);
    return null;
  }),
  builtin('range(first, end, step?)', 'numbers from first up to, without, end', 1, 3, (args) => span(args)),
  builtin('round(number, digits?)', 'rounded', 1, 2, rounded('round', Math.round)),
  builtin('sorted(list)', 'in order', 1, 1, (args) => items(args, 'sorted').toSorted(order)),
  builtin('str(value)', 'as text', 1, 1, ([value]) => valueText(value!)),
  builtin('sum(list)', 'the total', 1, Infinity, (args) => sum(items(args, 'sum'))),
  builtin('type(value)', 'what kind of value it is', 1, 1, ([value]) => typeName(value!).replace(/^an? /, '')),
  builtin('values(map)', 'values of a map', 1, 1, ([value]) => {
    if (!isMap(value)) throw new ArgumentFault(`values needs a map, not ${typeName(value!)}`);
    return [...value.values()];
  }),
  builtin('xenstore(path)', 'what the xenstore holds at a path; null: nothing', 1, 1, function* ([path], frame) {
    if (frame.run.plan) return new Unknown(`xenstore(${valueText(path!, true)})`);
    return yield* wait(hostOf(frame).xenstoreRead(valueText(path!)));
  }),
];

export const BUILTIN_BY_NAME: ReadonlyMap<string, Builtin> = new Map(BUILTINS.map((builtin) => [builtin.name, builtin]));
