/** Words of command lines: unknown options, and words that look like an expression but are text. */
import type { CommandWord, ScriptHost } from '../host.ts';
import { BUILTIN_BY_NAME } from '../evaluate/builtins.ts';
import type { Command, Node, Word } from '../parse/ast.ts';
import type { Source } from '../parse/source.ts';
import { DOMAIN_SAMPLES } from './samples.ts';

export interface WordFault {
  readonly place: Node;
  readonly message: string;
  readonly help: string | null;
}

/** By the rules of the command itself. How many words there are is only known if all of them are written out. */
export function wrongWords(
  { name, words, nameStart, end }: Command,
  source: Source,
  host: Pick<ScriptHost, 'commands' | 'checkCall'>,
): WordFault | null {
  if (!host.checkCall) return null;
  const isWritten = words.every(({ pieces }) => pieces.every((piece) => typeof piece === 'string'));
  const typed = words.map((word) => plainWord(word, source));
  const fault = host.checkCall(name, typed);
  if (!fault) return null;
  const at = fault.span ? typed.findIndex(({ span }) => span === fault.span) : -1;
  if (!isWritten && !(at >= 0 && typed[at]!.text.startsWith('-') && !typed[at]!.quoted)) return null;
  const word = words[at];
  return {
    place: word ?? { start: nameStart, end: words.length === 0 ? end : nameStart + name.length },
    message: fault.message,
    help: fault.hint,
  };
}

function plainWord(word: Word, source: Source): CommandWord {
  const [first] = word.pieces;
  const text = word.pieces.map((piece) => (typeof piece === 'string' ? piece : 'x')).join('');
  return { text, value: text, quoted: word.quoted || typeof first !== 'string', span: source.spanOf(word) };
}

/** `"web-$i"`, with a variable of that name: as other shells write it, but here it is text. */
export function* dollars(node: Node, source: Source, isVariable: (name: string) => boolean): Generator<WordFault> {
  const text = source.slice(node);
  if (!text.startsWith('"')) return;
  for (const { index, groups } of text.matchAll(DOLLAR)) {
    const name = groups!['name']!;
    const place = { start: node.start + index, end: node.start + index + 1 + name.length };
    if (isVariable(name)) yield { place, message: `between quotation marks '$${name}' is text`, help: `\${${name}} is its value` };
  }
}
const DOLLAR = /(?<!\\)\$(?<name>[A-Za-z_]\w*)/g;

const CALL = /^([A-Za-z_]\w*)(?:\(|\[|\.[A-Za-z_]\w*(?:$|[.([]))/;

/** Of what `catch` and handlers are given. No file name ends in them. */
const FIELDS: ReadonlySet<string> = new Set(['message', 'code', 'hint', 'reason', 'event']);

/** `print now()`, `print m[1]`, `$d.name`: in a command line these are text. */
export function textForValue(word: Word, source: Source, isVariable: (name: string) => boolean): WordFault | null {
  if (word.quoted) return null;
  const written = source.slice(word);
  const [first, second] = word.pieces;
  if (typeof first === 'object' && first.kind === 'name' && typeof second === 'string') {
    const property = /^\.([A-Za-z_]\w*)/.exec(second)?.[1];
    const isField = property !== undefined && (Object.hasOwn(DOMAIN_SAMPLES, property) || FIELDS.has(property));
    if (!(isField || /^\[(?:\d+|-\d+)\]/.test(second)) || !written.startsWith('$')) return null;
    return { place: word, message: `this is '$${first.name}' and the text '${second}'`, help: `\${${written.slice(1)}}` };
  }
  const name = CALL.exec(written)?.[1];
  if (name === undefined) return null;
  const isCall = written[name.length] === '(' && BUILTIN_BY_NAME.has(name);
  if (!isCall && !isVariable(name)) return null;
  return {
    place: word,
    message: `in a command line this is text, not the value of ${written}`,
    help: `put it into brackets: (${written})`,
  };
}
