/** The shell as it ships, with the real machine and the guest that ships with it, at a pseudo-terminal. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle, KEY, Person } from './driver.ts';

let program: Awaited<ReturnType<typeof bundle>>;
beforeAll(async () => {
  program = await bundle(new URL('../../../src/shell/main.ts', import.meta.url));
});
afterAll(() => program?.remove());

const DECLARATION = 'domain "p" { kernel = guest("pebble"); memory = 8; vcpus = 1 }';

test('a guest is created, talked to, watched, and shut down on the way out', async () => {
  using person = new Person(program.file, { columns: 100 });
  await person.isAsked();
  await person.type(`${DECLARATION}\r`).isAsked();
  await person.type('create p\r').sees('p is domain 1');
  await person.type('console p\r').sees('pebble>');
  await person.type('echo one two\r').sees('\none two\n');
  await person.type(KEY.leaveConsole).sees('left the console of p');
  await person.isAsked();
  await person.type('list\r').sees(/p +1 +8 MiB +1 +blocked/);
  await person.type('top\r').sees('xentop - ');
  await person.sees(/ p --b--- /);
  await person.type('q').isAsked();
  await person.type(KEY.ctrlD).sees('p runs in this shell and ends with it.');
  await person.type('s');
  expect(await person.leaves()).toBe(0);
});

test('a guest that dies while its console is open brings the person back to the prompt', async () => {
  using person = new Person(program.file, { columns: 100 });
  await person.isAsked();
  await person.type(`${DECLARATION}; create p -c\r`).sees('pebble>');
  await person.type('crash\r').sees('p has ended');
  await person.sees('p crashed');
  await person.type('1 + 1\r').sees('\n2\n');
});
