/** Everything that can be told of a script or a configuration without running it. */
import type { Dialect, Problem, ScriptHost } from '../../lang/index.ts';
import { dialectOfFile } from './text-kind.ts';

export interface CheckTextOptions {
  readonly strictXl: boolean;
  /** key=value, as behind create FILE. */
  readonly settings: readonly string[];
  /** Default: what the file's name says. */
  readonly dialect?: Dialect;
}

export async function checkText(
  text: string,
  file: string,
  host: ScriptHost,
  { strictXl, settings, dialect = dialectOfFile(file) }: CheckTextOptions,
): Promise<readonly Problem[]> {
  const { check, checkConfig, evaluateConfig, isError, parse } = await import('../../lang/index.ts');
  const { program, problems } = parse(text, file, { dialect });
  if (program.dialect === 'script') return problems.some(isError) ? problems : [...problems, ...check(program, host)];
  const evaluated = evaluateConfig(text, file, settings, { strictXl, guest: (name) => host.guest(name) });
  // Of a text that cannot be read the values say nothing.
  if (evaluated.problems.some(isError)) return evaluated.problems;
  return [...evaluated.problems, ...checkConfig(evaluated.config)];
}
