/** 'VM%d' % vmid */
import { PyError } from './fault.ts';
import { isNumber, PyTuple, representation, textOf, typeName, type PyValue } from './values.ts';

const PLACE = /%(?:\((\w+)\))?([-+ 0#]*)(\d+|\*)?(?:\.(\d+))?[hlL]?([a-zA-Z%])/g;
const WIDEST = 10_000;

export function formatText(text: string, values: PyValue): string {
  const list = values instanceof PyTuple ? [...values.items] : [values];
  let taken = 0;
  const next = (): PyValue => {
    const value = list[taken++];
    if (value === undefined) throw new PyError('there are fewer values than places in the text');
    return value;
  };
  const result = text.replace(
    PLACE,
    (_, name: string | undefined, flags: string, width: string | undefined, digits: string | undefined, letter: string) => {
      if (letter === '%') return '%';
      const columns = width === '*' ? Number(next()) : Number(width ?? 0);
      if (!(columns <= WIDEST) || Number(digits ?? 0) > 100) throw new PyError('the width is too large');
      const value = name === undefined ? next() : values instanceof Map ? (values.get(name) ?? null) : null;
      return padded(piece(letter, value, digits), flags, columns);
    },
  );
  const used = /%\(/.test(text) || values instanceof Map;
  if (!used && taken < list.length) throw new PyError('there are more values than places in the text');
  return result;
}

function piece(letter: string, value: PyValue, digits: string | undefined): string {
  switch (letter) {
    case 's':
      return textOf(value).slice(0, digits === undefined ? undefined : Number(digits));
    case 'r':
      return representation(value);
    case 'c':
      return typeof value === 'string' ? value : String.fromCodePoint(Number(value));
    case 'd':
    case 'i':
    case 'u':
      return String(wholeOf(value)).padStart(Number(digits ?? 0), '0');
    case 'x':
      return wholeOf(value).toString(16);
    case 'X':
      return wholeOf(value).toString(16).toUpperCase();
    case 'o':
      return wholeOf(value).toString(8);
    case 'f':
    case 'e':
    case 'g': {
      if (!isNumber(value)) throw new PyError(`%${letter} needs a number, not ${typeName(value)}`);
      const places = Number(digits ?? 6);
      return letter === 'f' ? Number(value).toFixed(places) : letter === 'e' ? Number(value).toExponential(places) : String(Number(value));
    }
    default:
      throw new PyError(`'%${letter}' is no place for a value`);
  }
}

function wholeOf(value: PyValue): bigint {
  if (typeof value === 'number') return BigInt(Math.trunc(value));
  if (typeof value === 'bigint' || typeof value === 'boolean') return BigInt(value);
  throw new PyError(`%d needs a number, not ${typeName(value)}`);
}

function padded(text: string, flags: string, width: number): string {
  const signed = flags.includes('+') && /^\d/.test(text) ? `+${text}` : text;
  if (flags.includes('-')) return signed.padEnd(width);
  if (!flags.includes('0')) return signed.padStart(width);
  const sign = /^[-+]/.exec(signed)?.[0] ?? '';
  return sign + signed.slice(sign.length).padStart(width - sign.length, '0');
}
