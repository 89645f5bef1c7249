/** TERM=dumb (an editor's shell window, a serial line): no cursor to move, so lines in and lines out, as simple as it gets. */
import { createInterface } from 'node:readline/promises';
import type { Toolstack } from '../../dom0/toolstack/types.ts';
import type { Value } from '../../lang/index.ts';
import { sanitize } from '../term/sanitize.ts';
import { plainText } from '../term/style.ts';
import type { TerminalInput, TerminalOutput } from '../term/terminal.ts';
import type { Interpreter } from './interpreter.ts';
import type { HostScreen } from './options.ts';
import { layoutValue } from '../plain/value-layout.ts';

const WIDTH = 80;

export interface DumbServices {
  readonly toolstack: Promise<Toolstack>;
  readonly interpreter: (screen: HostScreen) => Promise<Interpreter>;
  readonly stdin: TerminalInput;
  readonly stdout: TerminalOutput;
}

function rows(value: Value): string {
  return layoutValue(value, WIDTH)
    .map((row) => `${plainText(row)}\n`)
    .join('');
}

export async function dumbRepl({ toolstack, interpreter, stdin, stdout }: DumbServices): Promise<number> {
  const say = (text: string): void => void stdout.write(text === '' || text.endsWith('\n') ? text : `${text}\n`);
  let leaving: number | null = null;
  const language = await interpreter({
    terminal: {
      top: () => Promise.reject(new Error('top needs a terminal that can move its cursor; top -b prints without one')),
      attachConsole: () => Promise.reject(new Error('console needs a terminal that can move its cursor')),
    },
    print: (text) => say(sanitize(text)),
    note: (text) => say(sanitize(text)),
    show: (value) => Promise.resolve(say(rows(value))),
    progress: () => undefined,
    leave: (code) => {
      leaving = code;
    },
  });
  const lines = createInterface({ input: stdin, output: stdout, prompt: 'xm> ', terminal: false });
  let controller: AbortController | null = null;
  const interrupt = (): void => {
    if (controller) controller.abort();
    else lines.close();
  };
  process.on('SIGINT', interrupt);
  let text = '';
  lines.prompt();
  for await (const line of lines) {
    text += (text === '' ? '' : '\n') + line;
    if (language.isComplete(text)) {
      controller = new AbortController();
      const ran = await language.run(text, {
        signal: controller.signal,
        show: (value) => say(rows(value)),
      });
      controller = null;
      for (const failure of ran.failures) say(failure);
      text = '';
    }
    if (leaving !== null) break;
    lines.setPrompt(text === '' ? 'xm> ' : '  … ');
    lines.prompt();
  }
  lines.close();
  process.off('SIGINT', interrupt);
  await toolstack.then((machine) => machine.halt()).catch(() => undefined);
  return leaving ?? 0;
}
