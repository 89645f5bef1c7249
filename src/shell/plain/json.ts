/** Values as JSON: sizes in bytes, durations in nanoseconds, shares in percent; 64-bit integers that a number cannot hold are strings. */
import { CommandFailure } from '../../lang/host.ts';
import { DomainHandle, Quantity, Table } from '../../lang/values.ts';
import type { Value } from '../../lang/index.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A list in a list in a list may have more parts than anybody can write. */
const MOST_PARTS = 4_000_000;
let parts = 0;

export function toJson(value: Value | undefined): Json {
  parts = 0;
  return jsonOf(value);
}

function jsonOf(value: Value | undefined): Json {
  if (++parts > MOST_PARTS) throw new CommandFailure('failed', 'the value is too large to be written', null);
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object') return value;
  if (value instanceof Quantity) return value.amount;
  if (value instanceof DomainHandle) return value.name;
  if (value instanceof RegExp) return String(value);
  if (value instanceof Table)
    return tableJson(
      value,
      value.columns.map(({ name }) => name),
    );
  if (value instanceof Map) return Object.fromEntries([...(value as ReadonlyMap<string, Value>)].map(([key, one]) => [key, jsonOf(one)]));
  if (Array.isArray(value)) return (value as readonly Value[]).map(jsonOf);
  return `fn ${(value as { readonly name: string }).name}`;
}

function tableJson({ rows }: Table, columns: readonly string[]): readonly { readonly [key: string]: Json }[] {
  return rows.map((row) => Object.fromEntries(columns.map((name) => [name, jsonOf(row[name])])));
}
