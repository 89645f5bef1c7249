/** Everything that is wrong with a text, as far as it could be read. */
import { checkConfig } from '../config/read-config.ts';
import type { EvaluatedConfig } from '../config/evaluate-config.ts';
import type { Parsed } from '../parse/ast.ts';
import type { Problem } from '../problem.ts';
import { isError, problemOf } from '../problems/problem-of.ts';
import { PROBLEMS } from '../problems/table.ts';
import { check, type CheckHost, type CheckOptions } from './check.ts';

/** Who has so many mistakes has not written a program. */
const MANY = 1000;

/**
 * Of a text with parts that cannot be read: those, and the errors on the lines before the first of them. What comes behind may mean something else
 * than it seems to.
 */
export function diagnose({ program, problems }: Parsed, host?: CheckHost, options?: CheckOptions): readonly Problem[] {
  return together(program.source.text, problems, () => {
    try {
      return check(program, host, options);
    } catch (error) {
      // A sum of a hundred thousand terms is read in a loop, and is a tree as deep.
      if (!(error instanceof RangeError)) throw error;
      return [problemOf('too-deep', program.source.span(0, 0), 'an expression is nested too deeply')];
    }
  });
}

/** The same of a configuration. */
export function diagnoseConfig(text: string, { config, problems }: EvaluatedConfig): readonly Problem[] {
  return together(text, problems, () => checkConfig(config));
}

function together(text: string, unread: readonly Problem[], meaning: () => readonly Problem[]): readonly Problem[] {
  const errors = unread.filter(isError);
  if (errors.length === 0) return [...unread, ...meaning()];
  if (errors.length > MANY) return unread;
  const first = errors.reduce((least, { span }) => Math.min(least, span.start), Infinity);
  const line = text.lastIndexOf('\n', first - 1) + 1;
  // What is missing may be in a part that was not read.
  const sure = meaning().filter((problem) => isError(problem) && problem.span.end < line && problem.code !== PROBLEMS['missing-key'].code);
  return [...sure, ...unread];
}
