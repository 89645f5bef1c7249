/** A program on a machine: the way in for scripts and for lines of the prompt. */
import type { ScriptHost } from '../host.ts';
import type { Program } from '../parse/ast.ts';
import type { Problem, Span } from '../problem.ts';
import type { Value } from '../values.ts';
import type { ConfigEntry } from '../host.ts';
import { drive } from './eval.ts';
import { serviceInterrupts } from './event-statements.ts';
import { placedError } from './expressions.ts';
import { createSession, type Frame, type Run, type Session, type Step } from './frame.ts';
import type { Plan } from './plan.ts';
import { scriptError, ScriptError } from './script-error.ts';
import { executeAll } from './statements.ts';

export interface RunOptions {
  readonly signal: AbortSignal;
  /** Variables, functions and declarations that outlive this run: the prompt's. */
  readonly session?: Session;
  /** Nothing is done: what would be is written here. */
  readonly plan?: Plan;
  /** A result for the person, as it comes: of commands anywhere, of expressions at the top. Awaited. */
  onValue?(value: Value): Promise<void> | void;
  onStep?(step: Step): void;
  /** With a session: what a handler of it came to between two lines, when it failed. */
  onHandlerFailure?(failure: Failure): void;
}

export interface Failure {
  /** The command's own code ('no-such-domain'), or the kind of problem ('assertion-failed', 'timed-out', 'cancelled', …). */
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly span: Span;
  /** Several only for a declaration with several mistakes. */
  readonly problems: readonly Problem[];
  /** What the host threw, as it was. */
  readonly cause: unknown;
}

export interface RunResult {
  readonly ok: boolean;
  /** Of the last expression or command at the top; null: it had none. */
  readonly value: Value;
  readonly failure: Failure | null;
  readonly steps: readonly Step[];
}

/** Never rejects for what a script or the machine did wrong: that is a failure in the result. */
export async function run(program: Program, host: ScriptHost, options: RunOptions): Promise<RunResult> {
  const { signal, session = createSession(), onValue, onStep } = options;
  let last: Value = null;
  const state: Run = {
    plan: options.plan ?? null,
    host,
    signal,
    session,
    dialogues: new Map(),
    steps: [],
    guest: (name) => host.guest(name),
    onValue(value) {
      last = value;
      return onValue?.(value);
    },
    onStep: (step) => onStep?.(step),
    count: 0,
    turned: 0,
    sinceMachine: 0,
    built: 0,
    depth: 0,
  };
  const { source, dialect, body } = program;
  const entries = dialect === 'config' ? new Map<string, ConfigEntry>() : null;
  const frame: Frame = {
    run: state,
    source,
    files: [source.file],
    dialect,
    scope: session.scope,
    entries,
    dialogue: null,
    row: null,
    trace: null,
    top: true,
  };
  session.interrupts.onEvent = null;
  try {
    const flow = await drive(executeAll(body, frame));
    if (flow?.kind === 'return') last = flow.value;
    return { ok: true, value: last, failure: null, steps: state.steps };
  } catch (error) {
    return { ok: false, value: null, failure: failureOf(error, frame), steps: state.steps };
  } finally {
    if (options.session) {
      // At the prompt handlers and faults outlive the line.
      const idle = { ...state, signal: NEVER };
      const report = (failure: Failure): void => options.onHandlerFailure?.(failure);
      session.interrupts.onEvent = () => void serveIdle({ ...frame, run: idle }, report);
      session.interrupts.onEvent();
    } else await session.interrupts.close().catch(() => undefined);
    for (const dialogue of state.dialogues.values()) void dialogue.then((opened) => opened.close()).catch(() => undefined);
  }
}

const NEVER = new AbortController().signal;
const IDLE_POLL_NS = 50e6;

/** Handlers between two lines of the prompt. The machine is looked at only if something is waited for that it does not tell. */
async function serveIdle(frame: Frame, report: (failure: Failure) => void): Promise<void> {
  const { interrupts } = frame.run.session;
  const mine = interrupts.onEvent;
  const nowhere = { start: 0, end: 0 };
  try {
    do {
      await drive(serviceInterrupts(nowhere, frame));
      if (!interrupts.needsLooking || interrupts.onEvent !== mine) return;
      const { clock } = frame.run.host!;
      await clock.sleepUntil((await clock.now()) + IDLE_POLL_NS, frame.run.signal);
    } while (interrupts.onEvent === mine);
  } catch (error) {
    report(failureOf(error, frame));
  }
}

function failureOf(error: unknown, frame: Frame): Failure {
  const placed = placedError(error, { start: 0, end: 0 }, frame);
  const known = placed instanceof ScriptError ? placed : unknownError(placed, frame);
  const { code, message, hint, problems, problem, cause } = known;
  return { code, message, hint, span: problem.span, problems, cause };
}

function unknownError(error: unknown, frame: Frame): ScriptError {
  if (frame.run.signal.aborted) return scriptError('cancelled', frame.source.span(0, 0), 'cancelled', { cause: error });
  return scriptError('host-failed', frame.source.span(0, 0), error instanceof Error ? error.message : String(error), {
    code: 'internal',
    cause: error,
  });
}
