/** Commands and pipelines. */
import type { CommandCall, CommandSignature, CommandWord } from '../host.ts';
import type { Command, Pipeline, Word } from '../parse/ast.ts';
import { didYouMean } from '../problems/did-you-mean.ts';
import { parseNumber } from '../units/units.ts';
import { Unknown, type Value } from '../values.ts';
import { BUILTIN_BY_NAME } from './builtins.ts';
import { wait, type Eval } from './eval.ts';
import { asking, calling, evaluate, hostAt, lookUp, unknownName } from './expressions.ts';
import { spanOf, type Frame, type Step } from './frame.ts';
import { callFunction } from './functions.ts';
import { negate } from './operators.ts';
import { ScriptError, scriptError } from './script-error.ts';
import { planCommand, planStages } from './plan.ts';
import { applyStage, STAGE_NAMES } from './stages.ts';
import { isCallable, isList, valueText } from './value-text.ts';

export function* evaluatePipeline(node: Pipeline, frame: Frame): Eval<Value> {
  const { head, stages } = node;
  let value: Value;
  if (head.kind === 'command') value = yield* runCommand(head, frame, null, false);
  else if (head.kind === 'name') value = yield* nameOrCommand(head.name, head, frame);
  else value = yield* evaluate(head, frame);
  if (value instanceof Unknown && stages.length > 0) return yield* planStages(node, frame);
  for (const stage of stages)
    value = stage.kind === 'command' ? yield* runCommand(stage, frame, value, true) : yield* applyStage(stage, value, frame);
  return value;
}

/** `list` where a value is wanted is the command's table, unless something else is called so. */
function* nameOrCommand(name: string, node: Pipeline['head'], frame: Frame): Eval<Value> {
  const value = yield* asking(node, frame, lookUp(name, frame));
  if (value !== undefined) return value;
  if (frame.run.host && findCommand(name, frame))
    return yield* runCommand(
      { kind: 'command', name, nameStart: node.start, words: [], start: node.start, end: node.end },
      frame,
      null,
      false,
    );
  throw unknownName(name, node, frame);
}

/** By its name, or by a beginning that only one command has. */
export function findCommand(name: string, frame: Frame): CommandSignature | null {
  const commands = frame.run.host?.commands();
  const exact = commands?.get(name);
  if (exact || !commands) return exact ?? null;
  const beginning = new Map(
    [...commands].flatMap(([spelling, signature]) => (spelling.startsWith(name) ? [[signature.name, signature] as const] : [])),
  );
  return beginning.size === 1 ? [...beginning.values()][0]! : null;
}

function* runCommand(command: Command, frame: Frame, input: Value, inPipe: boolean): Eval<Value> {
  const { name, words } = command;
  const known = inPipe ? undefined : (frame.scope.get(name) ?? undefined);
  if (known !== undefined && (isCallable(known) || words.length === 0))
    return isCallable(known) ? yield* callAsCommand(known, command, frame) : known;
  const nameSpan = { start: command.nameStart, end: command.nameStart + name.length };
  const signature = findCommand(name, frame);
  if (signature) return yield* invoke(command, signature, frame, input);
  if (!inPipe && BUILTIN_BY_NAME.has(name)) {
    const builtin = (yield* lookUp(name, frame))!;
    if (isCallable(builtin)) return yield* callAsCommand(builtin, command, frame);
  }
  const value = words.length === 0 && !inPipe ? yield* asking(nameSpan, frame, lookUp(name, frame)) : undefined;
  if (value !== undefined) return value;
  const candidates = [
    ...(frame.run.host?.commands().keys() ?? []),
    ...BUILTIN_BY_NAME.keys(),
    ...frame.scope.names(),
    ...(inPipe ? STAGE_NAMES : KEYWORDS),
  ];
  throw scriptError(
    'unknown-command',
    spanOf(frame, nameSpan),
    inPipe ? `'${name}' is neither a stage nor a command` : `unknown command '${name}'`,
    {
      help: didYouMean(name, candidates) ?? "'help' lists the commands",
    },
  );
}

const KEYWORDS = ['let', 'if', 'for', 'while', 'fn', 'domain', 'wait', 'assert', 'console', 'return', 'throw', 'try', 'include'] as const;

function* callAsCommand(callable: Parameters<typeof callFunction>[0], command: Command, frame: Frame): Eval<Value> {
  const words = yield* evaluateWords(command.words, frame);
  return yield* calling(command, frame, callFunction(callable, words.map(functionWord), frame.run));
}

/** A function takes values: what is written like a number is one, `add 5 6`, `pause_for web 10s`. */
function functionWord({ value, quoted }: CommandWord): Value {
  if (typeof value !== 'string' || quoted) return value;
  const [, sign = '', digits = ''] = NUMBER_WORD.exec(value) ?? [];
  const number = digits === '' ? null : parseNumber(digits);
  return number === null ? value : sign === '-' ? negate(number) : number;
}
const NUMBER_WORD = /^(-?)(\d\S*)$/;

function* invoke(command: Command, { name }: CommandSignature, frame: Frame, input: Value): Eval<Value> {
  const host = hostAt(command, frame);
  const { run } = frame;
  const words = yield* evaluateWords(command.words, frame);
  if (run.plan) return planCommand(name, words, command, frame);
  const span = spanOf(frame, command);
  const call: CommandCall = { name, words, span, input, declarations: run.session.declarations };
  try {
    const value = yield* wait(host.invoke(call, run.signal));
    step(frame, 'command', command, true);
    return value;
  } catch (error) {
    step(frame, 'command', command, false);
    throw commandError(error, command, frame);
  }
}

/** The command's own code, message and hint, at the command's place unless it names a better one. */
function commandError(error: unknown, command: Command, frame: Frame): unknown {
  if (error instanceof ScriptError) return error;
  const span = spanOf(frame, command);
  if (frame.run.signal.aborted) return scriptError('cancelled', span, 'cancelled', { cause: error });
  if (!(error instanceof Error)) return error;
  const { code, hint, span: own } = error as { readonly code?: unknown; readonly hint?: unknown; readonly span?: typeof span | null };
  return scriptError('command-failed', own && own.file === span.file ? own : span, error.message, {
    cause: error,
    help: typeof hint === 'string' ? hint : null,
    code: typeof code === 'string' ? code : 'failed',
  });
}

export function step(
  frame: Frame,
  kind: Step['kind'],
  node: Pipeline['head'] | { readonly start: number; readonly end: number },
  ok: boolean,
): void {
  const text = frame.source.slice(node).split('\n', 1)[0]!;
  const done: Step = { kind, text, span: spanOf(frame, node), ok };
  frame.run.steps.push(done);
  frame.run.onStep(done);
}

export function* evaluateWords(words: readonly Word[], frame: Frame): Eval<readonly CommandWord[]> {
  const evaluated: CommandWord[] = [];
  for (const word of words) {
    const span = spanOf(frame, word);
    const value = yield* wordValue(word, frame);
    // A list is as many words: destroy $guests.
    if (isList(value) && !word.quoted) for (const item of value) evaluated.push({ text: valueText(item), value: item, quoted: true, span });
    else evaluated.push({ text: valueText(value), value, quoted: word.quoted, span });
  }
  return evaluated;
}

/** One expression keeps its value; several pieces make a text. */
export function* wordValue({ pieces }: Word, frame: Frame): Eval<Value> {
  const [only] = pieces;
  if (pieces.length === 1 && typeof only !== 'string') return yield* evaluate(only!, frame);
  let text = '';
  for (const piece of pieces) text += typeof piece === 'string' ? piece : valueText(yield* evaluate(piece, frame));
  return text;
}
