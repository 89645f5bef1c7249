/** An xl.cfg to its settings: synchronous and pure. */
import { COMMAND_LINE } from '../host.ts';
import type { ConfigEntry, ConfigRecord } from '../host.ts';
import { driveSync } from '../evaluate/eval.ts';
import { placedError } from '../evaluate/expressions.ts';
import { createSession, type Frame, type Run } from '../evaluate/frame.ts';
import { ScriptError, scriptError } from '../evaluate/script-error.ts';
import { executeAll } from '../evaluate/statements.ts';
import type { Expression, Parsed, Statement } from '../parse/ast.ts';
import { configKey } from '../keys/config-keys.ts';
import { parse } from '../parse/parse.ts';
import { Source } from '../parse/source.ts';
import type { Problem } from '../problem.ts';
import { isError, problemOf } from '../problems/problem-of.ts';
import { PROBLEMS } from '../problems/table.ts';
import { looksLikePython, runPython } from '../python/index.ts';

export interface ConfigContext {
  /** Tells what real xl would reject although its meaning is plain. */
  readonly strictXl?: boolean;
  /** guest("pebble"): the path of a kernel that ships with the project. Throws when there is none. */
  guest?(name: string): string;
}

export interface EvaluatedConfig {
  readonly config: ConfigRecord;
  readonly problems: readonly Problem[];
}

/** `overrides` are the words after the file, `memory=64`: appended, so they win. A word that is no value of the grammar is a text: name=web. */
export function evaluateConfig(
  text: string,
  file: string,
  overrides: readonly string[] = [],
  context: ConfigContext = {},
): EvaluatedConfig {
  const entries = new Map<string, ConfigEntry>();
  const parsed = parse(text, file, { dialect: 'config' });
  const told = context.strictXl ? parsed.problems : parsed.problems.filter(({ code }) => code !== PROBLEMS['not-xl'].code);
  const problems = [...told, ...execute(parsed, entries, context)];
  const python = problems.some(isError) && looksLikePython(text) ? evaluatePython(parsed.program.source, overrides, context) : null;
  if (python) {
    entries.clear();
    for (const [key, entry] of python.entries) entries.set(key, entry);
    problems.splice(0, Infinity, ...python.problems);
  }
  for (const word of overrides) {
    if (python?.given.has(OVERRIDE.exec(word)?.[1] ?? '')) continue;
    const override = parseOverride(word);
    problems.push(...override.problems.filter(isError), ...execute(override, entries, context));
  }
  return { config: { file, entries }, problems };
}

interface EvaluatedPython {
  readonly entries: ReadonlyMap<string, ConfigEntry>;
  readonly problems: readonly Problem[];
  /** Words of the command line that are names of the file, not keys. */
  readonly given: ReadonlySet<string>;
}

/** An old xm file: a program of Python. Null: it is none that can be read. */
function evaluatePython(source: Source, overrides: readonly string[], { strictXl }: ConfigContext): EvaluatedPython | null {
  const given = new Map(overrides.flatMap((word) => givenValue(word)));
  const { settings, fault, variables } = runPython(source.text, given);
  if (fault?.kind === 'syntax') return null;
  const entries = new Map<string, ConfigEntry>();
  for (const { name, value, start, end, valueStart, valueEnd, isHelper } of settings) {
    // xm's word for a paravirtual domain, which xl does not know.
    if ((isHelper && !configKey(name)) || (name === 'builder' && value === 'linux')) continue;
    entries.set(name, { value, span: source.span(start, end), valueSpan: source.span(valueStart, valueEnd) });
  }
  const problems: Problem[] = [];
  if (strictXl) problems.push(problemOf('not-xl', source.span(0, 0), 'this is a program of Python', 'xl would reject this'));
  if (fault) problems.push(problemOf('python', source.span(fault.start, fault.end), fault.message, fault.instead));
  const names = new Set(variables.map(({ name }) => name));
  return { entries, problems, given: new Set([...given.keys()].filter((name) => names.has(name) || !configKey(name))) };
}

function givenValue(word: string): readonly (readonly [string, string])[] {
  const [, key, sign, value = ''] = OVERRIDE.exec(word) ?? [];
  return key === undefined || sign !== '=' ? [] : [[key, value.replace(/^(["'])(.*)\1$/s, '$2')]];
}

/** Each line on its own: one mistake does not hide the next. */
function execute({ program }: Parsed, entries: Map<string, ConfigEntry>, context: ConfigContext): Problem[] {
  const problems: Problem[] = [];
  const { source, body } = program;
  const run: Run = {
    plan: null,
    host: null,
    signal: NEVER,
    session: createSession(),
    dialogues: new Map(),
    steps: [],
    guest(name) {
      if (!context.guest) throw new Error(`there is no guest '${name}'`);
      return context.guest(name);
    },
    onValue: () => undefined,
    onStep: () => undefined,
    count: 0,
    turned: 0,
    sinceMachine: 0,
    built: 0,
    depth: 0,
  };
  const frame: Frame = {
    run,
    source,
    files: [source.file],
    dialect: 'config',
    scope: run.session.scope,
    entries,
    dialogue: null,
    row: null,
    trace: null,
    top: false,
  };
  for (const statement of body) {
    if (!EXECUTABLE.has(statement.kind)) continue;
    try {
      driveSync(executeAll([statement], frame), () =>
        scriptError('not-in-config', source.spanOf(statement), 'a configuration cannot wait'),
      );
    } catch (error) {
      const placed = placedError(error, statement, frame);
      if (!(placed instanceof ScriptError)) throw placed;
      if (!isMadeOfBroken(statement)) for (const problem of placed.problems) problems.push(problem);
    }
  }
  return problems;
}

const NEVER = new AbortController().signal;
const EXECUTABLE: ReadonlySet<Statement['kind']> = new Set(['assign', 'let', 'if', 'for', 'while', 'fn']);

/** Its mistake was told when it was read. */
function isMadeOfBroken(statement: Statement): boolean {
  const broken = (value: Expression): boolean =>
    value.kind === 'broken' || value.kind === 'map' || (value.kind === 'list' && value.items.some(broken));
  return statement.kind === 'assign' && broken(statement.value);
}

const OVERRIDE = /^([A-Za-z][\w.]*)\s*(\+?=)(.*)$/s;
const LITERALS: ReadonlySet<Expression['kind']> = new Set(['string', 'number', 'list', 'call']);

function parseOverride(word: string): Parsed {
  const parsed = parse(word, COMMAND_LINE, { dialect: 'config' });
  const isLiteral = (statement: Statement): boolean =>
    statement.kind === 'assign' && (LITERALS.has(statement.value.kind) || isNegative(statement.value));
  if (!parsed.problems.some(isError) && parsed.program.body.every(isLiteral)) return parsed;
  const [, key, sign, value] = OVERRIDE.exec(word) ?? [];
  if (key === undefined || /^\s*["'[]/.test(value!)) return parsed;
  const start = word.length - value!.length;
  const assignment: Statement = {
    kind: 'assign',
    key,
    keyEnd: key.length,
    append: sign === '+=',
    start: 0,
    end: word.length,
    value: { kind: 'string', value: value!, start, end: word.length },
  };
  return { program: { source: new Source(COMMAND_LINE, word), dialect: 'config', body: [assignment] }, problems: [] };
}

function isNegative(value: Expression): boolean {
  return value.kind === 'unary' && value.operator === '-' && value.operand.kind === 'number';
}
