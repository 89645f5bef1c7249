/** What is said of the place under the mouse. */
import type { Node, Statement } from '../parse/ast.ts';
import { walk } from '../check/walk.ts';
import type { Analysis, World } from './analysis.ts';
import {
  commandDoc,
  eventDoc,
  faultDoc,
  fenced,
  functionDoc,
  globalDoc,
  keyDoc,
  memberDoc,
  numberDoc,
  optionDoc,
  stageDoc,
  statementDoc,
} from './documentation.ts';
import { meantAt, sitesOf, type Meant } from './references.ts';
import { thingAt, type Thing } from './things.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface Hover extends Node {
  readonly markdown: string;
}

/** Lines of a declaration that are shown. */
const MOST_LINES = 16;

export function hover(world: World, vocabulary: Vocabulary, file: string, offset: number): Hover | null {
  const analysis = world.analysis(file);
  if (!analysis) return null;
  const meant = meantAt(world, file, offset);
  const declared = meant && declarationDoc(world, meant, file);
  if (declared) return { ...meant.place, markdown: declared };
  const thing = thingAt(analysis.things, offset);
  const markdown = thing && thingDoc(thing, vocabulary);
  return markdown ? { start: thing.start, end: thing.end, markdown } : null;
}

function thingDoc(thing: Thing, vocabulary: Vocabulary): string | null {
  switch (thing.kind) {
    case 'keyword':
      return statementDoc(thing.text);
    case 'key':
      return keyDoc(thing.text);
    case 'value':
      return thing.key === null ? null : keyDoc(thing.key);
    case 'command':
      return functionDoc(thing.text) ?? commandDoc(thing.text, vocabulary);
    case 'option':
      return optionDoc(thing.text, thing.command, vocabulary);
    case 'stage':
      return stageDoc(thing.text);
    case 'event':
      return eventDoc(thing.text);
    case 'fault':
      return faultDoc(thing.text, vocabulary);
    case 'number':
      return numberDoc(thing.text, thing.key);
    case 'member':
      return memberDoc(thing.text, thing.of);
    case 'name':
      return functionDoc(thing.text) ?? globalDoc(thing.text);
    case 'word':
    case 'domain':
    case 'include':
      return null;
  }
}

const KINDS = {
  let: 'a variable',
  fn: 'a function',
  parameter: 'a parameter',
  loop: 'takes one value after the other',
  event: 'what happened',
} as const;

function declarationDoc(world: World, meant: Meant, from: string): string | null {
  const site =
    meant.kind === 'domain'
      ? sitesOf(world, meant, from).find(({ declares }) => declares)
      : { file: meant.file, start: meant.symbol.declarations[0]!.start };
  const analysis = site && world.analysis(site.file);
  if (!analysis) return null;
  const { source } = analysis.program;
  const statement = statementAround(analysis, site.start);
  if (!statement) return null;
  const form = arrowOf(analysis, site.start) ?? shown(statement, source.text);
  const { line } = source.span(site.start, site.start);
  const place = site.file === from ? `line ${line}` : `${site.file.replace(/^.*\//, '')}, line ${line}`;
  const said = meant.kind === 'domain' ? 'a domain' : KINDS[meant.symbol.kind];
  return [fenced(form), commentAbove(source.text, statement.start), `${said}, declared in ${place}`]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The innermost one. */
function statementAround({ program }: Analysis, offset: number): Statement | null {
  let found: Statement | null = null;
  walk(program.body, {
    statement(node) {
      if (node.start <= offset && offset <= node.end) found = node;
    },
  });
  return found;
}

/** `x => …` if `offset` is where a parameter of it is declared. */
function arrowOf({ program }: Analysis, offset: number): string | null {
  let found: string | null = null;
  walk(program.body, {
    expression(node) {
      if (node.kind === 'arrow' && node.parameters.some(({ start }) => start === offset)) found = program.source.slice(node);
    },
  });
  return found;
}

/** A domain as it stands; of a function, a loop or a handler the head; of all others the first lines. */
function shown(statement: Statement, text: string): string {
  const { kind, start, end } = statement;
  if (kind === 'fn' || kind === 'for' || kind === 'on' || kind === 'try') {
    const body = kind === 'try' ? statement.handler.start : statement.body.start;
    const from = kind === 'try' ? text.lastIndexOf('catch', body) : start;
    return `${text.slice(from, body).trimEnd()} { … }`;
  }
  const indent = /[ \t]*$/.exec(text.slice(0, start))![0];
  const lines = text.slice(start, end).split(/\r?\n/);
  const straight = lines.map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
  return lines.length > MOST_LINES ? [...straight.slice(0, MOST_LINES), '…'].join('\n') : straight.join('\n');
}

/** Comments right above a declaration say what it is for. */
export function commentAbove(text: string, start: number): string {
  const comments: string[] = [];
  let end = text.lastIndexOf('\n', start - 1);
  while (end > 0) {
    const lineStart = text.lastIndexOf('\n', end - 1) + 1;
    const comment = /^[ \t]*#+ ?(?!!)(.*)$/s.exec(text.slice(lineStart, end))?.[1];
    if (comment === undefined) break;
    comments.unshift(comment.trimEnd());
    end = lineStart - 1;
  }
  return comments.join('\n');
}
