/** The guest that ships: small, a Xen kernel, and exactly what its sources make. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readKernelImage } from '../../src/dom0/builder/kernel-image.ts';

const PEBBLE = resolve(import.meta.dirname, '../../examples/guests/pebble');
const I386 = resolve(import.meta.dirname, '../../examples/guests/i386');
const elf = readFileSync(join(PEBBLE, 'pebble.elf'));
/** The compiler that made the committed file names itself in it, if it kept its comment section; else the major version decides. */
const gcc = spawnSync('gcc', ['-dumpversion'], { encoding: 'utf8' });
const sameCompiler = gcc.status === 0 && gcc.stdout.trim().split('.')[0] === '12';

test('pebble is under 200 KiB', () => {
  expect(statSync(join(PEBBLE, 'pebble.elf')).size).toBeLessThan(200 * 1024);
});

test('pebble is a kernel that the builder takes', () => {
  const image = readKernelImage(elf);
  expect(image.hypercallPage).not.toBeNull();
  expect(image.end - image.start).toBeGreaterThan(0);
});

test.skipIf(!sameCompiler).each([
  ['pebble', PEBBLE, 'pebble.elf'],
  ['the 32-bit program', I386, 'program.elf'],
])('a rebuild of %s gives the same bytes (skipped without gcc 12)', (_, folder, file) => {
  const copy = mkdtempSync(join(tmpdir(), 'pebble-'));
  try {
    cpSync(folder, copy, { recursive: true });
    rmSync(join(copy, file));
    const built = spawnSync(join(copy, 'build.sh'), { encoding: 'utf8' });
    expect(built.status, built.stderr).toBe(0);
    expect(readFileSync(join(copy, file)).equals(readFileSync(join(folder, file)))).toBe(true);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
