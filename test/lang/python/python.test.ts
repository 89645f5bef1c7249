/** Old xm files: what real ones do, with its meaning, and nothing else. */
import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { convertFile, evaluateConfig, isError, valueText, type Value } from '../../../src/lang/index.ts';
import { corpusFiles, needsCorpus } from '../corpus.ts';

/** A file is Python when it has a line that xl cannot read. */
function settings(text: string, ...words: string[]): Readonly<Record<string, Value>> {
  const { config, problems } = evaluateConfig(`import os, re\n${text}`, 'x.cfg', words);
  expect(problems.filter(isError).map(({ message, span }) => `${span.line - 1}: ${message}`)).toEqual([]);
  return Object.fromEntries([...config.entries].map(([name, { value }]) => [name, value]));
}

function fault(text: string, ...words: string[]): string {
  const { problems } = evaluateConfig(`import os, re\n${text}`, 'x.cfg', words);
  const [problem] = problems.filter(isError);
  return `${problem!.span.line - 1}:${problem!.span.column} ${problem!.message}${problem!.help === undefined ? '' : ` (${problem!.help})`}`;
}

/** The value of an expression as xm would have taken it. */
const value = (expression: string): string => valueText(settings(`name = ${expression}\n`)['name'] ?? null, true);

test.each([
  ['"VM%d" % 3', '"VM3"'],
  ['"%s-%02d.%x" % ("a", 7, 255)', '"a-07.ff"'],
  ['"%(a)s%(b)d" % {"a": "x", "b": 2}', '"x2"'],
  ['"100%%" % ()', '"100%"'],
  ['"%5s|%-5s|%.2f" % ("a", "b", 1.5)', '"    a|b    |1.50"'],
  ["'/usr/' + 'lib' + '/xen'", '"/usr/lib/xen"'],
  ['"a" "b"', '"ab"'],
  ['7 / 2', '3'],
  ['-7 / 2', '-4'],
  ['-7 % 3', '2'],
  ['7 // 2 * 2 + 1', '7'],
  ['2 ** 10', '1024'],
  ['010 + 0x10', '24'],
  ['1 if 2 > 1 else 3', '1'],
  ['1 < 2 < 3', '1'],
  ['"a" in ["a"] and not False', '1'],
  ['[x * 2 for x in range(4) if x % 2]', '[2, 6]'],
  ['"abcdef"[1:3] + "abcdef"[-1]', '"bcf"'],
  ['int("0x1f", 16) + int("12")', '43'],
  ['str(3) + `3`'.replace('`3`', 'repr("a")'), '"3\'a\'"'],
  ['len("abc") + max(1, 2) + sum([1, 2])', '8'],
  ['"a,b".split(",") + " x ".strip().upper().split()', '["a", "b", "X"]'],
  ['"-".join(["a", "b"])', '"a-b"'],
  ['"{0}-{x}".format(1, x="y")', '"1-y"'],
  ['"a.b".replace(".", "_") + str("abc".startswith("a"))', '"a_bTrue"'],
  ['os.uname()[4]', '"x86_64"'],
  ['os.path.join("/srv", os.path.basename("/a/b.img"))', '"/srv/b.img"'],
  ['os.environ.get("HOME", "none")', '"none"'],
  ['re.search("_(6.)", os.uname()[4]).group(1)', '"64"'],
  ['re.sub("[0-9]+", "N", "a12b3")', '"aNbN"'],
  ['(lambda a, b=2: a + b)(1)', '3'],
  ['map(lambda d: "phy:%s" % d, ["a"])', '["phy:a"]'],
  ['dict(a=1)["a"] + {"b": 2}["b"]', '3'],
])('%s is %s', (expression, expected) => {
  expect(value(expression)).toBe(expected);
});

