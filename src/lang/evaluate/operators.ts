/** What operators do with values. Pure; a wrong pair of types is told as a text, which the evaluator places. */
import type { BinaryOperator } from '../parse/ast.ts';
import { bounded } from '../patterns.ts';
import { DomainHandle, Quantity, Table, type Value } from '../values.ts';
import { isList, isMap, typeName, valueText } from './value-text.ts';

/** A mistake without a place yet. */
export class OperatorFault extends Error {
  readonly id: 'type-error' | 'overflow' | 'division-by-zero' | 'too-large';
  constructor(id: OperatorFault['id'], message: string) {
    super(message);
    this.id = id;
  }
}

type Arithmetic = '+' | '-' | '*' | '/' | '%' | '**';

/** Whole numbers have 64 bits. */
function checked(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new OperatorFault('overflow', 'the result does not fit into 64 bits');
  return value;
}

function wrongTypes(operator: string, left: Value, right: Value): OperatorFault {
  return new OperatorFault('type-error', `'${operator}' does not go with ${typeName(left)} and ${typeName(right)}`);
}

export function arithmetic(operator: Arithmetic, left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') return integers(operator, left, right);
  if (isNumber(left) && isNumber(right)) return floats(operator, Number(left), Number(right));
  if (left instanceof Quantity || right instanceof Quantity) return quantities(operator, left, right);
  if (operator === '+') {
    if (typeof left === 'string') return sized(left + valueText(right));
    if (typeof right === 'string' && !isList(left)) return sized(valueText(left) + right);
    if (isList(left)) return sized(isList(right) ? [...left, ...right] : [...left, right]);
    if (isMap(left) && isMap(right)) return sized(new Map([...left, ...right]));
  }
  if (operator === '*' && typeof left === 'string' && typeof right === 'bigint') return repeated(left, Math.max(0, Number(right)));
  throw wrongTypes(operator, left, right);
}

function repeated(text: string, times: number): string {
  if (text.length * times > MOST_TEXT) throw new OperatorFault('too-large', 'the text becomes too long');
  return text.repeat(times);
}

const MOST_TEXT = 2 ** 24;
export const MOST_ITEMS = 1_000_000;

/** Nothing grows without end: a script that builds too much is told so, and the machine lives on. */
export function sized<T extends Value>(value: T): T {
  if (typeof value === 'string' && value.length > MOST_TEXT) throw new OperatorFault('too-large', 'the text becomes too long');
  if (isList(value) && value.length > MOST_ITEMS) throw new OperatorFault('too-large', 'the list becomes too long');
  if (isMap(value) && value.size > MOST_ITEMS) throw new OperatorFault('too-large', 'the map becomes too large');
  return value;
}

/** Of texts that are put together: before they are. */
export function checkJoined(pieces: readonly string[], separator: string): void {
  const length = pieces.reduce((sum, piece) => sum + piece.length + separator.length, 0);
  if (length > MOST_TEXT) throw new OperatorFault('too-large', 'the text becomes too long');
}

function isNumber(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Division is exact: 1 / 4 is 0.25, 8 / 4 is 2. */
function integers(operator: Arithmetic, left: bigint, right: bigint): Value {
  switch (operator) {
    case '+':
      return checked(left + right);
    case '-':
      return checked(left - right);
    case '*':
      return checked(left * right);
    case '/':
      if (right === 0n) throw new OperatorFault('division-by-zero', 'division by zero');
      return left % right === 0n ? checked(left / right) : Number(left) / Number(right);
    case '%':
      if (right === 0n) throw new OperatorFault('division-by-zero', 'division by zero');
      return left % right;
    case '**':
      if (right < 0n) return Number(left) ** Number(right);
      if (right > 63n && left !== 0n && left !== 1n && left !== -1n)
        throw new OperatorFault('overflow', 'the result does not fit into 64 bits');
      return checked(left ** right);
  }
}

function floats(operator: Arithmetic, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      if (right === 0) throw new OperatorFault('division-by-zero', 'division by zero');
      return left / right;
    case '%':
      if (right === 0) throw new OperatorFault('division-by-zero', 'division by zero');
      return left % right;
    case '**':
      return left ** right;
  }
}

function quantities(operator: Arithmetic, left: Value, right: Value): Value {
  if (left instanceof Quantity && right instanceof Quantity) {
    if (left.unit === right.unit) {
      if (operator === '+' || operator === '-' || operator === '%')
        return new Quantity(left.unit, floats(operator, left.amount, right.amount));
      if (operator === '/') return floats('/', left.amount, right.amount);
    }
    if (left.unit === 'bytes' && right.unit === 'ns' && operator === '/')
      return new Quantity('bytes/s', floats('/', left.amount, right.amount / 1e9));
    if (left.unit === 'bytes/s' && right.unit === 'ns' && operator === '*')
      return new Quantity('bytes', (left.amount * right.amount) / 1e9);
    if (operator === '*' && right.unit === 'percent') return new Quantity(left.unit, (left.amount * right.amount) / 100);
    if (operator === '*' && left.unit === 'percent') return new Quantity(right.unit, (right.amount * left.amount) / 100);
  } else if (left instanceof Quantity && isNumber(right)) {
    if (operator === '*' || operator === '/') return new Quantity(left.unit, floats(operator, left.amount, Number(right)));
    if (left.unit === 'percent' && (operator === '+' || operator === '-')) return floats(operator, left.amount / 100, Number(right));
  } else if (right instanceof Quantity && isNumber(left)) {
    if (right.unit === 'percent') return floats(operator, Number(left), right.amount / 100);
    if (operator === '*') return new Quantity(right.unit, Number(left) * right.amount);
  }
  if (operator === '+' && (typeof left === 'string' || typeof right === 'string')) return valueText(left) + valueText(right);
  if (operator === '+' && isList(left)) return [...left, right];
  throw wrongTypes(operator, left, right);
}

