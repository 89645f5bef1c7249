/**
 * Old xm files were programs of Python 2. This runs the part of Python that real ones use, in a sandbox, and yields their settings as xm took them: every text,
 * number and list that was assigned at the top.
 */
import type { PyStatement } from './ast.ts';
import { PythonRun, type XmVariable } from './evaluate.ts';
import { PyError, PythonFault, rangeMessage } from './fault.ts';
import { parsePython } from './parse.ts';
import type { PyScope } from './scope.ts';
import { PyTuple, type PyValue } from './values.ts';
import type { Value } from '../values.ts';

export interface PythonSetting {
  readonly name: string;
  readonly value: Value;
  /** Of the name, and of the expression it was given. */
  readonly start: number;
  readonly end: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  /** Something in the file reads it: it may be no setting at all. */
  readonly isHelper: boolean;
}

export interface PythonResult {
  readonly settings: readonly PythonSetting[];
  readonly fault: PythonFault | null;
  readonly variables: readonly XmVariable[];
}

const CONSTRUCT =
  /^(?:import|from|def|if|for|while|try|class|print|raise|assert|with|xm_vars)\b|%\s*[\w(]|\b(?:os|re|sys|string|platform)\.\w|\b(?:range|str|int|len)\s*\(|\bxm_vars\b/m;

/** Whether a text that xl does not read was meant for xm. */
export function looksLikePython(text: string): boolean {
  return CONSTRUCT.test(text);
}

/** Whether it can be read as one. */
export function isPython(text: string): boolean {
  try {
    parsePython(text);
    return true;
  } catch (error) {
    faultOf(error);
    return false;
  }
}

export function runPython(text: string, given: ReadonlyMap<string, string>): PythonResult {
  const run = new PythonRun(given);
  let fault: PythonFault | null = null;
  try {
    run.run(parsePython(text));
  } catch (error) {
    fault = faultOf(error);
  }
  let settings: readonly PythonSetting[] = [];
  try {
    settings = settingsOf(run.globals, given, run.read);
  } catch (error) {
    fault ??= faultOf(error);
  }
  return { settings, fault, variables: run.variables };
}

export interface PythonStep {
  readonly statement: PyStatement;
  /** Names that it assigned at the top, with their values then. */
  readonly assigned: readonly PythonSetting[];
}

/** The same, statement by statement. Throws a PythonFault. */
export function* stepPython(text: string, given: ReadonlyMap<string, string>): Iterable<PythonStep> {
  const program = parsePython(text);
  // A first run tells which names are helpers.
  const first = new PythonRun(given);
  const run = new PythonRun(given);
  try {
    first.run(program);
  } catch (error) {
    throw faultOf(error);
  }
  for (const statement of program) {
    const before = new Map(run.globals.places);
    run.runOne(statement);
    const assigned = settingsOf(run.globals, given, first.read).filter(({ name }) => before.get(name) !== run.globals.places.get(name));
    yield { statement, assigned };
  }
}

function faultOf(error: unknown): PythonFault {
  if (error instanceof PythonFault) return error;
  if (error instanceof PyError) return new PythonFault('failed', error.message, { start: 0, end: 0 });
  if (error instanceof RangeError) {
    return new PythonFault('failed', rangeMessage(error), { start: 0, end: 0 });
  }
  throw error;
}

function settingsOf(globals: PyScope, given: ReadonlyMap<string, string>, read: ReadonlySet<string>): readonly PythonSetting[] {
  const settings: PythonSetting[] = [];
  parts = 0;
  for (const [name, { name: at, value: from }] of globals.places) {
    const value = given.has(name) ? undefined : plain(globals.values.get(name) ?? null);
    if (value === undefined) continue;
    settings.push({ name, value, start: at.start, end: at.end, valueStart: from.start, valueEnd: from.end, isHelper: read.has(name) });
  }
  return settings;
}

const MOST_PARTS = 1_000_000;
let parts = 0;

/** Undefined: xm takes no such value for a setting. */
function plain(value: PyValue): Value | undefined {
  if (++parts > MOST_PARTS) throw new PyError('the settings are too large');
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number') return value;
  if (!Array.isArray(value)) return undefined;
  const items = value.map((item) => (item instanceof PyTuple ? undefined : plain(item)));
  return items.every((item) => item !== undefined) ? items : undefined;
}
