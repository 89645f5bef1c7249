/** The shell as a person meets it: a real pseudo-terminal, every byte parsed by a terminal emulator. The machine is a fake. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, KEY, Person } from './driver.ts';

let program: Awaited<ReturnType<typeof bundle>>;
beforeAll(async () => {
  program = await bundle(new URL('./fake-shell.ts', import.meta.url));
});
afterAll(() => program?.remove());

const sit = (options?: ConstructorParameters<typeof Person>[1]): Person => new Person(program.file, options);

describe('at the prompt', () => {
  test('the welcome and the prompt are there, the cursor stands behind it', async () => {
    using person = sit();
    await person.isAsked();
    expect(person.screen).toMatch(/^Xenolith 0\.0\.0 .*\nxm>$/);
    expect(person.cursor).toEqual({ row: 1, column: 4 });
  });

  test('a line runs, its output stays above the next prompt', async () => {
    using person = sit();
    await person.isAsked();
    await person.type('list\r').sees('web 2');
    await person.isAsked();
    expect(person.screen.split('\n').slice(1)).toEqual(['xm> list', 'Domain-0 0', 'db 1', 'web 2', 'xm>']);
  });

  test('what is typed before the prompt is there is not lost', async () => {
    using person = sit();
    await person.type('info\r').sees('host : xenolith');
  });

  test('Tab shows a menu with descriptions, Tab chooses, Enter takes', async () => {
    using person = sit();
    await person.isAsked();
    await person.type(KEY.tab).sees('List domains');
    await person.type(KEY.tab).sees('xm> list');
    await person.type(KEY.enter).seesNot('List domains');
    expect(person.screen).toMatch(/xm> list$/);
  });

  test('a domain’s name completes', async () => {
    using person = sit();
    await person.isAsked();
    await person.type(`console d${KEY.tab}`).sees('xm> console db');
  });

  test('an unfinished block goes on in the next line', async () => {
    using person = sit();
    await person.isAsked();
    await person.type('if x {\rlist\r}\r').sees('a block');
    expect(person.screen).toContain('xm> if x {\n  …   list\n  … }\na block');
  });

  test('a paste is shown and waits', async () => {
    using person = sit();
    await person.isAsked();
    await person.type('\u001b[200~list\rinfo\r\u001b[201~').sees('… info');
    expect(person.screen).not.toContain('host :');
    await person.type(KEY.ctrlC).isAsked();
  });

  test('history comes back with Up, and in the next shell', async () => {
    using person = sit();
    await person.isAsked();
    await person.type('info\r').sees('host');
    await person.isAsked();
    await person.type(KEY.up).sees(/xm> info$/);
    await person.type(`${KEY.ctrlC}${KEY.ctrlR}nf`).sees('▸ info');
    await person.type(KEY.enter).sees(/xm> info$/);
  });

  test('an unknown command is an error, and the shell goes on', async () => {
    using person = sit();
    await person.isAsked();
    await person.type('lst\r').sees("error: there is no command 'lst'");
    await person.isAsked();
  });

  test('Ctrl-L clears what is seen and keeps the line', async () => {
    using person = sit();
    await person.isAsked();
    await person.type('list\r').sees('web 2');
    await person.type(`half${KEY.ctrlL}`).seesNot('web 2');
    expect(person.screen).toBe('xm> half');
  });

  test('? shows help and the keys', async () => {
    using person = sit();
    await person.isAsked();
    await person.type('?').sees('Commands: list info top');
    await person.sees('undo');
  });
});

describe('while something runs', () => {
  test('Ctrl-C cancels it, and what was typed ahead runs then', async () => {
    using person = sit();
    await person.isAsked();
    await person.type('slow\r').sees('building page tables');
    expect(person.screen).toContain('Ctrl-C cancels');
    await person.type('info\r').sees('⋯ info');
    await person.type(KEY.ctrlC).sees('host : xenolith');
    await person.isAsked();
    expect(person.screen).toContain('cancelled');
  });

  test('Ctrl-Z sends it to the background', async () => {
    using person = sit();
    await person.isAsked();
    await person.type('slow\r').sees('building');
    await person.type(KEY.ctrlZ).sees('[1] goes on in the background: slow');
    await person.type('info\r').sees('host : xenolith');
  });
});

describe('top', () => {
  test('has its own screen, and gives back the one before', async () => {
    using person = sit();
    await person.isAsked();
    await person.type('list\rtop\r').sees('xentop - ');
    await person.sees(/web --b--- +\d+ +50\.0/);
    expect(person.isAlternate).toBe(true);
    await person.type('v').sees('VCPUs(sec):');
    person.resize(40, 10);
    await person.seesNot('MEM(k)');
    await person.sees('CPU(%)');
    expect(person.screen.split('\n')).toHaveLength(10);
    person.resize(80, 24);
    await person.sees('VCPUS');
    await person.type('q').isAsked();
    expect(person.isAlternate).toBe(false);
    expect(person.screen).toContain('web 2\nxm> top\nxm>');
  });
});

describe('the console', () => {
  test('replays, passes keys through, and Ctrl-] comes back to the prompt', async () => {
    using person = sit();
    await person.isAsked();
    await person.type('console web\r').sees('login:');
    expect(person.screen).toContain('console of web · Ctrl-] leaves');
    await person.type('root\u0003').sees('login: root');
    await person.type(KEY.leaveConsole).sees('left the console of web');
    await person.isAsked();
    await person.type('info\r').sees('host : xenolith');
  });

  test('a guest that floods it does not hold the person', async () => {
    using person = sit({ env: { GUESTS: 'noisy' } });
    await person.isAsked();
    await person.type('console noisy\r').sees(/y\ny\ny/);
    await person.type(KEY.leaveConsole).isAsked();
    expect(person.screen).toContain('left the console of noisy');
  });

  test('says when the guest has ended', async () => {
    using person = sit();
    await person.isAsked();
    await person.type('console web\r').sees('login:');
    await person.type('bye\r').sees('web has ended');
    await person.isAsked();
  });
});

describe('leaving', () => {
  test('Ctrl-D asks while domains run; n stays, y leaves', async () => {
    using person = sit();
    await person.isAsked();
    await person.type(KEY.ctrlD).sees('db, web run in this shell and end with it.');
    await person.type('n').isAsked();
    await person.type(KEY.ctrlD).sees('y leave');
    await person.type('y');
    expect(await person.leaves()).toBe(0);
    expect(person.raw).toContain('\u001b[?2004l');
  });

  test('s shuts the domains down first', async () => {
    using person = sit();
    await person.isAsked();
    await person.type(KEY.ctrlD).sees('shut down first');
    await person.type('s');
    expect(await person.leaves()).toBe(0);
  });

  test('exit takes a code', async () => {
    using person = sit();
    await person.isAsked();
    await person.type('exit 3\r');
    expect(await person.leaves()).toBe(3);
  });
});

describe('when things go wrong', () => {
  test('a mistake of ours is shown and the shell goes on', async () => {
    using person = sit();
    await person.isAsked();
    await person.type('bug\r').sees('this is a bug in Xenolith');
    await person.type('info\r').sees('host : xenolith');
  });

  test('SIGTERM gives the terminal back', async () => {
    using person = sit();
    await person.isAsked();
    person.signal('SIGTERM');
    expect(await person.leaves()).toBe(143);
    expect(person.raw.slice(person.raw.lastIndexOf('\u001b[?2004'))).toMatch('\u001b[?2004l\u001b[0m\u001b[?25h');
  });

  test('a terminal that goes away ends the shell', async () => {
    using person = sit();
    await person.isAsked();
    person.signal('SIGHUP');
    expect(await person.leaves()).toBe(129);
  });
});

test('Alt-E edits the line in $EDITOR', async () => {
  using person = sit({ env: { EDITOR: `sed -i s/x/list/` } });
  await person.isAsked();
  await person.type('x web\u001be').sees('xm> list web');
});

describe('on odd terminals', () => {
  test('20 by 5 works', async () => {
    using person = sit({ columns: 20, rows: 5 });
    await person.isAsked();
    await person.type('list\r').sees('web 2');
    await person.type('top\r').sees('STATE');
    await person.type('q').isAsked();
    await person.type(`${KEY.tab}${KEY.tab}`).sees('xm> list');
  });

  test('resizing keeps one prompt', async () => {
    using person = sit();
    await person.isAsked();
    await person.type('list web').sees('xm> list web');
    person.resize(30, 10);
    await person.sees('xm> list web');
    person.resize(100, 30);
    await person.type(' more').sees('xm> list web more');
    expect(person.screen.match(/xm> list/g)).toHaveLength(1);
  });

  test('NO_COLOR has no colour', async () => {
    using person = sit({ env: { NO_COLOR: '1' } });
    await person.isAsked();
    await person.type('list\r').sees('web 2');
    // oxlint-disable-next-line no-control-regex
    expect(person.raw).not.toMatch(/\u001b\[[0-9;]*3[0-7]m/);
  });
});
