/** Numbers, sizes and durations as options take them: typed values of the language, or text as the real tools read it. */
import { Quantity } from '../../lang/values.ts';
import type { Value } from '../../lang/index.ts';
import { usage } from './failure.ts';

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** A whole number within `range`; decimal, or hexadecimal after 0x. */
export function integer(value: Value, what: string, { min, max }: Range): number {
  const text = String(value).trim();
  const number = typeof value === 'number' ? value : /^[+-]?(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isInteger(number)) throw usage(`${what} must be a whole number, not '${text}'`);
  if (number < min || number > max) throw usage(`${what} must be from ${min} to ${max}, not ${number}`);
  return number;
}

const FACTORS: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };
const SIZE = /^(\d+)(?:([bkmgt])(?:i?b)?)?$/i;

/** xl's memory sizes: b k m g t after the number, MiB without one. 64MiB and 64MB are the language's own and taken as well. */
export function memoryMiB(value: Value, asTyped: string): number {
  const bytes = value instanceof Quantity ? (value.unit === 'bytes' ? value.amount : Number.NaN) : sizeOf(String(value));
  if (!Number.isFinite(bytes) || bytes <= 0) {
    throw usage(`invalid memory size: ${asTyped}`, 'a number of MiB, or a number with b, k, m, g or t after it');
  }
  return bytes / 2 ** 20;
}

function sizeOf(text: string): number {
  const match = SIZE.exec(text.trim());
  if (!match) return Number.NaN;
  return Number(match[1]) * FACTORS[(match[2] ?? 'm').toLowerCase()]!;
}

const NS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, min: 60e9, h: 3600e9 };
const DURATION = /^(\d+(?:\.\d+)?)(ns|us|ms|s|m|min|h)?$/;

/** Seconds without a unit, as xentop's delay. */
export function durationNs(value: Value, what: string): number {
  if (value instanceof Quantity && value.unit === 'ns') return value.amount;
  const match = DURATION.exec(String(value).trim());
  if (!match) throw usage(`${what} must be a duration such as 2, 0.5 or 250ms, not '${String(value)}'`);
  return Number(match[1]) * NS[match[2] ?? 's']!;
}