/** Deep. A domain equals its name, a percentage its ratio. */
export function isEqual(left: Value, right: Value): boolean {
  compared = 0;
  return areEqual(left, right);
}

/** A list in a list in a list has more parts than anybody can compare: [s, s] forty times over. */
const MOST_COMPARED = 4_000_000;
let compared = 0;

function areEqual(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (++compared > MOST_COMPARED) throw new OperatorFault('too-large', 'the values are too large to be compared');
  if (isNumber(left) && isNumber(right)) return Number(left) === Number(right);
  if (left instanceof Quantity && right instanceof Quantity) return left.unit === right.unit && left.amount === right.amount;
  if (left instanceof Quantity && left.unit === 'percent' && isNumber(right)) return left.amount / 100 === Number(right);
  if (right instanceof Quantity && right.unit === 'percent' && isNumber(left)) return right.amount / 100 === Number(left);
  if (left instanceof DomainHandle) return left.name === (right instanceof DomainHandle ? right.name : right);
  if (right instanceof DomainHandle) return right.name === left;
  if (isList(left) && isList(right)) return left.length === right.length && left.every((item, at) => areEqual(item, right[at]!));
  if (isMap(left) && isMap(right))
    return left.size === right.size && [...left].every(([key, item]) => right.has(key) && areEqual(item, right.get(key)!));
  return left instanceof RegExp && right instanceof RegExp && String(left) === String(right);
}

/** Negative, zero or positive. */
export function compare(operator: string, left: Value, right: Value): number {
  if (typeof left === 'bigint' && typeof right === 'bigint') return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  const a = measure(left);
  const b = measure(right);
  if (a === null || b === null) throw wrongTypes(operator, left, right);
  if (a.unit !== b.unit) {
    if (a.unit !== null && b.unit !== null && a.unit !== 'percent' && b.unit !== 'percent') throw wrongTypes(operator, left, right);
    const unit = a.unit ?? b.unit;
    if (unit !== 'percent')
      throw new OperatorFault(
        'type-error',
        `'${operator}' does not go with ${typeName(left)} and ${typeName(right)}: the number needs a unit`,
      );
    return ratio(a) - ratio(b);
  }
  return a.amount - b.amount;
}

interface Measure {
  readonly unit: Quantity['unit'] | null;
  readonly amount: number;
}

function measure(value: Value): Measure | null {
  if (isNumber(value)) return { unit: null, amount: Number(value) };
  return value instanceof Quantity ? value : null;
}

function ratio({ unit, amount }: Measure): number {
  return unit === 'percent' ? amount / 100 : amount;
}

/** For sorting: what cannot be compared keeps its order by kind, null first. */
export function order(left: Value, right: Value): number {
  try {
    return compare('<', left, right);
  } catch {
    return rank(left) - rank(right) || (valueText(left) < valueText(right) ? -1 : 1);
  }
}

function rank(value: Value): number {
  return value === null ? 0 : typeof value === 'string' ? 2 : 1;
}

export function contains(item: Value, container: Value): boolean {
  if (typeof container === 'string' && typeof item === 'string') return container.includes(item);
  if (isList(container)) return container.some((member) => isEqual(member, item));
  if (isMap(container)) return typeof item === 'string' && container.has(item);
  if (container instanceof Table) return container.rows.some((row) => Object.values(row).some((cell) => isEqual(cell, item)));
  throw wrongTypes('in', item, container);
}

export function matches(text: Value, pattern: Value): boolean {
  if (typeof pattern === 'string') return valueText(text).includes(pattern);
  if (!(pattern instanceof RegExp)) throw wrongTypes('=~', text, pattern);
  const searched = valueText(text);
  pattern.lastIndex = 0;
  return bounded(pattern, searched, () => pattern.test(searched));
}

/** Operators that evaluate both sides; the others decide after the left one. */
export function binary(operator: Exclude<BinaryOperator, 'and' | 'or' | '??'>, left: Value, right: Value): Value {
  switch (operator) {
    case '==':
      return isEqual(left, right);
    case '!=':
      return !isEqual(left, right);
    case '<':
      return compare(operator, left, right) < 0;
    case '<=':
      return compare(operator, left, right) <= 0;
    case '>':
      return compare(operator, left, right) > 0;
    case '>=':
      return compare(operator, left, right) >= 0;
    case '=~':
      return matches(left, right);
    case '!~':
      return !matches(left, right);
    case 'in':
      return contains(left, right);
    case '..':
      return range(left, right);
    default:
      return arithmetic(operator, left, right);
  }
}

const LARGEST_RANGE = 1_000_000n;

/** Both ends belong to it. */
function range(first: Value, last: Value): readonly bigint[] {
  if (typeof first !== 'bigint' || typeof last !== 'bigint') throw wrongTypes('..', first, last);
  const count = last >= first ? last - first + 1n : 0n;
  if (count > LARGEST_RANGE) throw new OperatorFault('overflow', 'the range is too long');
  return Array.from({ length: Number(count) }, (_, at) => first + BigInt(at));
}

export function negate(value: Value): Value {
  if (typeof value === 'bigint') return checked(-value);
  if (typeof value === 'number') return -value;
  if (value instanceof Quantity) return new Quantity(value.unit, -value.amount);
  throw new OperatorFault('type-error', `'-' does not go with ${typeName(value)}`);
}
