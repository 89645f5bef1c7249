/** Whatever is typed: the parser, the highlighter and the completer answer, quickly, and never throw. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { check, complete, evaluateConfig, formatProblem, highlight, isComplete, parse, checkConfig } from '../../../src/lang/index.ts';
import { splitCommandLine } from '../../../src/lang/words.ts';
import { COMMANDS } from '../fake-host.ts';

const PROGRAM = `# weights
let guests = []
for w in [128, 256, 512] {
  domain "burn-\${w}" { kernel = guest("pebble"); memory = 16MiB; cpus = "0"; cpu_weight = w; extra = 'run=burn' }
  create "burn-\${w}" --paused
  guests += "burn-\${w}"
}
wait 10s
fn share(g, total = 1) { return domain(g).cpu_time / total }
let total = sum(guests.map(g => domain(g).cpu_time))
if total > 0 and not (total == 1) { print "yes" } else if x.y[0] { list } else { throw "no" }
wait until domain("web").state == "blocked" within 10s
console web { expect /login: $/ within 5s; send "root\\n"; let m = match /(\\d+)/ }
try { destroy $guests } catch e { print (e.message) }
list | where name =~ /^burn/ | sort by cpu desc | select name, cpu, w: {a: 1}.a | first 3
assert abs(total - 1) < 3%, "got \${total}"
`;
const CONFIG = `name = "web"
kernel="/boot/vmlinuz" ; memory = 256
disk = [ 'file:/srv/web.img,xvda,w', # one
  "phy:/dev/x,xvdb,r",
]
vif = [ '' ]
vcpus += 2
extra = 'a "b" c'
`;
const PIECES = [
  '"',
  "'",
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  '|',
  ';',
  '\n',
  '#',
  '$',
  '${',
  '=',
  '+=',
  '=>',
  '/',
  '\\',
  ',',
  ':',
  '.',
  '..',
  '%',
  '@',
  '  ',
  'let ',
  'if ',
  'for x in ',
  'domain ',
  'console w {',
  'wait ',
  '64MiB',
  '"""',
  'é',
  '😀',
  '\u0000',
  '\r\n',
];

/** A valid text with some of its pieces deleted, doubled, swapped or replaced. */
const edited = (text: string): fc.Arbitrary<string> => {
  const tokens = text.match(/\w+|\s+|[^\w\s]/g)!;
  const edit = fc.record({
    at: fc.nat(tokens.length - 1),
    how: fc.constantFrom('delete', 'double', 'replace', 'insert'),
    piece: fc.constantFrom(...PIECES),
  });
  return fc.array(edit, { minLength: 1, maxLength: 6 }).map((edits) => {
    const copy = [...tokens];
    for (const { at, how, piece } of edits) {
      if (how === 'delete') copy[at] = '';
      else if (how === 'double') copy[at] = copy[at]! + copy[at]!;
      else copy[at] = how === 'replace' ? piece : copy[at]! + piece;
    }
    return copy.join('');
  });
};
const garbage = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => pieces.join('')),
);

function survives(text: string, file: string): void {
  const { program, problems } = parse(text, file);
  for (const problem of problems) {
    expect(problem.span.start).toBeGreaterThanOrEqual(0);
    expect(problem.span.end).toBeGreaterThanOrEqual(problem.span.start);
    expect(problem.span.start).toBeLessThanOrEqual(text.length);
    expect(formatProblem(problem, text).split('\n')).toHaveLength(4);
  }
  check(program, { commands: () => COMMANDS });
  isComplete(text);
  splitCommandLine(text);
  let end = 0;
  for (const span of highlight(text, COMMANDS)) {
    expect(span.start).toBeGreaterThanOrEqual(end);
    expect(span.end).toBeGreaterThan(span.start);
    end = span.end;
  }
  expect(end).toBeLessThanOrEqual(text.length);
}

describe('any text', () => {
  test.prop([edited(PROGRAM)], { numRuns: 300 })('an edited script', (text) => survives(text, 'x.xm'));
  test.prop([garbage], { numRuns: 500 })('garbage as a script', (text) => survives(text, 'x.xm'));
  test.prop([edited(CONFIG)], { numRuns: 300 })('an edited configuration', (text) => {
    survives(text, 'x.cfg');
    checkConfig(evaluateConfig(text, 'x.cfg', ['memory=64', text]).config);
  });
  test.prop([garbage], { numRuns: 300 })('garbage as a configuration', (text) => {
    survives(text, 'x.cfg');
    checkConfig(evaluateConfig(text, 'x.cfg').config);
  });
  test.prop([fc.oneof(edited(PROGRAM), garbage), fc.nat(2000)], { numRuns: 200 })('completion anywhere', async (text, at) => {
    const offset = Math.min(at, text.length);
    const { start, end, items } = await complete(text, offset, {
      commands: COMMANDS,
      domains: () => [{ name: 'web', detail: '' }],
      files: () => [],
      xenstore: () => [],
    });
    expect(start).toBeLessThanOrEqual(end);
    expect(end).toBe(offset);
    expect(items.every((item) => item.text !== '')).toBe(true);
  });

  test('the unedited texts have no problems', () => {
    expect(parse(PROGRAM, 'x.xm').problems).toEqual([]);
    expect(parse(CONFIG, 'x.cfg').problems).toEqual([]);
  });

  test('long texts take no more than their length', () => {
    const start = performance.now();
    for (const text of [
      '"'.repeat(5000),
      '{'.repeat(5000),
      '[\n'.repeat(3000),
      '${'.repeat(3000),
      `print "${'${"'.repeat(500)}`,
      'a '.repeat(20_000),
      "don't ".repeat(3000),
    ])
      survives(text, 'x.xm');
    expect(performance.now() - start).toBeLessThan(4000);
  });
});
