/** Text on the command line or on stdin. A plain line does not need the language, which takes longer to load than everything else. */
import { splitCommandLine } from '../lang/words.ts';
import { findCommand, PROGRAM_NAMES } from './commands/resolve-command.ts';
import { COMMANDS } from './commands/table.ts';
import { runText } from './host/run-text.ts';
import { runCall, type Session } from './one-shot.ts';
import type { Printer } from './printer.ts';

const isCommand = (name: string): boolean => PROGRAM_NAMES.has(name) || findCommand(COMMANDS, name) !== null;

export async function runLines(text: string, file: string, session: Session, printer: Printer): Promise<void> {
  const simple = splitCommandLine(text, file);
  // What is no command of ours (wait 2s, an expression, a slip) the language knows, or explains with its place.
  if (simple && isCommand(simple.name)) await runCall({ ...simple, input: null, declarations: new Map() }, session, printer);
  else await runText(text, file, session.host, { signal: session.signal, onValue: (value) => printer.value(value) });
}
