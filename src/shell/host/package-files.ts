/** What ships with the package beside the code: its version, the guests. Found from here upwards, in the sources and in the bundle alike. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

let found: string | null = null;

export function packageFolder(): string {
  if (found !== null) return found;
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error(`the package of ${import.meta.dirname} cannot be found`);
    folder = above;
  }
  found = folder;
  return folder;
}

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string };
  return version;
}

const GUESTS = 'examples/guests';

export function guestNames(): readonly string[] {
  const folder = join(packageFolder(), GUESTS);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, `${name}.elf`)));
}

/** The kernel of a guest that ships with the project; null where there is none of that name. */
export function guestKernel(name: string): string | null {
  if (!/^[\w-]+$/.test(name)) return null;
  const path = join(packageFolder(), GUESTS, name, `${name}.elf`);
  return existsSync(path) ? path : null;
}
