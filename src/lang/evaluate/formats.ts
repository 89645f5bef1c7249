/** `to json` and `to csv`: full values, for programs. */
import { DomainHandle, Quantity, Table, type Value } from '../values.ts';
import { OperatorFault } from './operators.ts';
import { isList, isMap, valueText } from './value-text.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const MOST_PARTS = 4_000_000;
let parts = 0;

/** Sizes in bytes, durations in nanoseconds, percentages in percent. Integers beyond 2^53 become texts. */
function jsonOf(value: Value): Json {
  if (++parts > MOST_PARTS) throw new OperatorFault('too-large', 'the value is too large to be written');
  if (typeof value === 'bigint') return BigInt(Number(value)) === value ? Number(value) : String(value);
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value;
  if (value instanceof Quantity) return value.amount;
  if (value instanceof DomainHandle) return value.name;
  if (value instanceof Table)
    return value.rows.map((row) => Object.fromEntries(value.columns.map(({ name }) => [name, jsonOf(row[name] ?? null)])));
  if (isList(value)) return value.map(jsonOf);
  if (isMap(value)) return Object.fromEntries([...value].map(([key, item]) => [key, jsonOf(item)]));
  return valueText(value);
}

export function toJson(value: Value): string {
  parts = 0;
  return JSON.stringify(jsonOf(value), null, 2);
}

/** RFC 4180, with a line of headings. */
export function toCsv({ columns, rows }: Table): string {
  parts = 0;
  const cell = (value: Value): string => {
    const json = jsonOf(value);
    const text = json === null ? '' : typeof json === 'object' ? JSON.stringify(json) : String(json);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [columns.map(({ name }) => cell(name)), ...rows.map((row) => columns.map(({ name }) => cell(row[name] ?? null)))];
  return lines.map((cells) => cells.join(',')).join('\n');
}
