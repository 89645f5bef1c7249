/** `console DOMAIN { expect …; send …; let m = match … }` */
import type { ConsoleStatement, Expression, Node, SendStatement } from '../parse/ast.ts';
import { formatQuantity } from '../units/units.ts';
import { Quantity } from '../values.ts';
import { Dialogue } from './dialogue.ts';
import { wait, type Eval } from './eval.ts';
import { asking, evaluate, hostAt, placedError } from './expressions.ts';
import { Scope, spanOf, type Frame } from './frame.ts';
import { step, wordValue } from './pipelines.ts';
import { scriptError } from './script-error.ts';
import { executeBlock, type Flow } from './statements.ts';
import { typeName, valueText } from './value-text.ts';
import { checkCancelled, durationNs } from './waits.ts';

const DEFAULT_NS = 10e9;

export function* converse(node: ConsoleStatement, frame: Frame): Eval<Flow | null> {
  const name = valueText(yield* wordValue(node.domain, frame));
  const dialogue = yield* asking(node.domain, frame, wait(dialogueWith(name, node, frame)));
  return yield* executeBlock(node.body, { ...frame, dialogue, scope: new Scope(frame.scope), top: false });
}

/** One a domain and run: a second block goes on where the first one stopped reading. The first one starts with what was printed before. */
async function dialogueWith(name: string, node: Node, frame: Frame): Promise<Dialogue> {
  const { dialogues } = frame.run;
  const known = dialogues.get(name);
  // A domain that ended may have come again: its new console is another one.
  if (known && !(await known).ended) return await known;
  const opened = hostAt(node, frame)
    .console(name, 'start')
    .then((console) => new Dialogue(name, console));
  dialogues.set(name, opened);
  opened.catch(() => dialogues.delete(name));
  return await opened;
}

function dialogueAt(node: Node, frame: Frame, what: string): Dialogue {
  if (frame.dialogue) return frame.dialogue;
  throw scriptError('misplaced', spanOf(frame, node), `'${what}' is only possible in a console block`, {
    help: `console DOMAIN { ${what} … }`,
  });
}

export function* expectPattern(
  node: Node & { readonly kind: 'expect' | 'match'; readonly pattern: Expression; readonly within: Expression | null },
  frame: Frame,
): Eval<RegExpExecArray> {
  const dialogue = dialogueAt(node, frame, node.kind);
  const { clock } = hostAt(node, frame);
  const value = yield* evaluate(node.pattern, frame);
  if (typeof value !== 'string' && !(value instanceof RegExp))
    throw scriptError('type-error', spanOf(frame, node.pattern), `a pattern or a text is needed, not ${typeName(value)}`);
  const pattern = value instanceof RegExp ? value : new RegExp(value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const limitNs = node.within ? yield* durationNs(node.within, frame) : DEFAULT_NS;
  const now = yield* wait(clock.now());
  // The timer is given up as soon as the pattern is there.
  const done = new AbortController();
  const signal = AbortSignal.any([frame.run.signal, done.signal]);
  let match: RegExpExecArray | null;
  try {
    const deadline = clock.sleepUntil(now + limitNs, signal).catch(() => undefined);
    match = yield* wait(dialogue.expect(pattern, deadline));
  } catch (error) {
    throw placedError(error, node.pattern, frame);
  } finally {
    done.abort();
  }
  checkCancelled(node, frame);
  step(frame, 'expect', node, match !== null);
  if (match) return match;
  const tail = dialogue.tail();
  const help = tail === '' ? 'nothing was printed' : `last seen: ${JSON.stringify(tail)}`;
  const wanted = value instanceof RegExp ? String(value) : JSON.stringify(value);
  if (dialogue.ended)
    throw scriptError('console-ended', spanOf(frame, node.pattern), `the console of '${dialogue.domain}' ended without ${wanted}`, {
      help,
      cause: dialogue.failure,
    });
  throw scriptError(
    'timed-out',
    spanOf(frame, node.pattern),
    `no ${wanted} on the console of '${dialogue.domain}' within ${formatQuantity(new Quantity('ns', limitNs))}`,
    { help },
  );
}

export function* sendText(node: SendStatement, frame: Frame): Eval<void> {
  const dialogue = dialogueAt(node, frame, 'send');
  const text = valueText(yield* evaluate(node.text, frame));
  yield* asking(node, frame, wait(dialogue.send(text)));
  step(frame, 'send', node, true);
}
