/**
 * What an old xm file can reach: values and pure functions. No file, network, clock or process. The machine that it sees is always the same one.
 */
import { bounded, SlowPattern } from '../patterns.ts';
import { PyError } from './fault.ts';
import { binary, compare, MOST_LENGTH, order } from './operators.ts';
import {
  builtin,
  isNumber,
  isTrue,
  itemsOf,
  module,
  PyTuple,
  representation,
  textOf,
  typeName,
  type PyBuiltin,
  type PyModule,
  type PyValue,
} from './values.ts';

export type CallValue = (callee: PyValue, args: readonly PyValue[]) => PyValue;

function listOf(value: PyValue | undefined, name: string): readonly PyValue[] {
  const items = value === undefined ? null : itemsOf(value);
  if (!items) throw new PyError(`${name} needs a list`);
  return items;
}

function toInteger(value: PyValue | undefined, base: PyValue | undefined): bigint {
  if (value === undefined) return 0n;
  if (typeof value === 'number') return BigInt(Math.trunc(value));
  if (isNumber(value)) return BigInt(value);
  const text = typeof value === 'string' ? value.trim().toLowerCase() : '';
  const radix = base === undefined ? 10 : Number(base);
  const digits = text.replace(/^[-+]/, '').replace(radix === 16 || radix === 0 ? /^0x/ : /^$/, '');
  const number = radix === 0 && text.includes('0x') ? 16 : radix || 10;
  const valid = digits !== '' && [...digits].every((digit) => Number.parseInt(digit, number) < number);
  if (!valid) throw new PyError(`int() needs a number, not ${representation(value)}`);
  const amount = [...digits].reduce((sum, digit) => sum * BigInt(number) + BigInt(Number.parseInt(digit, number)), 0n);
  return text.startsWith('-') ? -amount : amount;
}

function toFloat(value: PyValue | undefined): number {
  const number = isNumber(value ?? null) || typeof value === 'string' ? Number(value) : Number.NaN;
  if (Number.isNaN(number)) throw new PyError(`float() needs a number, not ${representation(value ?? null)}`);
  return number;
}

function range(args: readonly PyValue[]): PyValue[] {
  const [first, last, step] = args.length === 1 ? [0, Number(args[0]), 1] : [Number(args[0]), Number(args[1]), Number(args[2] ?? 1)];
  const count = Math.max(0, Math.ceil((last - first) / step));
  if (!Number.isFinite(count) || count > MOST_LENGTH) throw new PyError('the range is too long');
  return Array.from({ length: count }, (_, at) => BigInt(first + at * step));
}

function length(value: PyValue | undefined): bigint {
  return BigInt(value instanceof Map ? value.size : listOf(value, 'len()').length);
}

function extreme(args: readonly PyValue[], sign: 1 | -1): PyValue {
  const items = args.length === 1 ? listOf(args[0], 'min() or max()') : args;
  if (items.length === 0) throw new PyError('there is no element');
  return items.reduce((best, item) => (order(item, best) * sign > 0 ? item : best));
}

export function builtins(call: CallValue): ReadonlyMap<string, PyValue> {
  const functions: Readonly<Record<string, PyBuiltin['call']>> = {
    int: ([value, base]) => toInteger(value, base),
    long: ([value, base]) => toInteger(value, base),
    float: ([value]) => toFloat(value),
    str: ([value = '']) => textOf(value),
    unicode: ([value = '']) => textOf(value),
    repr: ([value = null]) => representation(value),
    bool: ([value = null]) => isTrue(value),
    len: ([value]) => length(value),
    range,
    xrange: range,
    abs: ([value = 0n]) => (compare('<', value, 0n) ? binary('-', 0n, value) : value),
    min: (args) => extreme(args, -1),
    max: (args) => extreme(args, 1),
    sum: ([list]) => listOf(list, 'sum()').reduce((total, item) => binary('+', total, item), 0n),
    round: ([value = 0n, digits = 0n]) => Math.round(Number(value) * 10 ** Number(digits)) / 10 ** Number(digits),
    sorted: ([list]) => listOf(list, 'sorted()').toSorted(order),
    reversed: ([list]) => listOf(list, 'reversed()').toReversed(),
    list: ([list]) => (list === undefined ? [] : [...listOf(list, 'list()')]),
    tuple: ([list]) => new PyTuple(list === undefined ? [] : listOf(list, 'tuple()')),
    dict: (_args, named) => new Map(named),
    enumerate: ([list]) => listOf(list, 'enumerate()').map((item, at) => new PyTuple([BigInt(at), item])),
    zip: (args) => {
      const lists = args.map((list) => listOf(list, 'zip()'));
      return Array.from({ length: Math.min(...lists.map((list) => list.length)) }, (_, at) => new PyTuple(lists.map((list) => list[at]!)));
    },
    map: ([callee = null, list]) => listOf(list, 'map()').map((item) => call(callee, [item])),
    filter: ([callee = null, list]) => listOf(list, 'filter()').filter((item) => isTrue(callee === null ? item : call(callee, [item]))),
    any: ([list]) => listOf(list, 'any()').some(isTrue),
    all: ([list]) => listOf(list, 'all()').every(isTrue),
    hex: ([value]) => `0x${toInteger(value, undefined).toString(16)}`,
    oct: ([value]) => `0${toInteger(value, undefined).toString(8)}`,
    chr: ([value]) => String.fromCodePoint(Number(value)),
    ord: ([value]) => BigInt(textOf(value ?? '').codePointAt(0) ?? 0),
    type: ([value = null]) => typeName(value),
    // What a configuration prints is for whoever ran it by hand.
    print: () => null,
  };
  const values = new Map<string, PyValue>([
    ['True', true],
    ['False', false],
    ['None', null],
    ['__name__', '__main__'],
  ]);
  for (const [name, run] of Object.entries(functions)) values.set(name, builtin(name, run));
  for (const name of ['ValueError', 'Exception', 'TypeError', 'KeyError', 'RuntimeError', 'NameError', 'IndexError', 'OptionError'])
    values.set(
      name,
      builtin(name, ([message]) => (message === undefined ? name : textOf(message))),
    );
  return values;
}

