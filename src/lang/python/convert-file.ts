/** The way in for `convert`: a text, or the problem with its place. */
import { Source } from '../parse/source.ts';
import type { Problem } from '../problem.ts';
import { problemOf } from '../problems/problem-of.ts';
import { convertXm, type Converted } from './convert.ts';
import { PythonFault } from './fault.ts';

export function convertFile(text: string, file: string, given: ReadonlyMap<string, string>): Converted | { readonly problem: Problem } {
  try {
    return convertXm(text, given);
  } catch (error) {
    if (!(error instanceof PythonFault)) throw error;
    const id = error.kind === 'syntax' ? 'syntax' : 'python';
    return { problem: problemOf(id, new Source(file, text).span(error.start, error.end), error.message, error.instead) };
  }
}
