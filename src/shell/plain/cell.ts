/** A single value as text: for people (units), and in full (bytes, nanoseconds) for programs. */
import { DomainHandle, Quantity, Table } from '../../lang/values.ts';
import type { Unit, Value } from '../../lang/index.ts';

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** At most one decimal, and none that says nothing: 64, 1.5. */
const short = (number: number): string =>
  Math.abs(number) >= 100 || Number.isInteger(number) ? String(Math.round(number)) : number.toFixed(1).replace(/\.0$/, '');

export function humanBytes(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (Math.abs(amount) >= 1024 && unit < SIZES.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${short(amount)} ${SIZES[unit]}`;
}

const two = (part: number): string => String(part).padStart(2, '0');

export function humanDuration(ns: number): string {
  if (ns < 0) return `-${humanDuration(-ns)}`;
  if (ns === 0) return '0 s';
  if (ns < 1e3) return `${short(ns)} ns`;
  if (ns < 1e6) return `${short(ns / 1e3)} µs`;
  if (ns < 1e9) return `${short(ns / 1e6)} ms`;
  const seconds = ns / 1e9;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86400)}d ${two(Math.floor((whole % 86400) / 3600))}h`;
}

const HUMAN: Readonly<Record<Unit, (amount: number) => string>> = {
  bytes: humanBytes,
  ns: humanDuration,
  'bytes/s': (amount) => `${humanBytes(amount)}/s`,
  percent: (amount) => `${amount.toFixed(1)}%`,
};

export function humanCell(value: Value | undefined): string {
  if (value === null || value === undefined) return '-';
  if (value instanceof Quantity) return HUMAN[value.unit](value.amount);
  if (value instanceof DomainHandle) return value.name;
  if (value instanceof Table) return `${value.rows.length} rows`;
  if (value instanceof RegExp) return String(value);
  if (value instanceof Map) return `{${[...value].map(([key, one]) => `${key}: ${humanCell(one)}`).join(', ')}}`;
  if (Array.isArray(value)) return `[${value.map((one: Value) => humanCell(one)).join(', ')}]`;
  if (typeof value === 'object') return `fn ${(value as { readonly name: string }).name}`;
  return String(value);
}

/** For programs: no unit, nothing rounded; nothing at all for null. */
export function fullCell(value: Value | undefined): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Quantity) return String(value.amount);
  return humanCell(value);
}
