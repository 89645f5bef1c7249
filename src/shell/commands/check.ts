/** check: what is wrong with scripts and configurations, all at once, without running them. */
import { CommandFailure } from '../../lang/host.ts';
import type { Problem, Value } from '../../lang/index.ts';
import { checkText } from '../host/check-text.ts';
import { packageVersion } from '../host/package-files.ts';
import { present } from '../plain/presentation.ts';
import { sarif } from '../plain/sarif.ts';
import type { Command, CommandContext } from './command.ts';
import { NOTHING } from './command.ts';
import { ShellFailure } from './failure.ts';

interface Checked {
  readonly problems: readonly Problem[];
  readonly sources: ReadonlyMap<string, string>;
}

const isSetting = (word: string): boolean => /^[A-Za-z_]\w*\+?=/.test(word);

async function checkFiles({ host, cwd }: CommandContext, words: readonly string[], strictXl: boolean): Promise<Checked> {
  const settings = words.filter(isSetting);
  const names = words.filter((word) => !isSetting(word));
  const problems: Problem[] = [];
  const sources = new Map<string, string>();
  for (const name of names) {
    let text: string;
    try {
      ({ text } = await host.readFile(name, cwd));
    } catch (error) {
      // The other files are checked all the same.
      if (!(error instanceof CommandFailure)) throw error;
      const { problemOf } = await import('../../lang/index.ts');
      problems.push(problemOf('host-failed', { file: name, start: 0, end: 0, line: 1, column: 1 }, error.message));
      sources.set(name, '');
      continue;
    }
    sources.set(name, text);
    for (const problem of await checkText(text, name, host, { strictXl, settings })) problems.push(problem);
  }
  return { problems, sources };
}

function problemValue({ code, severity, message, help, span }: Problem): Value {
  return new Map<string, Value>([
    ['file', span.file],
    ['line', BigInt(span.line)],
    ['column', BigInt(span.column)],
    ['start', BigInt(span.start)],
    ['end', BigInt(span.end)],
    ['severity', severity],
    ['code', code],
    ['message', message],
    ['help', help ?? null],
  ]);
}

async function sarifText({ problems, sources }: Checked): Promise<string> {
  const { explainProblem } = await import('../../lang/index.ts');
  const kinds = new Map(problems.flatMap(({ code }) => (explainProblem(code) ? [[code, explainProblem(code)!] as const] : [])));
  return JSON.stringify(sarif({ problems, kinds, version: packageVersion(), sources }), null, 2);
}

/** Warnings end nothing badly, but somebody should see them. */
async function noteWarnings(context: CommandContext, { problems, sources }: Checked): Promise<void> {
  const { formatProblem } = await import('../../lang/index.ts');
  for (const problem of problems) {
    if (problem.severity === 'warning') context.note(formatProblem(problem, sources.get(problem.span.file)!));
  }
}

/** Null: nothing that ends the command badly. */
function failureOf({ problems, sources }: Checked, strict: boolean, told: boolean): ShellFailure | null {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.filter(({ severity }) => severity === 'warning').length;
  if (errors === 0 && (warnings === 0 || !strict)) return null;
  const files = new Set(problems.map(({ span }) => span.file)).size;
  const counted = [errors > 0 && plural(errors, 'error'), warnings > 0 && plural(warnings, 'warning')].filter((text) => text !== false);
  return new ShellFailure('failed', `${counted.join(' and ')} in ${plural(files, 'file')}`, {
    exitCode: errors > 0 ? 2 : 1,
    // What is on stdout already need not be said again.
    ...(!told && { problems, sources }),
  });
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

export const check: Command = {
  name: 'check',
  group: 'shell',
  summary: 'Find mistakes in scripts and configurations without running them',
  details:
    'Files that end in .xm are scripts, all others configurations. Each diagnostic has a code that help explains: help XM1042. ' +
    'check ends with 0 when there are no errors, 2 when there are, and 1 when there are only warnings and --warnings-as-errors was given.',
  positionals: [{ name: 'file', kind: 'file', summary: 'scripts and configurations, and key=value settings', required: true, rest: true }],
  options: [
    { long: 'warnings-as-errors', short: 'W', summary: 'end with 1 if there are warnings', value: null },
    { long: 'strict-xl', summary: 'tell what real xl would reject', value: null },
    { long: 'sarif', summary: 'print SARIF, for CI servers and editors', value: null },
  ],
  effect: 'reads',
  offline: true,
  examples: [
    { run: 'check web.cfg fleet.xm', says: 'before they are used' },
    { run: 'check --strict-xl web.cfg', says: 'would real xl take it?' },
    { run: 'check --sarif *.cfg', says: 'in CI' },
  ],
  async run(context, args) {
    const checked = await checkFiles(context, args.texts('file'), args.flag('strict-xl'));
    const { format } = context.output;
    const told = args.flag('sarif') || (format !== null && format !== 'table');
    const failure = failureOf(checked, args.flag('warnings-as-errors'), told);
    if (told) {
      const value = args.flag('sarif') ? await sarifText(checked) : present(checked.problems.map(problemValue), { output: context.output });
      if (!failure) return { kind: 'value', value };
      await context.show(value);
    }
    if (failure) throw failure;
    await noteWarnings(context, checked);
    return NOTHING;
  },
};
