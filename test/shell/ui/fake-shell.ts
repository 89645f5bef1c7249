/** The shell over the fakes, as a program of its own: what the pseudo-terminal tests start. */
import { createHistory } from '../../../src/shell/editor/history.ts';
import { historyFile, openHistoryStore } from '../../../src/shell/editor/history-store.ts';
import { openTerminal } from '../../../src/shell/term/terminal.ts';
import { Session } from '../../../src/shell/ui/session.ts';
import { fakeInterpreter, fakeMachine } from './fakes.ts';

const machine = fakeMachine(process.env['GUESTS']?.split(',') ?? ['db', 'web']);
const terminal = openTerminal();
const history = createHistory(() => openHistoryStore(historyFile(process.env)));
const session = new Session(terminal, {
  toolstack: Promise.resolve(machine.toolstack),
  interpreter: (screen) => Promise.resolve(fakeInterpreter(machine, screen)),
  history,
  version: '0.0.0',
  env: process.env,
});
const code = await session.run();
history[Symbol.dispose]();
terminal[Symbol.dispose]();
process.exitCode = code;
