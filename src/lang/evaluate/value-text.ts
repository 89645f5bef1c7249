/** Values as a person reads them: what print, interpolation, words of commands and messages show. */
import { formatQuantity } from '../units/units.ts';
import { DomainHandle, Quantity, Table, Unknown, type Callable, type Row, type Value } from '../values.ts';

export function isCallable(value: Value | undefined): value is Callable {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'function';
}

export function isMap(value: Value | undefined): value is ReadonlyMap<string, Value> {
  return value instanceof Map;
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

export function rowToMap(row: Row): ReadonlyMap<string, Value> {
  return new Map(Object.entries(row));
}

export function typeName(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return 'an integer';
  if (typeof value === 'number') return 'a number';
  if (typeof value === 'boolean') return 'a boolean';
  if (typeof value === 'string') return 'a string';
  if (value instanceof RegExp) return 'a pattern';
  if (value instanceof Quantity) return QUANTITY_NAMES[value.unit];
  if (value instanceof Table) return 'a table';
  if (value instanceof DomainHandle) return 'a domain';
  if (value instanceof Unknown) return 'something that only the machine knows';
  if (isList(value)) return 'a list';
  return isMap(value) ? 'a map' : 'a function';
}

const QUANTITY_NAMES: Readonly<Record<Quantity['unit'], string>> = {
  bytes: 'a size',
  ns: 'a duration',
  'bytes/s': 'a rate',
  percent: 'a percentage',
};

/** A list in a list in a list may be longer than any memory: the text ends where it is too long to be read. */
const MOST_WRITTEN = 2 ** 20;
let written = 0;
let depth = 0;

/** `quoted`: strings inside lists and messages carry quotes. */
export function valueText(value: Value, quoted = false): string {
  if (depth === 0) written = 0;
  if (depth > 0 && written > MOST_WRITTEN) return '…';
  depth++;
  try {
    const text = textOf(value, quoted);
    // What is in a list was counted already, but for its comma.
    written += isList(value) || isMap(value) ? 2 : text.length;
    return text;
  } finally {
    depth--;
  }
}

function textOf(value: Value, quoted: boolean): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quoted ? JSON.stringify(value) : value;
  if (typeof value === 'number') return Number.isInteger(value) ? value.toFixed(0) : String(Number(value.toPrecision(12)));
  if (typeof value === 'bigint' || typeof value === 'boolean' || value instanceof RegExp) return String(value);
  if (value instanceof Quantity) return formatQuantity(value);
  if (value instanceof DomainHandle) return quoted ? `domain(${JSON.stringify(value.name)})` : value.name;
  if (value instanceof Unknown) return `‹${value.text}›`;
  if (value instanceof Table) return `a table of ${value.rows.length} ${value.rows.length === 1 ? 'row' : 'rows'}`;
  if (isList(value)) return `[${value.map((item) => valueText(item, true)).join(', ')}]`;
  if (isMap(value)) return `{${[...value].map(([key, item]) => `${key}: ${valueText(item, true)}`).join(', ')}}`;
  return `fn ${(value as Callable).name}`;
}

/** For messages: one line, not too long. */
export function shortText(value: Value): string {
  const text = valueText(value, true).replaceAll('\n', '\\n');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** Depends on what only the machine knows. `seen`: a list may stand in a list many times. */
export function isUnknown(value: Value, seen: Set<Value> = new Set()): boolean {
  if (value instanceof Unknown) return true;
  if (!(isList(value) || isMap(value)) || seen.has(value)) return false;
  seen.add(value);
  return [...value.values()].some((item) => isUnknown(item, seen));
}

/** null, false, 0, "" and what is empty are false. */
export function isTrue(value: Value): boolean {
  if (value instanceof Quantity) return value.amount !== 0;
  if (value instanceof Table) return value.rows.length > 0;
  if (isList(value)) return value.length > 0;
  if (isMap(value)) return value.size > 0;
  return Boolean(value);
}
