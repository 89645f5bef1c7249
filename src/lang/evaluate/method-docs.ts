/** What the methods and properties of values do, for the reference; a test sees that none is left out. */

type Docs = Readonly<Record<string, readonly [usage: string, doc: string]>>;

const LIST: Docs = {
  map: ['map(f)', 'what f makes of each element'],
  filter: ['filter(f)', 'the elements for which f is true'],
  find: ['find(f)', 'the first element for which f is true; null: none'],
  any: ['any(f)', 'whether f is true for one'],
  all: ['all(f)', 'whether f is true for all'],
  reduce: ['reduce(f, first?)', 'f of what there is so far and each element'],
  sort: ['sort(f?)', 'in order, by what f says'],
  join: ['join(separator?)', 'as one text; "," between'],
  contains: ['contains(value)', 'whether it is in the list'],
  index: ['index(value)', 'where it is; -1: nowhere'],
  reverse: ['reverse()', 'from last to first'],
  slice: ['slice(from, to?)', 'a part; negative numbers count from the end'],
  unique: ['unique()', 'each value once'],
  flat: ['flat()', 'lists in it taken apart'],
  first: ['first(n?)', 'the first element, or the first n'],
  last: ['last(n?)', 'the last element, or the last n'],
  sum: ['sum()', 'the total'],
  avg: ['avg()', 'the mean'],
  min: ['min()', 'the smallest'],
  max: ['max()', 'the largest'],
};

const TEXT: Docs = {
  split: ['split(separator?)', 'pieces; at blanks without a separator, which may be a pattern'],
  lines: ['lines()', 'its lines'],
  trim: ['trim()', 'without blanks at both ends'],
  upper: ['upper()', 'in capitals'],
  lower: ['lower()', 'in small letters'],
  contains: ['contains(part)', 'whether a text or a pattern is in it'],
  starts: ['starts(part)', 'whether it begins so'],
  ends: ['ends(part)', 'whether it ends so'],
  replace: ['replace(part, by)', 'each part, a text or a pattern, by another text'],
  match: ['match(pattern)', 'what the pattern and its groups caught; null: it is not there'],
  pad: ['pad(width, fill?)', 'filled up on the right'],
  slice: ['slice(from, to?)', 'a part; negative numbers count from the end'],
};

const MAP: Docs = {
  keys: ['keys()', 'its names'],
  values: ['values()', 'its values'],
  has: ['has(name)', 'whether there is such a name'],
  get: ['get(name, otherwise?)', 'a value, or what is said in its place'],
};

const QUANTITY: Docs = {
  bytes: ['bytes', 'a size as a number of bytes'],
  kib: ['kib', 'of KiB'],
  mib: ['mib', 'of MiB'],
  gib: ['gib', 'of GiB'],
  seconds: ['seconds', 'a duration as a number of seconds'],
  ms: ['ms', 'of milliseconds'],
  us: ['us', 'of microseconds'],
  ns: ['ns', 'of nanoseconds'],
  percent: ['percent', 'a percentage as a number'],
};

/** By kind of value. */
export const METHOD_DOCS: Readonly<Record<string, Docs>> = {
  'lists, ranges and tables': LIST,
  texts: TEXT,
  maps: MAP,
  'sizes, durations and percentages': QUANTITY,
};