// ------------------------------------------------------------------------------------------------------------------------------ modules

/** What os.uname() says: the machine of every configuration, wherever it is read. */
const UNAME = new PyTuple(['Linux', 'xenolith', '6.1.0', '#1 SMP', 'x86_64']);

function pattern(source: PyValue | undefined, flags: PyValue | undefined): RegExp {
  const text = textOf(source ?? '')
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\Z', '$')
    .replaceAll('\\A', '^');
  try {
    return new RegExp(text, flags === 2n ? 'gi' : 'g');
  } catch {
    throw new PyError(`${representation(source ?? '')} is not a regular expression`);
  }
}

function matched(match: RegExpExecArray | null): PyValue {
  if (!match) return null;
  const group = (key: PyValue | undefined): PyValue =>
    (key === undefined ? match[0] : typeof key === 'string' ? match.groups?.[key] : match[Number(key)]) ?? null;
  return module('match', {
    group: builtin('group', (args) => (args.length > 1 ? new PyTuple(args.map(group)) : group(args[0]))),
    groups: builtin('groups', () => new PyTuple(match.slice(1).map((text) => text ?? null))),
    start: builtin('start', () => BigInt(match.index)),
    end: builtin('end', () => BigInt(match.index + match[0].length)),
  });
}

/** What a pattern finds in a text, bounded as all patterns are. */
function searching<T>(
  source: PyValue | undefined,
  text: PyValue | undefined,
  flags: PyValue | undefined,
  run: (re: RegExp, text: string) => T,
): T {
  const compiled = pattern(source, flags);
  const searched = textOf(text ?? '');
  try {
    return bounded(compiled, searched, () => run(compiled, searched));
  } catch (error) {
    if (error instanceof SlowPattern) throw new PyError(`${representation(source ?? '')} takes too long on this text`);
    throw error;
  }
}

const first = (re: RegExp, text: string): RegExpExecArray | null => re.exec(text);
const search: PyBuiltin['call'] = ([source, text, flags]) => matched(searching(source, text, flags, first));
const matchStart: PyBuiltin['call'] = ([source, text, flags]) => {
  const match = searching(source, text, flags, first);
  return matched(match?.index === 0 ? match : null);
};

const re: PyModule = module('re', {
  IGNORECASE: 2n,
  I: 2n,
  search: builtin('search', search),
  match: builtin('match', matchStart),
  findall: builtin('findall', ([source, text]) =>
    searching(source, text, undefined, (re, searched) => [...searched.matchAll(re)].map((match) => match[1] ?? match[0])),
  ),
  sub: builtin('sub', ([source, by, text]) =>
    searching(source, text, undefined, (re, searched) => searched.replace(re, () => textOf(by ?? ''))),
  ),
  split: builtin('split', ([source, text]) => searching(source, text, undefined, (re, searched) => searched.split(re))),
  escape: builtin('escape', ([text]) => textOf(text ?? '').replace(/[^\w]/g, '\\$&')),
  compile: builtin('compile', ([source, flags]) =>
    module('pattern', {
      search: builtin('search', ([text]) => search([source ?? '', text ?? '', flags ?? 0n], NONE)),
      match: builtin('match', ([text]) => matchStart([source ?? '', text ?? '', flags ?? 0n], NONE)),
    }),
  ),
});
const NONE: ReadonlyMap<string, PyValue> = new Map();

