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
  const { diagnose, diagnoseConfig, evaluateConfig, parse } = await import('../../lang/index.ts');
  const parsed = parse(text, file, { dialect });
  if (parsed.program.dialect === 'script') return diagnose(parsed, host);
  return diagnoseConfig(text, evaluateConfig(text, file, settings, { strictXl, guest: (name) => host.guest(name) }));
}
