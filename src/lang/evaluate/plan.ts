/**
 * What a script would do, without doing it. It is evaluated as far as it depends on nothing but itself; what only the machine can tell is an `Unknown`,
 * and a branch that depends on one is shown both ways.
 */
import type { Command, Expression, Pipeline, Statement } from '../parse/ast.ts';
import type { CommandWord } from '../host.ts';
import { Unknown, type Value } from '../values.ts';
import type { Eval } from './eval.ts';
import { evaluate } from './expressions.ts';
import { Scope, type Frame } from './frame.ts';
import { evaluatePipeline, evaluateWords, wordValue } from './pipelines.ts';
import { ScriptError } from './script-error.ts';
import { execute, executeBlock, type Flow } from './statements.ts';
import { isUnknown, valueText } from './value-text.ts';

export interface PlannedStep {
  readonly line: number;
  readonly depth: number;
  readonly text: string;
}

const MOST_STEPS = 5000;

export class Plan {
  readonly steps: PlannedStep[] = [];
  depth = 0;
  #current: { readonly start: number } = { start: 0 };
  /** Commands that only look: their answers are needed, but are no step of the plan. */
  readonly #reads: (command: string) => boolean;

  constructor(reads: (command: string) => boolean) {
    this.#reads = reads;
  }

  /** The statement that is being evaluated. */
  at(node: { readonly start: number }): void {
    this.#current = node;
  }

  reads(command: string): boolean {
    return this.#reads(command);
  }

