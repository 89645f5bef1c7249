/** Units of the language: one table for the lexer, the evaluator and the printer. */
import { Quantity, type Unit } from '../values.ts';

interface UnitSpelling {
  readonly unit: Unit;
  readonly factor: number;
}

const KI = 1024;
/** K, M, G and T alone are xl's: powers of 1024. */
export const UNITS: Readonly<Record<string, UnitSpelling>> = {
  ...spellings('bytes', {
    B: 1,
    K: KI,
    M: KI ** 2,
    G: KI ** 3,
    T: KI ** 4,
    KiB: KI,
    MiB: KI ** 2,
    GiB: KI ** 3,
    TiB: KI ** 4,
    kB: 1e3,
    KB: 1e3,
    MB: 1e6,
    GB: 1e9,
    TB: 1e12,
  }),
  ...spellings('ns', { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, min: 60e9, h: 3600e9, d: 86400e9 }),
  ...spellings('bytes/s', {
    'b/s': 1 / 8,
    'kb/s': 125,
    'Kb/s': 125,
    'Mb/s': 125e3,
    'Gb/s': 125e6,
    'B/s': 1,
    'kB/s': 1e3,
    'KB/s': 1e3,
    'MB/s': 1e6,
    'GB/s': 1e9,
    'KiB/s': KI,
    'MiB/s': KI ** 2,
    'GiB/s': KI ** 3,
  }),
  ...spellings('percent', { '%': 1 }),
};

function spellings(unit: Unit, factors: Readonly<Record<string, number>>): Record<string, UnitSpelling> {
  return Object.fromEntries(Object.entries(factors).map(([name, factor]) => [name, { unit, factor }]));
}

const STEPS: Readonly<Record<Unit, readonly (readonly [string, number])[]>> = {
  bytes: [
    ['TiB', KI ** 4],
    ['GiB', KI ** 3],
    ['MiB', KI ** 2],
    ['KiB', KI],
    ['B', 1],
  ],
  ns: [
    ['d', 86400e9],
    ['h', 3600e9],
    ['m', 60e9],
    ['s', 1e9],
    ['ms', 1e6],
    ['us', 1e3],
    ['ns', 1],
  ],
  'bytes/s': [
    ['GB/s', 1e9],
    ['MB/s', 1e6],
    ['kB/s', 1e3],
    ['B/s', 1],
  ],
  percent: [['%', 1]],
};

/** In a unit that makes a short number: 64MiB, 1536MiB, 1.5s, 90s, 33.3%. Sizes and long durations stay whole if they can. */
export function formatQuantity({ unit, amount }: Quantity): string {
  const steps = STEPS[unit];
  const size = Math.abs(amount);
  const whole = steps.find(([, factor]) => size >= factor && size % factor === 0 && size / factor < 10_000);
  const largest = steps.find(([, factor]) => size >= factor) ?? steps.at(-1)!;
  const [name, factor] = whole && (unit === 'bytes' || size >= 60e9) ? whole : largest;
  return `${Number((amount / factor).toPrecision(whole?.[0] === name ? 15 : 5))}${name}`;
}

/** Read as a number of the language: null when it is none. xl's forms: decimal, 0x, a leading 0 for octal. */
export function parseInteger(text: string): bigint | null {
  const sign = text.startsWith('-') ? -1n : 1n;
  const digits = text.replace(/^[+-]/, '').replaceAll('_', '');
  if (/^0[xX][0-9a-fA-F]+$|^0[bB][01]+$|^0[oO][0-7]+$|^(?:0|[1-9][0-9]*)$/.test(digits)) return sign * BigInt(digits);
  return /^0[0-7]+$/.test(digits) ? sign * BigInt(`0o${digits}`) : null;
}

const NUMBER = /^([0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?)(.*)$/s;

/** A number as a script writes it, with its unit; null when it is none. */
export function parseNumber(text: string): bigint | number | Quantity | null {
  const integer = parseInteger(text);
  if (integer !== null) return integer;
  const match = NUMBER.exec(text);
  if (!match || /^0[0-9]/.test(text)) return null;
  const amount = Number(match[1]!.replaceAll('_', ''));
  if (match[2] === '') return amount;
  const unit = Object.hasOwn(UNITS, match[2]!) ? UNITS[match[2]!]! : undefined;
  return unit ? new Quantity(unit.unit, amount * unit.factor) : null;
}
