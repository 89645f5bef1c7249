/** Methods of texts, lists and dictionaries. */
import { PyError } from './fault.ts';
import { formatText } from './format-text.ts';
import { MOST_LENGTH, order } from './operators.ts';
import { builtin, isEqual, itemsOf, PyTuple, representation, textOf, type PyBuiltin, type PyValue } from './values.ts';

type Methods<T> = Readonly<Record<string, (self: T, args: readonly PyValue[], named: ReadonlyMap<string, PyValue>) => PyValue>>;

const text = (value: PyValue | undefined): string => textOf(value ?? '');

function stripped(value: string, letters: PyValue | undefined, sides: 'both' | 'left' | 'right'): string {
  const set = letters === undefined || letters === null ? ' \t\n\r\f\v' : text(letters);
  const kept = [...value].map((letter) => !set.includes(letter));
  const first = sides === 'right' ? 0 : kept.indexOf(true);
  const last = sides === 'left' ? kept.length - 1 : kept.lastIndexOf(true);
  return first < 0 ? '' : value.slice(first, last + 1);
}

function split(value: string, separator: PyValue | undefined, most: PyValue | undefined): PyValue[] {
  if (separator === undefined || separator === null) return value.trim() === '' ? [] : value.trim().split(/\s+/);
  const pieces = value.split(text(separator));
  const limit = most === undefined ? Infinity : Number(most);
  return pieces.length <= limit + 1 ? pieces : [...pieces.slice(0, limit), pieces.slice(limit).join(text(separator))];
}

const TEXT: Methods<string> = {
  format: (self, args, named) => {
    let taken = 0;
    return self.replace(/\{\{|\}\}|\{(\w*)(?::([^}]*))?\}/g, (whole, name: string | undefined, form: string | undefined) => {
      if (whole === '{{' || whole === '}}') return whole[0]!;
      const key = name === '' || name === undefined ? String(taken++) : name;
      const value = /^\d+$/.test(key) ? args[Number(key)] : named.get(key);
      if (value === undefined) throw new PyError(`format() was given no '${key}'`);
      const [, zero = '', width = '', letter = ''] = /^([0<>]?)(\d*)([dxXs]?)$/.exec(form ?? '') ?? [];
      return form === undefined || form === ''
        ? textOf(value)
        : formatText(`%${zero === '<' ? '-' : zero === '>' ? '' : zero}${width}${letter || 's'}`, new PyTuple([value]));
    });
  },
  join: (self, [list]) => (itemsOf(list ?? null) ?? []).map(textOf).join(self),
  split: (self, [separator, most]) => split(self, separator, most),
  splitlines: (self) => self.replace(/\r?\n$/, '').split(/\r?\n/),
  strip: (self, [letters]) => stripped(self, letters, 'both'),
  lstrip: (self, [letters]) => stripped(self, letters, 'left'),
  rstrip: (self, [letters]) => stripped(self, letters, 'right'),
  upper: (self) => self.toUpperCase(),
  lower: (self) => self.toLowerCase(),
  title: (self) => self.replace(/[A-Za-z]+/g, (word) => word[0]!.toUpperCase() + word.slice(1).toLowerCase()),
  capitalize: (self) => self.slice(0, 1).toUpperCase() + self.slice(1).toLowerCase(),
  replace: (self, [from, to]) => self.replaceAll(text(from), () => text(to)),
  startswith: (self, [start]) => self.startsWith(text(start)),
  endswith: (self, [end]) => self.endsWith(text(end)),
  find: (self, [part]) => BigInt(self.indexOf(text(part))),
  rfind: (self, [part]) => BigInt(self.lastIndexOf(text(part))),
  count: (self, [part]) => BigInt(self.split(text(part)).length - 1),
  isdigit: (self) => /^\d+$/.test(self),
  isalpha: (self) => /^[A-Za-z]+$/.test(self),
  zfill: (self, [width]) => self.padStart(Math.min(Number(width ?? 0), 10_000), '0'),
  ljust: (self, [width]) => self.padEnd(Math.min(Number(width ?? 0), 10_000)),
  rjust: (self, [width]) => self.padStart(Math.min(Number(width ?? 0), 10_000)),
  encode: (self) => self,
  decode: (self) => self,
};

function room(list: readonly PyValue[], more: number): void {
  if (list.length + more > MOST_LENGTH) throw new PyError('the value is too large');
}

const LIST: Methods<PyValue[]> = {
  append(self, [item = null]) {
    room(self, 1);
    self.push(item);
    return null;
  },
  extend(self, [list]) {
    const items = itemsOf(list ?? null) ?? [];
    room(self, items.length);
    self.push(...items);
    return null;
  },
  insert(self, [at, item = null]) {
    room(self, 1);
    self.splice(Number(at ?? 0), 0, item);
    return null;
  },
  pop: (self, [at]) => self.splice(at === undefined ? -1 : Number(at), 1)[0] ?? null,
  remove(self, [item = null]) {
    const at = self.findIndex((other) => isEqual(other, item));
    if (at < 0) throw new PyError(`${representation(item)} is not in the list`);
    self.splice(at, 1);
    return null;
  },
  index: (self, [item = null]) => BigInt(self.findIndex((other) => isEqual(other, item))),
  count: (self, [item = null]) => BigInt(self.filter((other) => isEqual(other, item)).length),
  sort(self) {
    self.sort(order);
    return null;
  },
  reverse(self) {
    self.reverse();
    return null;
  },
};

const DICT: Methods<Map<string, PyValue>> = {
  get: (self, [key, fallback = null]) => self.get(text(key)) ?? fallback,
  keys: (self) => [...self.keys()],
  values: (self) => [...self.values()],
  items: (self) => [...self].map(([key, value]) => new PyTuple([key, value])),
  has_key: (self, [key]) => self.has(text(key)),
  update(self, [other]) {
    if (other instanceof Map) for (const [key, value] of other) self.set(key, value);
    return null;
  },
};

/** Undefined: the value has no such method. */
export function methodOf(self: PyValue, name: string): PyBuiltin | undefined {
  const bound = <T extends PyValue>(methods: Methods<T>, value: T): PyBuiltin | undefined =>
    Object.hasOwn(methods, name) ? builtin(name, (args, named) => methods[name]!(value, args, named)) : undefined;
  if (typeof self === 'string') return bound(TEXT, self);
  if (Array.isArray(self)) return bound(LIST, self);
  return self instanceof Map ? bound(DICT, self) : undefined;
}
