import { expect, test } from 'vitest';
import { findCommand, namesOf, resolveCommand } from '../../../src/shell/commands/resolve-command.ts';
import { COMMANDS } from '../../../src/shell/commands/table.ts';

const failure = (word: string): unknown => {
  try {
    return resolveCommand(COMMANDS, word);
  } catch (error) {
    return error;
  }
};

test.each([
  ['list', 'list'],
  ['li', 'list'],
  ['dest', 'destroy'],
  ['vcpu-l', 'vcpu-list'],
  ['quit', 'exit'],
  ['q', 'exit'],
  ['dom', undefined],
  ['info', 'info'],
])('%s is %s', (word, name) => {
  expect(findCommand(COMMANDS, word)?.name).toBe(name);
});

test('no two commands have one name', () => {
  const names = namesOf(COMMANDS);
  expect(new Set(names).size).toBe(names.length);
});

test('a beginning that fits several names them', () => {
  expect(failure('vcpu')).toMatchObject({
    code: 'usage',
    message: "'vcpu' is the beginning of several commands: vcpu-list, vcpu-set, vcpu-pin",
  });
});

test('a slip is understood', () => {
  expect(failure('lits')).toMatchObject({ code: 'usage', message: "there is no command 'lits'", hint: "did you mean 'list'?" });
  expect(failure('zzzzzz')).toMatchObject({ hint: "'help' lists the commands" });
});

test('the commands of the project are all there', () => {
  const wanted =
    'create list pause unpause shutdown reboot destroy console info vcpu-list dmesg domid domname rename sched-credit mem-set mem-max vcpu-set vcpu-pin xenstore-ls xenstore-read xenstore-write xenstore-rm uptime top help run exit quit version';
  expect(wanted.split(' ').filter((name) => !namesOf(COMMANDS).includes(name))).toEqual([]);
});