const parts = (path: PyValue | undefined): readonly [string, string] => {
  const text = textOf(path ?? '');
  const slash = text.lastIndexOf('/');
  return slash < 0 ? ['', text] : [text.slice(0, slash) || '/', text.slice(slash + 1)];
};
const osPath: PyModule = module('os.path', {
  join: builtin('join', (args) =>
    args
      .map(textOf)
      .reduce((path, next) => (next.startsWith('/') || path === '' ? next : path.endsWith('/') ? path + next : `${path}/${next}`)),
  ),
  basename: builtin('basename', ([path]) => parts(path)[1]),
  dirname: builtin('dirname', ([path]) => parts(path)[0]),
  split: builtin('split', ([path]) => new PyTuple(parts(path))),
  splitext: builtin('splitext', ([path]) => {
    const [, stem = '', ending = ''] = /^(.*?)(\.[^./]*)?$/s.exec(textOf(path ?? '')) ?? [];
    return new PyTuple([stem, ending]);
  }),
});

/** The environment is the same for everybody: there is nothing in it. */
const environ: PyModule = module('os.environ', {
  get: builtin('get', ([, fallback = null]) => fallback),
  has_key: builtin('has_key', () => false),
  keys: builtin('keys', () => []),
});

const MODULES: Readonly<Record<string, PyModule>> = {
  os: module('os', {
    uname: builtin('uname', () => UNAME),
    environ,
    getenv: builtin('getenv', ([, fallback = null]) => fallback),
    path: osPath,
    sep: '/',
    name: 'posix',
    linesep: '\n',
  }),
  'os.path': osPath,
  re,
  platform: module('platform', {
    machine: builtin('machine', () => 'x86_64'),
    system: builtin('system', () => 'Linux'),
    node: builtin('node', () => 'xenolith'),
    uname: builtin('uname', () => UNAME),
    architecture: builtin('architecture', () => new PyTuple(['64bit', 'ELF'])),
  }),
  sys: module('sys', { platform: 'linux2', argv: new PyTuple([]), maxint: 2n ** 63n - 1n, version_info: new PyTuple([2n, 7n, 18n]) }),
  string: module('string', {
    digits: '0123456789',
    ascii_lowercase: 'abcdefghijklmnopqrstuvwxyz',
    join: builtin('join', ([list, separator = ' ']) => listOf(list, 'join()').map(textOf).join(textOf(separator))),
    split: builtin('split', ([text]) =>
      textOf(text ?? '')
        .trim()
        .split(/\s+/),
    ),
    atoi: builtin('atoi', ([text]) => toInteger(text, undefined)),
    lower: builtin('lower', ([text]) => textOf(text ?? '').toLowerCase()),
    upper: builtin('upper', ([text]) => textOf(text ?? '').toUpperCase()),
    strip: builtin('strip', ([text]) => textOf(text ?? '').trim()),
  }),
  math: module('math', {
    ceil: builtin('ceil', ([value]) => Math.ceil(toFloat(value))),
    floor: builtin('floor', ([value]) => Math.floor(toFloat(value))),
    sqrt: builtin('sqrt', ([value]) => Math.sqrt(toFloat(value))),
    pow: builtin('pow', ([value, power]) => toFloat(value) ** toFloat(power)),
    log: builtin('log', ([value]) => Math.log(toFloat(value))),
    pi: Math.PI,
  }),
};

export function moduleOf(name: string): PyModule | null {
  return Object.hasOwn(MODULES, name) ? MODULES[name]! : null;
}

const GIVE_IT = 'write the value itself, or give it on the command line: create FILE NAME=VALUE';

/** What is out of reach, by name, and what to write in its place. */
export const OUT_OF_REACH: Readonly<Record<string, string>> = {
  open: 'files cannot be read: write the value itself',
  file: 'files cannot be read: write the value itself',
  execfile: 'put all settings into one file',
  eval: 'write the value itself',
  exec: 'write the value itself',
  input: GIVE_IT,
  raw_input: GIVE_IT,
  system: 'commands cannot be run: write the value itself',
  popen: 'commands cannot be run: write the value itself',
  listdir: 'folders cannot be read: write the list itself',
  exists: 'files cannot be looked for: write the path itself',
  isfile: 'files cannot be looked for: write the path itself',
  getcwd: 'paths in a configuration start at its own folder',
  time: 'there is no clock: a configuration means the same at any time',
  datetime: 'there is no clock: a configuration means the same at any time',
  random: 'there is no chance: a configuration means the same every time; leave uuid and mac out to have them made',
  uuid: 'leave uuid out, and one is made',
  subprocess: 'commands cannot be run: write the value itself',
  commands: 'commands cannot be run: write the value itself',
  socket: 'there is no network: write the value itself',
  urllib: 'there is no network: write the value itself',
  gethostname: GIVE_IT,
};
