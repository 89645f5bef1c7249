/** The outline of an old xm file: its names, from the text alone, since it may want values that only a command line has. */
import type { PyStatement } from '../python/ast.ts';
import { isPython } from '../python/index.ts';
import { parsePython } from '../python/parse.ts';
import { short, type OutlineItem } from './outline.ts';

/** Null: it is none that can be read. */
export function pythonOutline(text: string): readonly OutlineItem[] | null {
  return isPython(text) ? parsePython(text).flatMap((statement) => itemsOf(statement, text)) : null;
}

function itemsOf(node: PyStatement, text: string): readonly OutlineItem[] {
  const { start, end } = node;
  switch (node.kind) {
    case 'assign':
      return node.targets.flatMap((target) =>
        target.kind === 'name'
          ? [
              {
                kind: 'key',
                name: target.name,
                detail: short(text.slice(node.value.start, node.value.end)),
                start,
                end,
                nameStart: target.start,
                nameEnd: target.end,
                children: [],
              },
            ]
          : [],
      );
    case 'def': {
      const nameStart = text.indexOf(node.name, start + 'def'.length);
      const detail = `(${node.parameters.map(({ name }) => name).join(', ')})`;
      return [{ kind: 'function', name: node.name, detail, start, end, nameStart, nameEnd: nameStart + node.name.length, children: [] }];
    }
    case 'if':
      return node.branches.flatMap(({ body }) => body.flatMap((statement) => itemsOf(statement, text)));
    case 'for':
    case 'while':
      return node.body.flatMap((statement) => itemsOf(statement, text));
    default:
      return [];
  }
}
