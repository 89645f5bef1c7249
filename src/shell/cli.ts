/** What `xm` does with its words: a prompt, a text, a script, or one command. Resolves with the exit code. */
import { COMMANDS } from './commands/table.ts';
import { usage } from './commands/failure.ts';
import { helpText } from './commands/help.ts';
import { parseWords } from './commands/parse-words.ts';
import { resolveCommand } from './commands/resolve-command.ts';
import { type GlobalOptions, globalOptions } from './global-options.ts';
import { programHelp } from './program-help.ts';
import { packageVersion } from './host/package-files.ts';
import type { Io } from './io.ts';
import { callOf, runCall, withMachine } from './one-shot.ts';
import { DEFAULT_OUTPUT } from './plain/output-options.ts';
import { exitCodeFor } from './plain/show-failure.ts';
import { createPrinter, type Printer } from './printer.ts';
import { runLines } from './run-lines.ts';

export async function cli(argv: readonly string[], io: Io): Promise<number> {
  // Also what is wrong with the options is told in the form they ask for.
  const json = argv.some((word) => word === '--json' || word.startsWith('--json='));
  let printer = createPrinter(io, json ? { ...DEFAULT_OUTPUT, format: 'json' } : DEFAULT_OUTPUT, true);
  try {
    const options = globalOptions(argv);
    printer = createPrinter(io, options.output, options.colour);
    return await act(options, io, printer);
  } catch (error) {
    await printer.failure(error);
    return exitCodeFor(error);
  }
}

async function act(options: GlobalOptions, io: Io, printer: Printer): Promise<number> {
  const { words, program } = options;
  if (options.version) return say(printer, `xm ${packageVersion()}`);
  if (options.help) return say(printer, words.length === 0 ? programHelp(COMMANDS) : await helpText(COMMANDS, words[0]));
  if (program !== null) return await runText(program, '-c', options, io, printer);
  if (words.length > 0) return await runWords(words, options, io, printer);
  if (io.stdin.isTTY && io.stdout.isTTY) return await prompt(options, io);
  if (io.stdin.isTTY)
    throw usage('the shell needs a terminal for its output too', "xm -c 'list' runs a line without one; xm --help tells more");
  return await runText(await readAll(io), 'standard input', options, io, printer);
}

function say(printer: Printer, text: string): number {
  printer.text(text);
  return 0;
}

function runText(text: string, file: string, options: GlobalOptions, io: Io, printer: Printer): Promise<number> {
  return withMachine(io, options, options.machine, printer, (session) => runLines(text, file, session, printer));
}

async function runWords(words: readonly string[], options: GlobalOptions, io: Io, printer: Printer): Promise<number> {
  const command = resolveCommand(COMMANDS, words[0]!);
  const call = callOf(words);
  const { args, help } = parseWords(command, call.words, options.output);
  if (help) return say(printer, await helpText(COMMANDS, command.name));
  if (command.name === 'help') return say(printer, await helpText(COMMANDS, args.text('topic')));
  const clock = command.name === 'run' && args.flag('virtual') ? { clock: 'virtual' as const } : {};
  const machine = command.offline ? null : { ...options.machine, ...clock };
  return await withMachine(io, options, machine, printer, (session) => runCall(call, session, printer));
}

async function prompt(options: GlobalOptions, io: Io): Promise<number> {
  const { startRepl } = await import('./ui/repl.tsx');
  return await startRepl({
    version: packageVersion(),
    openMachine: () => io.openMachine({ ...options.machine, thread: true }),
    async createHost(toolstack, screen) {
      const { createScriptHost } = await import('./host/script-host.ts');
      return createScriptHost(toolstack, { ...screen, output: options.output });
    },
    async commands() {
      const { commandSignatures } = await import('./host/script-host.ts');
      return commandSignatures();
    },
    stdin: io.stdin,
    stdout: io.stdout,
    env: options.colour ? io.env : { ...io.env, NO_COLOR: '1' },
  });
}

async function readAll({ stdin }: Io): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString('utf8');
}
