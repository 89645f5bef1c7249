/** From the words after `create` to a domain's configuration: a declared domain or a file, with key=value words on top, checked. */
import { relative } from 'node:path';
import type { ConfigRecord, DomainSettings, Problem } from '../../lang/index.ts';
import type { DomainConfig, ToolstackError } from '../../dom0/toolstack/types.ts';
import type { CommandContext } from '../commands/command.ts';
import { hostCpuCount } from '../commands/cpu-sets.ts';
import { ShellFailure, textFailure, usage } from '../commands/failure.ts';
import { didYouMean } from '../commands/near.ts';
import { configProblem, KEYS_OF_FIELD, toDomainConfig } from './to-domain-config.ts';

export interface LoadedConfig {
  readonly config: DomainConfig;
  readonly settings: DomainSettings;
  readonly record: ConfigRecord;
  /** File name to text, for the places of problems. */
  readonly sources: ReadonlyMap<string, string>;
}

interface Request {
  /** Words as typed: a file or a declared name, and key=value. */
  readonly words: readonly string[];
  /** -f FILE. */
  readonly file: string | undefined;
  readonly quiet: boolean;
  readonly strictXl?: boolean;
  /** It is only shown: a domain that cannot be started here is one all the same. */
  readonly dry?: boolean;
}

const isSetting = (word: string): boolean => /^[A-Za-z][\w.]*\s*\+?=/.test(word);

export async function loadConfig(
  context: CommandContext,
  { words, file, quiet, strictXl = false, dry = false }: Request,
): Promise<LoadedConfig> {
  const language = await import('../../lang/index.ts');
  const names = words.filter((word) => !isSetting(word));
  const typed = words.filter(isSetting);
  if (names.length + (file === undefined ? 0 : 1) > 1)
    throw usage(`one configuration at a time: ${[...names, ...(file === undefined ? [] : [file])].join(', ')}`, 'settings are key=value');
  const named = file ?? names[0];
  const declared = file === undefined && named !== undefined ? context.declarations.get(named) : undefined;
  const read = declared || named === undefined ? { path: named ?? 'command line', text: '' } : await readConfig(context, named);
  if (named === undefined && typed.length === 0)
    throw usage("'xm create' requires at least 1 argument.", 'a configuration file, a declared domain, or key=value words');
  if (!declared && !quiet && named !== undefined) context.note(`Parsing config from ${named}`);

  const evaluated = language.evaluateConfig(read.text, read.path, typed, { strictXl, guest: (name) => context.host.guest(name) });
  const record = declared ? merged(declared, evaluated.config) : evaluated.config;
  const sources = new Map([[read.path, read.text]]);
  // With what cannot be read come the mistakes before it.
  if (evaluated.problems.some(language.isError))
    failAt(declared ? evaluated.problems : language.diagnoseConfig(read.text, evaluated), sources);
  const { settings, problems: found } = language.readConfig(record);
  const problems = dry && settings.name !== undefined ? found.map(withoutKernel) : found;
  failAt(problems, sources);
  const converted = toDomainConfig(record, settings, { cpus: await hostCpuCount(context.toolstack), cwd: context.cwd });
  failAt(converted.problems, sources);
  if (!quiet) {
    for (const problem of [...evaluated.problems, ...problems]) {
      const { severity, message, span } = problem;
      const text = severity === 'hint' ? undefined : sources.get(span.file);
      context.note(text === undefined ? `${severity}: ${message} (${span.file}:${span.line})` : language.formatProblem(problem, text));
    }
  }
  return { config: converted.config, settings, record, sources };
}

/** A boot loader finds the kernel of many a file, and there is none here. */
function withoutKernel(problem: Problem): Problem {
  return problem.code === MISSING_KEY ? { ...problem, severity: 'warning' } : problem;
}
const MISSING_KEY = 'XM1046';

function failAt(problems: readonly Problem[], sources: ReadonlyMap<string, string>): void {
  if (problems.some(({ severity }) => severity === 'error')) throw textFailure(problems, sources);
}

/** What was typed after the name of a declared domain wins over what was declared. */
function merged(declared: ConfigRecord, typed: ConfigRecord): ConfigRecord {
  return { file: declared.file, entries: new Map([...declared.entries, ...typed.entries]) };
}

/** As a command line has it, from the current folder; what a script names may also lie beside the script. */
async function readConfig(
  { host, cwd, call, declarations }: CommandContext,
  path: string,
): Promise<{ readonly path: string; readonly text: string }> {
  try {
    // Messages show the path as it was typed.
    return { path, text: (await host.readFile(path, cwd)).text };
  } catch (error) {
    const beside = await host.readFile(path, call.span.file).catch(() => null);
    if (beside) return { path: relative(cwd, beside.path), text: beside.text };
    const reason = (error as Error).message.replace(/^cannot read '[^']*': /, '');
    const code = (error as { readonly code?: 'file-not-found' | 'not-a-file' }).code ?? 'not-readable';
    const hint = didYouMean(path, declarations.keys());
    throw new ShellFailure(code, `Failed to read config file: ${path}: ${reason}`, { hint });
  }
}

/** What the toolstack refused, at the place in the file that it comes from. */
export function atItsPlace(error: ToolstackError, { record, sources }: LoadedConfig): ShellFailure {
  const keys = (error.field === undefined ? undefined : KEYS_OF_FIELD[error.field as keyof DomainConfig]) ?? [];
  const entry = keys.map((key) => record.entries.get(key)).find((found) => found !== undefined);
  const details = { hint: error.hint ?? null };
  if (!entry) return new ShellFailure(error.code, error.message, details);
  return new ShellFailure(error.code, error.message, {
    ...details,
    problems: [configProblem('command-failed', entry, error.message, error.hint)],
    sources,
  });
}
