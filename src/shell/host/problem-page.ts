/** help XM1042: from the language's table of diagnostics. */
import { usage } from '../commands/failure.ts';
import { wrap } from '../commands/help-text.ts';

export async function problemPage(code: string): Promise<string> {
  const { explainProblem } = await import('../../lang/index.ts');
  const kind = explainProblem(code);
  if (kind === null) throw usage(`no diagnostic has the code ${code}`, 'the code is in the --json form of an error');
  return `${kind.code} (${kind.severity}): ${kind.title}\n\n${wrap(kind.explanation)}`;
}
