import { Table, type Column } from '../../lang/values.ts';
import type { XenstoreNode } from '../../dom0/toolstack/types.ts';
import type { Command } from './command.ts';
import { absolutePath, escapeValue } from './xenstore-paths.ts';

const COLUMNS: readonly Column[] = [
  { name: 'path', title: 'Path', type: 'text' },
  { name: 'value', title: 'Value', type: 'text' },
  { name: 'permissions', title: 'Permissions', type: 'text' },
];

/** Where permissions stand; the original counts from the path's end when it prints whole paths. */
const PERMISSIONS_AT = { indented: 60, fullPaths: 80 };

export function xenstoreTree(
  root: string,
  nodes: readonly XenstoreNode[],
  { fullPaths, permissions }: { readonly fullPaths: boolean; readonly permissions: boolean },
): string {
  const rootDepth = root === '/' ? 0 : root.split('/').length - 1;
  const lines = nodes.map((node) => {
    const names = node.path.split('/');
    const indent = ' '.repeat(names.length - 2 - rootDepth);
    const value = ` = "${escapeValue(node.value)}"`;
    const line = (fullPaths ? node.path : indent + names.at(-1)!) + value;
    if (!permissions) return `${line}\n`;
    const end = fullPaths ? PERMISSIONS_AT.fullPaths : PERMISSIONS_AT.indented;
    let dots = ' ';
    for (let column = (fullPaths ? value.length : line.length) + 1; column < end; column++) dots += column % 2 === 1 ? '.' : ' ';
    return `${line}${dots}  (${node.permissions})\n`;
  });
  return lines.join('');
}

export const xenstoreLs: Command = {
  name: 'xenstore-ls',
  group: 'host',
  summary: 'Print a part of xenstore as a tree',
  positionals: [{ name: 'path', kind: 'xenstore-path', summary: 'where to begin; / without one', required: false }],
  options: [
    { long: 'full', short: 'f', summary: 'whole paths, no indentation', value: null },
    { long: 'permissions', short: 'p', summary: 'permissions too', value: null },
  ],
  effect: 'reads',
  examples: [
    { run: 'xenstore-ls /local/domain/1', says: 'what a domain and its devices see' },
    { run: 'xenstore-ls -f | where value =~ /vbd/', says: 'a search' },
  ],
  async run({ toolstack }, args) {
    const root = absolutePath(args.text('path') ?? '/');
    const nodes = await toolstack.xenstoreList(root);
    const rows = nodes.map(({ path, value, permissions }) => ({ path, value, permissions }));
    const text = xenstoreTree(root, nodes, { fullPaths: args.flag('full'), permissions: args.flag('permissions') });
    return { kind: 'text', text, value: new Table(COLUMNS, rows) };
  },
};
