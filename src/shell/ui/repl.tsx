/** The shell a person types into. Owns the terminal from here to the end, and gives it back. */
import { createHistory } from '../editor/history.ts';
import { historyFile, openHistoryStore } from '../editor/history-store.ts';
import { colourDepth, isDumb } from '../term/colour.ts';
import { openTerminal } from '../term/terminal.ts';
import type { Interpreter } from './interpreter.ts';
import type { HostScreen, ReplOptions } from './options.ts';
import { Session } from './session.ts';

export async function startRepl(options: ReplOptions): Promise<number> {
  const env = options.env ?? process.env;
  // The machine starts once the prompt is drawn, beside the person's typing; who needs it waits for it and says what went wrong.
  const { promise: prompted, resolve: onPrompt } = Promise.withResolvers<void>();
  const toolstack = prompted.then(() => options.openMachine());
  toolstack.catch(() => undefined);
  const interpreter = async (screen: HostScreen): Promise<Interpreter> => {
    const { createInterpreter } = await import('./lang-interpreter.ts');
    return createInterpreter(options, toolstack, screen, colourDepth(env) !== 'none');
  };
  if (isDumb(env)) {
    onPrompt();
    const { dumbRepl } = await import('./dumb-repl.ts');
    return await dumbRepl({ toolstack, interpreter, stdin: options.stdin ?? process.stdin, stdout: options.stdout ?? process.stdout });
  }
  using terminal = openTerminal({
    env,
    ...(options.stdin && { stdin: options.stdin }),
    ...(options.stdout && { stdout: options.stdout }),
  });
  using history = createHistory(() => openHistoryStore(historyFile(env)));
  const session = new Session(terminal, { toolstack, history, env, interpreter, onPrompt, version: options.version });
  return await session.run();
}
