/** Values of a configuration read as the types that keys want. xl has texts and lists only; numbers are read when they are asked for. */
import { Quantity, type Value } from '../values.ts';

/** strtol with base 0 over the whole text. */
const NUMBER = /^\s*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/;

/** Null: not a whole number. */
export function integerOf(value: Value): number | null {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return Number.isInteger(value) ? value : null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  const match = typeof value === 'string' ? NUMBER.exec(value) : null;
  if (!match) return null;
  const digits = match[2]!;
  const amount = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return match[1] === '-' ? -amount : amount;
}

/** MiB, or a size with its unit; null: neither. */
export function mebibytesOf(value: Value): number | null {
  if (value instanceof Quantity) return value.unit === 'bytes' ? value.amount / 2 ** 20 : null;
  return integerOf(value);
}

/** A number is its digits where a text is wanted, as in xl; null: a list or something else. */
export function textOf(value: Value): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'bigint' || typeof value === 'number' ? String(value) : null;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function describeValue(value: Value): string {
  if (isList(value)) return 'a list';
  if (value instanceof Map) return 'a map';
  if (value instanceof Quantity) return 'a number with another unit';
  return typeof value === 'string' ? `'${value}'` : String(value);
}
