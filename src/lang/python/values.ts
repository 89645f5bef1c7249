/** Values of old xm files. Lists and dictionaries change in place, as in Python; everything else does not. */
import type { PyExpression, PyParameter, PyStatement } from './ast.ts';
import { PyError } from './fault.ts';
import type { PyScope } from './scope.ts';

export class PyTuple {
  readonly items: readonly PyValue[];
  constructor(items: readonly PyValue[]) {
    this.items = items;
  }
}

export interface PyFunction {
  readonly kind: 'function';
  readonly name: string;
  readonly parameters: readonly PyParameter[];
  readonly body: readonly PyStatement[] | PyExpression;
  readonly scope: PyScope;
}

/** What the sandbox offers: os.uname, re.search, text.split. */
export interface PyBuiltin {
  readonly kind: 'builtin';
  readonly name: string;
  call(args: readonly PyValue[], named: ReadonlyMap<string, PyValue>): PyValue;
}

/** os, re, xm_vars, a match: names with values. */
export interface PyModule {
  readonly kind: 'module';
  readonly name: string;
  readonly members: ReadonlyMap<string, PyValue>;
}

export type PyValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | PyValue[]
  | PyTuple
  | Map<string, PyValue>
  | PyFunction
  | PyBuiltin
  | PyModule;

export function builtin(name: string, call: PyBuiltin['call']): PyBuiltin {
  return { kind: 'builtin', name, call };
}

export function module(name: string, members: Readonly<Record<string, PyValue>>): PyModule {
  return { kind: 'module', name, members: new Map(Object.entries(members)) };
}

export function itemsOf(value: PyValue): readonly PyValue[] | null {
  if (Array.isArray(value)) return value;
  if (value instanceof PyTuple) return value.items;
  if (value instanceof Map) return [...value.keys()];
  return typeof value === 'string' ? [...value] : null;
}

export function isNumber(value: PyValue): value is bigint | number | boolean {
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean';
}

export function isTrue(value: PyValue): boolean {
  if (value instanceof Map) return value.size > 0;
  const items = typeof value === 'string' ? null : itemsOf(value);
  return items ? items.length > 0 : Boolean(value);
}

export function typeName(value: PyValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'string') return 'str';
  if (Array.isArray(value)) return 'list';
  if (value instanceof PyTuple) return 'tuple';
  return value instanceof Map ? 'dict' : value.kind;
}

/** str(value) */
export function textOf(value: PyValue): string {
  return typeof value === 'string' ? value : representation(value);
}

/** A list in a list in a list has more parts than anybody can read. */
const MOST_READ = 4_000_000;
let read = 0;

function count(amount: number): void {
  read += amount;
  if (read > MOST_READ) throw new PyError('the value is too large');
}

/** repr(value) */
export function representation(value: PyValue): string {
  read = 0;
  return written(value);
}

function written(value: PyValue): string {
  count(typeof value === 'string' ? value.length + 1 : 1);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
  if (typeof value === 'number') return Number.isInteger(value) ? value.toFixed(1) : String(value);
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
  if (value instanceof PyTuple) return `(${value.items.map(written).join(', ')}${value.items.length === 1 ? ',' : ''})`;
  if (value instanceof Map) return `{${[...value].map(([key, item]) => `${written(key)}: ${written(item)}`).join(', ')}}`;
  return `<${value.kind} ${value.name}>`;
}

export function isEqual(left: PyValue, right: PyValue): boolean {
  read = 0;
  return areEqual(left, right);
}

function areEqual(left: PyValue, right: PyValue): boolean {
  if (left === right) return true;
  count(1);
  if (isNumber(left) && isNumber(right)) return Number(left) === Number(right);
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, at) => areEqual(item, right[at]!));
  if (left instanceof PyTuple && right instanceof PyTuple)
    return left.items.length === right.items.length && left.items.every((item, at) => areEqual(item, right.items[at]!));
  return false;
}
