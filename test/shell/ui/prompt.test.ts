/** The prompt with the real language and the real commands, at a pseudo-terminal; only the machine is a fake. */
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, KEY, Person } from './driver.ts';

let program: Awaited<ReturnType<typeof bundle>>;
beforeAll(async () => {
  program = await bundle(new URL('./line-shell.ts', import.meta.url));
});
afterAll(() => program?.remove());

const ROOT = resolve(import.meta.dirname, '../../..');

async function sit(): Promise<Person> {
  const person = new Person(program.file, { cwd: ROOT, columns: 100 });
  return await person.isAsked();
}

/** The screen below the line that was typed last. */
const answer = (person: Person, line: string): string[] => {
  const rows = person.screen.split('\n');
  return rows.slice(rows.lastIndexOf(`xm> ${line}`) + 1, -1);
};

async function runs(person: Person, line: string): Promise<string[]> {
  await person.type(`${line}\r`).sees(`xm> ${line}\n`);
  await person.isAsked();
  return answer(person, line);
}

describe('at the prompt', () => {
  test('a command shows a table', async () => {
    using person = await sit();
    const [heading, first] = await runs(person, 'list');
    expect(heading).toMatch(/^Name +ID +Mem +VCPUs +State/);
    expect(first).toMatch(/^Domain-0 +0 +1 GiB +4 +running/);
  });

  test('a table goes through a pipeline', async () => {
    using person = await sit();
    expect(await runs(person, 'list | where name == "web-1" | select name, mem')).toEqual(['Name       Mem', 'web-1  512 MiB']);
  });

  test('an expression shows its value, names live from line to line, and _ is the last result', async () => {
    using person = await sit();
    expect(await runs(person, 'let x = 20')).toEqual([]);
    expect(await runs(person, 'x + 1')).toEqual(['21']);
    expect(await runs(person, '_ * 2')).toEqual(['42']);
  });

  test('what a command refuses is said with a hint', async () => {
    using person = await sit();
    const [error, hint] = await runs(person, 'pause nosuch');
    expect(error).toMatch(/^error: nosuch is an invalid domain identifier/);
    expect(hint).toMatch(/^hint: the domains are Domain-0, web-1/);
  });

  test('a word that is no command is an error, with the one that was meant', async () => {
    using person = await sit();
    const said = (await runs(person, 'lsit')).join('\n');
    expect(said).toContain("unknown command 'lsit'");
    expect(said).toContain("did you mean 'list'?");
  });

  test('a block goes on until it is closed', async () => {
    using person = await sit();
    await person.type('for i in 1..2 {\rprint "i is ${i}"\r}\r').sees('i is 2');
    expect(person.screen).toContain('xm> for i in 1..2 {\n  …   print "i is ${i}"\n  … }\ni is 1\ni is 2');
  });

  test('Tab completes commands, domains and files', async () => {
    using person = await sit();
    await person.type(`unp${KEY.tab}`).sees('xm> unpause');
    await person.type(`web${KEY.tab}`).sees('xm> unpause web-1');
    await person.type(`${KEY.ctrlC}create ex${KEY.tab}`).sees('xm> create examples/');
  });

  test('F1 explains the command that is typed and keeps the line', async () => {
    using person = await sit();
    await person.type('destroy web\u001bOP').sees('Terminate domains immediately');
    await person.sees(/xm> destroy web$/);
  });

  test('exit leaves with its code', async () => {
    using person = await sit();
    await person.type('exit 4\r');
    expect(await person.leaves()).toBe(4);
  });
});