test('blocks, loops and functions', () => {
  expect(
    settings(`
def disks(names, mode='w'):
    """Disks of a volume group."""
    result = []
    for at, name in enumerate(names):
        if name == 'skip':
            continue
        elif at > 5:
            break
        result.append('phy:/dev/vg/%s,xvd%s,%s' % (name, 'abc'[at], mode))
    return result

disk = disks(['root', 'skip', 'swap'])
memory = 64
while memory < 500: memory *= 2
if re.search('64', os.uname()[4]): kernel = '/boot/64'
else: kernel = '/boot/32'
try:
    memory = open('/etc/memory').read()
except:
    pass
a, b = 1, 2
vcpus = a + b; cap = 50
extra = ('a '
         'b')
`),
  ).toMatchObject({
    disk: ['phy:/dev/vg/root,xvda,w', 'phy:/dev/vg/swap,xvdc,w'],
    memory: 512n,
    kernel: '/boot/64',
    vcpus: 3n,
    cap: 50n,
    extra: 'a b',
  });
});

describe('values that the file asks for', () => {
  const file = `
def vmid_check(var, val):
    val = int(val)
    if val <= 0:
        raise ValueError
    return val
xm_vars.var('vmid', use="Virtual machine id.", check=vmid_check)
xm_vars.check()
name = "VM%d" % vmid
memory = 64
`;

  test('are given on the command line and checked', () => {
    expect(settings(file, 'vmid=7')).toEqual({ name: 'VM7', memory: 64n });
    expect(fault(file, 'vmid=0')).toBe('5:9 the file refuses this: ValueError');
    expect(fault(file, 'vmid=many')).toMatch(/^3:11 int\(\) needs a number, not 'many'/);
  });

  test('are asked for by name and with their use', () => {
    expect(fault(file)).toBe('8:1 this file needs a value for vmid (Virtual machine id.) (create FILE vmid=…)');
  });

  test('keys of the command line win over those of the file', () => {
    expect(settings(file, 'vmid=7', 'memory=128')).toEqual({ name: 'VM7', memory: 128n });
  });
});

test('helper names are no settings; what nothing reads and is nearly a key is a slip', () => {
  expect(settings("libdir = 'lib64'\nkernel = '/usr/%s/k' % libdir\n")).toEqual({ kernel: '/usr/lib64/k' });
  expect(settings('memroy = 5\n')).toEqual({ memroy: 5n });
});

test.each([
  ['x = open("/etc/passwd")', "1:5 'open' cannot be reached from a configuration (files cannot be read: write the value itself)"],
  ['os.system("reboot")', "1:1 'os.system' cannot be reached from a configuration (commands cannot be run: write the value itself)"],
  [
    'from subprocess import call\ncall(["ls"])',
    "1:1 'subprocess.call' cannot be reached from a configuration (commands cannot be run: write the value itself)",
  ],
  [
    'import time\nx = time.time()',
    "2:5 'time.time' cannot be reached from a configuration (there is no clock: a configuration means the same at any time)",
  ],
  [
    'import random\nx = random.choice([1])',
    "2:5 'random.choice' cannot be reached from a configuration (there is no chance: a configuration means the same every time; leave uuid and mac out to have them made)",
  ],
  [
    'import urllib2\nx = urllib2.urlopen("http://x")',
    "2:5 'urllib2.urlopen' cannot be reached from a configuration (write the value itself)",
  ],
  ['x = os.environ["HOME"]', '1:5 the environment cannot be reached from a configuration (create FILE HOME=…, and use the name HOME)'],
  ['x = eval("1")', "1:5 'eval' cannot be reached from a configuration (write the value itself)"],
  ['class A:\n    pass', "1:1 'class' has no meaning here (write the values themselves)"],
  ['with open("x") as f:\n    pass', "1:1 'with' has no meaning here (files cannot be read from a configuration: write the value itself)"],
  ['x = "a".__class__', "1:5 str has no '__class__'"],
  ['x = os.__dict__', "1:5 'os.__dict__' cannot be reached from a configuration (write the value itself)"],
  ['x = undefined + 1', "1:5 'undefined' has no value (give it on the command line: create FILE undefined=…)"],
  ['x = 1 + "a"', "1:5 '+' does not go with int and str"],
  ['x = 1 / 0', '1:5 division by zero'],
  ['x = [1][3]', '1:5 there is no element 3'],
  ['assert 1 == 2, "no"', '1:1 an assertion of the file does not hold: no'],
])('%j is named with its place', (text, message) => {
  expect(fault(text)).toBe(message);
});

