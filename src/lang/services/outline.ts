/** What a text declares, one inside the other: the outline that editors show. */
import type { Node, Program, Statement } from '../parse/ast.ts';
import { blocksOf } from '../check/flow.ts';
import { pythonOutline } from './python-outline.ts';

export interface OutlineItem extends Node {
  readonly name: string;
  readonly detail: string;
  readonly kind: 'domain' | 'function' | 'variable' | 'handler' | 'key';
  /** The name itself. */
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly children: readonly OutlineItem[];
}

const LONGEST_DETAIL = 60;

export function outline({ body, dialect, source }: Program): readonly OutlineItem[] {
  const isPython = dialect === 'config' && body.some(({ kind }) => kind === 'broken');
  return (isPython ? pythonOutline(source.text) : null) ?? itemsOf(body, source.text, dialect === 'config' ? 'config' : 'top');
}

type Where = 'top' | 'config' | 'domain' | 'inside';

function itemsOf(body: readonly Statement[], text: string, where: Where): readonly OutlineItem[] {
  return body.flatMap((statement) => itemOf(statement, text, where));
}

function itemOf(node: Statement, text: string, where: Where): readonly OutlineItem[] {
  const { start, end } = node;
  const item = (
    kind: OutlineItem['kind'],
    name: string,
    place: Node,
    detail: string,
    children: readonly OutlineItem[] = [],
  ): OutlineItem[] => [{ kind, name: name === '' ? '…' : name, detail, start, end, nameStart: place.start, nameEnd: place.end, children }];
  const named = (name: string): Node => {
    const at = text.indexOf(name, start + 2);
    return { start: at, end: at + name.length };
  };
  const inBlocks = (): readonly OutlineItem[] =>
    blocksOf(node).flatMap((block) => itemsOf(block.body, text, where === 'domain' ? 'domain' : 'inside'));
  switch (node.kind) {
    case 'assign': {
      if (where !== 'config' && where !== 'domain') return [];
      return item('key', node.key, { start, end: node.keyEnd }, short(text.slice(node.value.start, node.value.end)));
    }
    case 'let':
      return where === 'top' ? item('variable', node.name, named(node.name), short(text.slice(node.value.start, node.value.end))) : [];
    case 'fn': {
      const parameters = node.parameters.map((parameter) => parameter.name).join(', ');
      return item('function', node.name, named(node.name), `(${parameters})`, inBlocks());
    }
    case 'domain': {
      const name = text.slice(node.name.start, node.name.end).replace(/^(["'])(.*)\1$/s, '$2');
      return item('domain', name, node.name, '', itemsOf(node.body.body, text, 'domain'));
    }
    case 'on': {
      const { trigger } = node;
      return item('handler', `on ${text.slice(trigger.start, trigger.end)}`, trigger, '', inBlocks());
    }
    case 'every':
      return item('handler', text.slice(start, node.body.start).trim(), { start, end: start + 'every'.length }, '', inBlocks());
    case 'if':
      return [...inBlocks(), ...(node.otherwise?.kind === 'if' ? itemOf(node.otherwise, text, where) : [])];
    default:
      return inBlocks();
  }
}

export function short(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > LONGEST_DETAIL ? `${line.slice(0, LONGEST_DETAIL - 1)}…` : line;
}
