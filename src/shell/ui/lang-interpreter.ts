/** The prompt's language: the real one, with what this shell knows. Loaded after the first prompt; runs lines once the machine is there. */
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Toolstack } from '../../dom0/toolstack/types.ts';
import * as language from '../../lang/index.ts';
import { COMMON_OPTIONS } from '../commands/common-options.ts';
import { type FailureCode, ShellFailure } from '../commands/failure.ts';
import { FAULTS } from '../host/faults.ts';
import { runText } from '../host/run-text.ts';
import { exitCodeFor, failureText } from '../plain/show-failure.ts';
import type { RoleSpan } from '../editor/layout.ts';
import { sanitize } from '../term/sanitize.ts';
import type { Role } from '../term/style.ts';
import type { Interpreter } from './interpreter.ts';
import type { HostScreen, ReplOptions } from './options.ts';

const FILE = 'prompt';
const CANCELLED = 130;
/** A file that is no configuration has a mistake on every line: the first few say it. */
const SHOWN_PROBLEMS = 5;
const COMMAND_FAILED = 'XM1203';
/** Completion does not wait for a machine that is still starting. */
const COMPLETION_MS = 300;

const roleOf = (role: language.HighlightRole): Role => (role === 'error' ? 'mistake' : role);

export async function createInterpreter(
  options: Pick<ReplOptions, 'commands' | 'createHost'>,
  toolstack: Promise<Toolstack>,
  screen: HostScreen,
  colour: boolean,
): Promise<Interpreter> {
  const commands = await options.commands();
  const session = language.createSession();
  const host = toolstack.then((machine) => options.createHost(machine, screen));
  // Told when a line needs it.
  host.catch(() => undefined);

  const names = (): { readonly variables: ReadonlySet<string>; readonly functions: ReadonlySet<string> } => {
    const all = session.scope.names();
    const isFunction = (name: string): boolean => {
      const value = session.scope.get(name);
      return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'function';
    };
    return { variables: new Set(all), functions: new Set(all.filter(isFunction)) };
  };

  const domains = async (): Promise<readonly language.KnownDomain[]> => {
    const declared = [...session.declarations.keys()].map((name) => ({ name, detail: 'declared', declared: true }));
    const listed = await inTime(
      toolstack.then((machine) => machine.list()),
      [],
    );
    const running = listed.map(({ name, state }) => ({ name, detail: state }));
    return [...running, ...declared.filter(({ name }) => running.every((one) => one.name !== name))];
  };

  return {
    highlight: (text): readonly RoleSpan[] =>
      language.highlight(text, commands, names()).map(({ start, end, role }) => ({ start, end, role: roleOf(role) })),
    isComplete: (text) => language.isComplete(text, names().variables),
    complete: (text, offset) =>
      language.complete(text, offset, {
        commands,
        options: COMMON_OPTIONS,
        domains,
        faults: FAULTS,
        files,
        xenstore: (path) =>
          inTime(
            toolstack.then((machine) => childrenOf(machine, path)),
            [],
          ),
        ...names(),
      }),
    async run(line, { signal, show }) {
      try {
        await runText(line, FILE, await host, {
          signal,
          session,
          onValue: show,
          onWarning({ code, message, help }) {
            if (ABOUT_TEXT.has(code)) screen.note(`warning: ${message}${help === undefined ? '' : `; ${help}`}\n`);
          },
          onHandlerFailure: (error) => void failureText(error, colour).then((text) => screen.note(text)),
        });
        return { exitCode: 0, failures: [] };
      } catch (error) {
        const exitCode = signal.aborted ? CANCELLED : exitCodeFor(error);
        return {
          exitCode,
          failures: exitCode === CANCELLED ? ['cancelled\n'] : await failureTexts(error, line, colour),
        };
      }
    },
  };
}

/** Text where a value was meant. Of a line at the prompt other warnings say little: its names go on living. */
const ABOUT_TEXT: ReadonlySet<string> = new Set(['XM1117', 'XM1123']);

async function failureTexts(error: unknown, line: string, colour: boolean): Promise<readonly string[]> {
  const hidden = error instanceof ShellFailure ? error.problems.length - SHOWN_PROBLEMS : 0;
  const text = sanitize(await failureText(atPrompt(error, line), colour));
  return [text, ...(hidden > 0 ? [`… and ${hidden} more\n`] : []), ...explained(error)];
}

/** Where the pages on these mistakes are. */
function explained(error: unknown): readonly string[] {
  const problems = error instanceof ShellFailure || error instanceof language.ProblemError ? error.problems : [];
  const codes = new Set(problems.slice(0, SHOWN_PROBLEMS).map(({ code }) => code));
  // These say what a command answered: there is no more to explain.
  codes.delete(COMMAND_FAILED);
  return codes.size > 0 ? [`more: ${[...codes].map((code) => `help ${code}`).join(', ')}\n`] : [];
}

/** What a command refused needs no place when the line above is all there is; what is wrong with the text itself is underlined. */
function atPrompt(error: unknown, line: string): unknown {
  if (error instanceof ShellFailure && error.problems.length > SHOWN_PROBLEMS) {
    return new ShellFailure(error.code as FailureCode, error.message, { ...error, problems: error.problems.slice(0, SHOWN_PROBLEMS) });
  }
  if (!(error instanceof ShellFailure) || /^XM\d/.test(error.code) || line.trim().includes('\n')) return error;
  if (error.problems.some(({ span }) => span.file !== FILE)) return error;
  return new ShellFailure(error.code as FailureCode, error.message, { hint: error.hint, exitCode: error.exitCode });
}

/** What does not come in time, or fails, is nothing to complete with. */
async function inTime<T>(value: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), COMPLETION_MS);
  });
  return await Promise.race([value.catch(() => otherwise), late]).finally(() => clearTimeout(timer));
}

async function files(directory: string): Promise<readonly { readonly name: string; readonly directory: boolean }[]> {
  const folder = resolve(directory.replace(/^~(?=\/|$)/, homedir()) || '.');
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter(({ name }) => !name.startsWith('.'))
    .map((entry) => ({ name: entry.name, directory: entry.isDirectory() }))
    .toSorted((a, b) => Number(b.directory) - Number(a.directory) || (a.name < b.name ? -1 : 1));
}

async function childrenOf(toolstack: Toolstack, path: string): Promise<readonly string[]> {
  const start = path.endsWith('/') ? path : `${path}/`;
  const nodes = await toolstack.xenstoreList(path);
  return nodes.flatMap((node) => {
    const rest = node.path.startsWith(start) ? node.path.slice(start.length) : '';
    return rest === '' || rest.includes('/') ? [] : [rest];
  });
}