test.each([
  ['while True: pass', 'the configuration does not come to an end'],
  ['def f(): return f()\nf()', 'more than 50 calls inside each other'],
  ['x = "a" * 10 ** 9', 'the value is too large'],
  ['x = "a"\nfor i in range(100): x = x + x', 'the value is too large'],
  ['x = range(10 ** 9)', 'the range is too long'],
  ['x = 9 ** 9 ** 9', 'the number is too large'],
  ['x = "%999999999d" % 1', 'the width is too large'],
  ['x = []\nfor i in range(10000):\n  x.extend(range(10000))', 'the value is too large'],
])('%j has an end', (text, message) => {
  const start = performance.now();
  expect(fault(text)).toContain(message);
  expect(performance.now() - start).toBeLessThan(2000);
});

test('what is no Python either keeps the message about the line of the configuration', () => {
  const { problems } = evaluateConfig('import os\nmemory = = 5\n', 'x.cfg');
  expect(problems.filter(isError).map(({ code }) => code)).toContain('XM1001');
});

test('two readings do not know of each other', () => {
  settings("import sys\nx = sys.argv\ny = []\ny.append('a')\n");
  expect(settings('import sys\nvcpus = len(sys.argv)\n')).toEqual({ vcpus: 0n });
});

function converted(text: string, given: Readonly<Record<string, string>> = {}): string {
  const result = convertFile(text, 'x', new Map(Object.entries(given)));
  if ('problem' in result) throw new Error(result.problem.message);
  return result.text;
}

test('converting keeps comments and writes values where they stood', () => {
  expect(
    converted(
      `# my guest
import os

lib = 'lib'
if os.uname()[4] == 'x86_64': lib = 'lib64'   # a helper
name = "VM%s" % vmid   # by number
memory = 64
cpu = 2
builder = 'linux'
nics = 1
disk = [ 'file:/srv/%s,ioemu:hda,w!' % lib ]
restart = 'onreboot'
# network
ip = "10.0.0.%s" % vmid
hostname = 'vm'
extra = "quiet"
`,
      { vmid: '3' },
    ),
  ).toBe(`# my guest

name = "VM3"   # by number
memory = 64
cpus = "2"
disk = [ "file:/srv/lib64,hda,w" ]
on_poweroff = "destroy"
on_reboot = "restart"
on_crash = "destroy"
# network
extra = "quiet"
extra += " ip=10.0.0.3:127.0.255.255:::vm:eth0:off"
`);
});

describe(needsCorpus('old xm files of the corpus'), () => {
  const programs = corpusFiles().filter(({ text }) => /^\s*(?:import |def |xm_vars)/m.test(text));

  test('there are some', () => expect(programs.length).toBeGreaterThan(10));

  test.each(programs)('$name runs, and converted it is what xl reads, with the same values', ({ text, name }) => {
    const { config, problems } = evaluateConfig(text, name, ['vmid=2']);
    expect(problems.filter(isError)).toEqual([]);
    const again = evaluateConfig(converted(text, { vmid: '2' }), 'x.cfg', [], { strictXl: true });
    expect(again.problems).toEqual([]);
    for (const key of ['name', 'kernel', 'memory', 'vif', 'root', 'vcpus'])
      expect(valueText(again.config.entries.get(key)?.value ?? null)).toBe(valueText(config.entries.get(key)?.value ?? null));
  });
});

