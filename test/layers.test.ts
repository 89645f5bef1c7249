/** The arrows of ARCHITECTURE.md: which room may import which. Reads the import lines of every source file. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');

/** What a room may import besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  hw: [],
  vmm: ['hw'],
  dom0: ['vmm'],
  lang: [],
  shell: ['lang', 'dom0'],
};

/** The parts of vmm that dom0 may see: the control interface, the ABI's layouts, and the door that starts the machine. */
const VMM_DOORS = [/^vmm\/control\/types\.ts$/, /^vmm\/abi\//, /^vmm\/errno\.ts$/, /^vmm\/hypervisor\.ts$/];
/** The parts of dom0 that the shell may see: the toolstack's contract and the link to a machine. */
const DOM0_DOORS = [/^dom0\/toolstack\/types\.ts$/, /^dom0\/link\/open-machine\.ts$/];

const IMPORT = /(?:from\s+|import\s*\(\s*|import\s+)['"]([^'"]+)['"]/g;

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly target: string | null;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(IMPORT)].map((match) => {
    const specifier = match[1]!;
    const target = specifier.startsWith('.') ? relative(SRC, resolve(dirname(join(SRC, file)), specifier)) : null;
    return { file, specifier, target };
  });
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));
const imports = files.flatMap(importsOf);
const room = (path: string): string => path.split('/')[0]!;
const describeImport = ({ file, specifier }: Import): string => `${file} imports ${specifier}`;

test('there are sources to look at', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(imports.length).toBeGreaterThan(100);
});

test('no room imports against the arrows', () => {
  const wrong = imports.filter(
    ({ file, target }) => target !== null && room(target) !== room(file) && !ALLOWED[room(file)]!.includes(room(target)),
  );
  expect(wrong.map(describeImport)).toEqual([]);
});

test('dom0 sees only the doors of the hypervisor', () => {
  const wrong = imports.filter(
    ({ file, target }) =>
      room(file) === 'dom0' && target !== null && room(target) === 'vmm' && !VMM_DOORS.some((door) => door.test(target)),
  );
  expect(wrong.map(describeImport)).toEqual([]);
});

test('the shell sees only the toolstack and the language', () => {
  const wrong = imports.filter(({ file, target }) => {
    if (room(file) !== 'shell' || target === null) return false;
    if (room(target) === 'dom0') return !DOM0_DOORS.some((door) => door.test(target));
    // index.ts is the whole language, parser and all, services/index.ts what editors ask of it; the others are light and stand alone.
    return room(target) === 'lang' && !/^lang\/(index|words|host|problem|values|services\/index)\.ts$/.test(target);
  });
  expect(wrong.map(describeImport)).toEqual([]);
});

test('React and Ink are used in shell/ui only', () => {
  const wrong = imports.filter(({ file, specifier }) => /^(react|ink)(\/|$)/.test(specifier) && !file.startsWith('shell/ui/'));
  expect(wrong.map(describeImport)).toEqual([]);
});

test('hw and vmm read no clock and no random source but the machine’s own', () => {
  const allowed = new Set(['hw/clock.ts']);
  const wrong = files
    .filter((file) => /^(hw|vmm)\//.test(file) && !allowed.has(file))
    .filter((file) =>
      /\b(Date\.now|new Date|performance\.now|hrtime|Math\.random|randomBytes|randomUUID)\b/.test(readFileSync(join(SRC, file), 'utf8')),
    );
  expect(wrong).toEqual([]);
});
