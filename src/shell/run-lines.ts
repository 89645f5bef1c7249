/** Text on the command line or on stdin. A plain line does not need the language, which takes longer to load than everything else. */
import { splitCommandLine } from '../lang/words.ts';
import { runText } from './host/run-text.ts';
import { runCall, type Session } from './one-shot.ts';
import type { Printer } from './printer.ts';

export async function runLines(text: string, file: string, session: Session, printer: Printer): Promise<void> {
  const simple = splitCommandLine(text, file);
  if (simple) await runCall({ ...simple, input: null, declarations: new Map() }, session, printer);
  else await runText(text, file, session.host, { signal: session.signal, onValue: (value) => printer.value(value) });
}