const PROGRAM = `import os, re
def check(var, val):
    val = int(val)
    if val <= 0 or val > 9: raise ValueError("no")
    return val
xm_vars.var('n', use="a number", check=check)
xm_vars.check()
names = ['a', "b"] + [x.upper() for x in ('c', 'd') if x != 'd']
disk = []
for at, d in enumerate(names):
    disk.append('phy:/dev/%s%02d,xvd%c,w' % (d, at, "abc"[at]))
while len(disk) > 2: disk.pop()
name = "VM%(n)d-{0}".format(n) % {'n': n} ; memory = 64 * n if n < 3 else -n
kernel = os.path.join('/boot', re.sub('[0-9]+', 'N', 'k12')) + os.uname()[4][1:3]
try:
    extra = open('x').read()
except: extra = str(round(2.5)) + repr({'a': (1, 2)}['a'])
vif = map(lambda v: 'mac=' + v, [])
`;
const PIECES = [
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ':',
  ',',
  '=',
  '==',
  '%',
  '"',
  "'",
  '\n',
  '\n    ',
  '\t',
  'def ',
  'if ',
  'for ',
  'lambda ',
  'not ',
  '-1',
  '0',
  '1e400',
  '0x',
  'None',
  '\\',
  '#',
  '"""',
  '**',
  '\u00e9',
];

const edited = fc
  .array(
    fc.record({ at: fc.nat(1000), how: fc.constantFrom('delete', 'double', 'replace', 'insert'), piece: fc.constantFrom(...PIECES) }),
    { minLength: 1, maxLength: 5 },
  )
  .map((edits) => {
    const tokens = PROGRAM.match(/\w+|\s+|[^\w\s]/g)!;
    for (const { at, how, piece } of edits) {
      const place = at % tokens.length;
      if (how === 'delete') tokens[place] = '';
      else if (how === 'double') tokens[place] = tokens[place]! + tokens[place]!;
      else tokens[place] = how === 'replace' ? piece : tokens[place]! + piece;
    }
    return tokens.join('');
  });

property.prop([edited], { numRuns: 500 })('an edited program is read or refused, never anything else', (text) => {
  const { problems } = evaluateConfig(text, 'x.cfg', ['n=2']);
  for (const { span } of problems) {
    expect(span.start).toBeLessThanOrEqual(text.length);
    expect(span.end).toBeGreaterThanOrEqual(span.start);
  }
  convertFile(text, 'x.cfg', new Map([['n', '2']]));
});

test('the program that is edited is one that runs', () => {
  const { config, problems } = evaluateConfig(PROGRAM, 'x.cfg', ['n=2']);
  expect(problems.filter(isError)).toEqual([]);
  expect(Object.fromEntries([...config.entries].map(([name, { value }]) => [name, valueText(value)]))).toMatchObject({
    name: 'VM2-2',
    memory: '128',
    kernel: '/boot/kN86',
    extra: '3.0(1, 2)',
    disk: '["phy:/dev/a00,xvda,w", "phy:/dev/b01,xvdb,w"]',
  });
});

test.each([
  ['a list in itself', 'x = []\nx.append(x)', /nested too deeply/],
  ['a list in itself, as text', 'x = []\nx.append(x)\nmemory = len(str(x))', /nested too deeply/],
  ['a list in a list in a list', 'x = [1]\nfor i in range(60): x = [x, x]', /too large/],
  ['its text', 'x = [1]\nfor i in range(60): x = [x, x]\nmemory = len(str(x))', /too large/],
  ['two of them compared', 'x = [1]\ny = [1]\nfor i in range(60): x, y = [x, x], [y, y]\nmemory = x == y', /too large/],
  ['a tuple that doubles', 't = (1,)\nwhile True: t = t + t', /too large/],
  ['a replacement', 'x = "a" * 1000000\nextra = x.replace("a", x)', /too large/],
  ['a pattern that backtracks', 'x = "a" * 50 + "!"\nif re.match("(?=a)(a|aa)+$", x): memory = 1', /takes too long/],
  ['a thousand signs', `memory = ${'-'.repeat(50_000)}1`, /nested too deeply/],
  ['what every object of JavaScript has', 'extra = os.environ.constructor', /cannot be reached/],
])('a sandbox has walls: %s', (_name, text, told) => {
  expect(fault(text)).toMatch(told);
  expect(fault(text)).not.toMatch(/native code|Object/);
});
