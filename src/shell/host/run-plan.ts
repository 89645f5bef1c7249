/** A script planned: parsed, checked and evaluated as far as that goes without a machine. */
import type { PlannedStep, ScriptHost } from '../../lang/index.ts';
import { textFailure } from '../commands/failure.ts';

export interface PlanOptions {
  readonly signal: AbortSignal;
  /** Whether a command only looks. */
  reads(command: string): boolean;
}

export async function runPlan(
  text: string,
  file: string,
  host: ScriptHost,
  { signal, reads }: PlanOptions,
): Promise<readonly PlannedStep[]> {
  const { diagnose, isError, parse, Plan, run } = await import('../../lang/index.ts');
  const sources = new Map([[file, text]]);
  const parsed = parse(text, file, { dialect: 'script' });
  const found = diagnose(parsed, host);
  if (found.some(isError)) throw textFailure(found, sources);
  const plan = new Plan(reads);
  const { failure } = await run(parsed.program, host, { signal, plan });
  if (failure) throw textFailure(failure.problems, sources);
  return plan.steps;
}