  /** `print` knows no place of its own. */
  say(text: string, frame: Frame): void {
    this.add(`print ${JSON.stringify(text)}`, this.#current, frame);
  }

  add(text: string, node: { readonly start: number }, frame: Frame): void {
    if (this.steps.length >= MOST_STEPS) return;
    const { line } = frame.source.span(node.start, node.start);
    const last = this.steps.length === MOST_STEPS - 1;
    this.steps.push({ line, depth: this.depth, text: last ? '… and so on' : text });
  }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
const quoted = (text: string): string => (/^(?:[\w./:=,@%+-]|‹[^›"]*›)+$/.test(text) ? text : JSON.stringify(text));

function planOf(frame: Frame): Plan {
  return frame.run.plan!;
}

function* nested(heading: string | null, node: { readonly start: number }, frame: Frame, body: Eval<Flow | null>): Eval<Flow | null> {
  const plan = planOf(frame);
  if (heading !== null) plan.add(heading, node, frame);
  plan.depth++;
  try {
    return yield* body;
  } catch (error) {
    // One of two ways may end here: the plan goes on.
    if (!(error instanceof ScriptError)) throw error;
    plan.add(`stop: ${error.problem.message}`, node, frame);
    return null;
  } finally {
    plan.depth--;
  }
}

/** Undefined: the statement does nothing to the machine, and is evaluated as always. */
export function* planStatement(statement: Statement, frame: Frame): Eval<Flow | null | undefined> {
  const plan = planOf(frame);
  plan.at(statement);
  const say = (text: string): null => {
    plan.add(text, statement, frame);
    return null;
  };
  const source = (node: { readonly start: number; readonly end: number }): string => oneLine(frame.source.slice(node));
  switch (statement.kind) {
    case 'if': {
      const { condition, then, otherwise } = statement;
      if (!isUnknown(yield* evaluate(condition, frame))) return undefined;
      yield* nested(`if ${source(condition)}:`, statement, frame, executeBlock(then, frame));
      if (otherwise)
        yield* nested('else:', otherwise, frame, otherwise.kind === 'if' ? execute(otherwise, frame) : executeBlock(otherwise, frame));
      return null;
    }
    case 'while':
      if (!isUnknown(yield* evaluate(statement.condition, frame))) return undefined;
      yield* nested(`while ${source(statement.condition)}:`, statement, frame, executeBlock(statement.body, frame));
      return null;
    case 'for': {
      const items = yield* evaluate(statement.iterable, frame);
      if (!(items instanceof Unknown)) return undefined;
      const scope = new Scope(frame.scope);
      scope.declare(statement.name, new Unknown(statement.name));
      yield* nested(
        `for each ${statement.name} in ${source(statement.iterable)}:`,
        statement,
        frame,
        executeBlock(statement.body, { ...frame, scope }),
      );
      return null;
    }
    case 'every': {
      const until = statement.duration ? ` for ${valueText(yield* evaluate(statement.duration, frame))}` : '';
      const heading = `every ${valueText(yield* evaluate(statement.interval, frame))}${until}:`;
      yield* nested(heading, statement, frame, executeBlock(statement.body, frame));
      return null;
    }
    case 'parallel':
      yield* nested('at the same time:', statement, frame, executeBlock(statement.body, frame));
      return null;
    case 'on': {
      const scope = new Scope(frame.scope);
      if (statement.name !== null) scope.declare(statement.name, new Unknown(statement.name));
      yield* nested(`whenever ${source(statement.trigger)}:`, statement, frame, executeBlock(statement.body, { ...frame, scope }));
      return null;
    }
    case 'wait-for':
      if (statement.name !== null) frame.scope.declare(statement.name, new Unknown(statement.name));
      return say(`wait for ${source(statement.trigger)}${yield* within(statement.within, frame)}`);
    case 'wait':
      return say(`wait ${valueText(yield* evaluate(statement.duration, frame))}`);
    case 'wait-until':
      return say(`wait until ${source(statement.condition)}${yield* within(statement.within, frame)}`);
    case 'assert':
      return say(`check that ${source(statement.condition)}`);
    case 'console':
      return yield* nested(
        `on the console of ${valueText(yield* wordValue(statement.domain, frame))}:`,
        statement,
        frame,
        executeBlock(statement.body, frame),
      );
    case 'expect':
      return say(`expect ${valueText(yield* evaluate(statement.pattern, frame), true)}${yield* within(statement.within, frame)}`);
    case 'send':
      return say(`type ${valueText(yield* evaluate(statement.text, frame), true)}`);
    case 'inject':
      return say(source(statement));
    case 'try':
      return yield* nested('try:', statement, frame, executeBlock(statement.body, frame));
    default:
      return undefined;
  }
}

function* within(limit: Expression | null, frame: Frame): Eval<string> {
  return limit ? ` within ${valueText(yield* evaluate(limit, frame))}` : '';
}

export function* planMatch(node: Extract<Expression, { kind: 'match' }>, frame: Frame): Eval<Value> {
  planOf(frame).add(`expect ${valueText(yield* evaluate(node.pattern, frame), true)}${yield* within(node.within, frame)}`, node, frame);
  return new Unknown(oneLine(frame.source.slice(node)));
}

/** A command is written down as it would be typed; what one that only looks would answer is unknown. */
export function planCommand(name: string, words: readonly CommandWord[], command: Command, frame: Frame): Value {
  const plan = planOf(frame);
  const line = [name, ...words.map(({ text }) => quoted(text))].join(' ');
  if (plan.reads(name)) return new Unknown(line);
  plan.add(line, command, frame);
  return null;
}

/** Stages that look at rows which nobody has seen; commands among them are steps. */
export function* planStages(node: Pipeline, frame: Frame): Eval<Value> {
  for (const stage of node.stages) {
    if (stage.kind === 'command') planCommand(stage.name, yield* evaluateWords(stage.words, frame), stage, frame);
    if (stage.kind === 'save') planOf(frame).add(`write ${valueText(yield* wordValue(stage.file, frame))}`, stage, frame);
    if (stage.kind === 'each' && stage.body.kind === 'arrow') yield* planEach(stage.body, frame);
  }
  return new Unknown(oneLine(frame.source.slice(node)));
}

function* planEach({ parameters, body }: Extract<Expression, { kind: 'arrow' }>, frame: Frame): Eval<void> {
  const scope = new Scope(frame.scope);
  for (const { name } of parameters) scope.declare(name, new Unknown(name));
  const inner = { ...frame, scope, top: false };
  const heading = `for each ${parameters.map(({ name }) => name).join(', ') || 'row'}:`;
  yield* nested(heading, body, frame, body.kind === 'block' ? executeBlock(body, inner) : bodyOf(body, inner));
}

function* bodyOf(body: Expression, frame: Frame): Eval<null> {
  if (body.kind === 'pipeline') yield* evaluatePipeline(body, frame);
  else yield* evaluate(body, frame);
  return null;
}
