/** Python 2's operators: whole numbers divide to whole numbers, `%` fills in texts. */
import { formatText } from './format-text.ts';
import { PyError } from './fault.ts';
import { isEqual, isNumber, itemsOf, PyTuple, typeName, type PyValue } from './values.ts';

export const MOST_LENGTH = 1_000_000;

function checkLength(length: number): void {
  if (length > MOST_LENGTH) throw new PyError('the value is too large');
}

const isWhole = (value: PyValue): value is bigint | boolean => typeof value === 'bigint' || typeof value === 'boolean';

export function binary(operator: string, left: PyValue, right: PyValue): PyValue {
  if (operator === '%' && typeof left === 'string') return formatText(left, right);
  if (isWhole(left) && isWhole(right)) return whole(operator, BigInt(left), BigInt(right));
  if (isNumber(left) && isNumber(right)) return fraction(operator, Number(left), Number(right));
  if (operator === '+') {
    if (typeof left === 'string' && typeof right === 'string') return (checkLength(left.length + right.length), left + right);
    if (Array.isArray(left) && Array.isArray(right)) return (checkLength(left.length + right.length), [...left, ...right]);
    if (left instanceof PyTuple && right instanceof PyTuple)
      return (checkLength(left.items.length + right.items.length), new PyTuple([...left.items, ...right.items]));
  }
  if (operator === '*') {
    const [repeated, times] = isWhole(left) ? [right, left] : [left, right];
    if (isWhole(times) && (typeof repeated === 'string' || Array.isArray(repeated))) {
      const count = Math.max(0, Number(times));
      checkLength(repeated.length * count);
      return typeof repeated === 'string' ? repeated.repeat(count) : Array.from({ length: count }, () => repeated).flat();
    }
  }
  throw new PyError(`'${operator}' does not go with ${typeName(left)} and ${typeName(right)}`);
}

function whole(operator: string, left: bigint, right: bigint): PyValue {
  if (/^(?:\/|\/\/|%)$/.test(operator) && right === 0n) throw new PyError('division by zero');
  const quotient = (): bigint => left / right - (left % right !== 0n && left < 0n !== right < 0n ? 1n : 0n);
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return sized(left * right);
    case '/':
    case '//':
      return quotient();
    case '%':
      return left - quotient() * right;
    case '**':
      if (right > 4096n) throw new PyError('the number is too large');
      return right < 0n ? Number(left) ** Number(right) : sized(left ** right);
    case '<<':
    case '>>':
      if (right < 0n || right > 4096n) throw new PyError('the shift is too large');
      return sized(operator === '<<' ? left << right : left >> right);
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    default:
      throw new PyError(`'${operator}' is not known`);
  }
}

function sized(value: bigint): bigint {
  if (value > 1n << 8192n || value < -(1n << 8192n)) throw new PyError('the number is too large');
  return value;
}

function fraction(operator: string, left: number, right: number): PyValue {
  if (/^(?:\/|\/\/|%)$/.test(operator) && right === 0) throw new PyError('division by zero');
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '//':
      return Math.floor(left / right);
    case '%':
      return left - Math.floor(left / right) * right;
    case '**':
      return left ** right;
    default:
      throw new PyError(`'${operator}' does not go with float`);
  }
}

export function compare(sign: string, left: PyValue, right: PyValue): boolean {
  switch (sign) {
    case '==':
    case 'is':
      return isEqual(left, right);
    case '!=':
    case 'is not':
      return !isEqual(left, right);
    case 'in':
    case 'not in': {
      const inside =
        typeof right === 'string' && typeof left === 'string'
          ? right.includes(left)
          : (itemsOf(right) ?? []).some((item) => isEqual(item, left));
      return inside === (sign === 'in');
    }
    default: {
      const difference = order(left, right);
      return sign === '<' ? difference < 0 : sign === '>' ? difference > 0 : sign === '<=' ? difference <= 0 : difference >= 0;
    }
  }
}

/** Python 2 orders everything: numbers before texts. */
export function order(left: PyValue, right: PyValue): number {
  if (isNumber(left) && isNumber(right)) return Number(left) - Number(right);
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  const [a, b] = [itemsOf(left), itemsOf(right)];
  if (a && b) {
    for (const [at, item] of a.entries()) {
      if (at >= b.length) return 1;
      const difference = order(item, b[at]!);
      if (difference !== 0) return difference;
    }
    return a.length - b.length;
  }
  return rank(left) - rank(right);
}

function rank(value: PyValue): number {
  return value === null ? 0 : isNumber(value) ? 1 : typeof value === 'string' ? 3 : 2;
}
