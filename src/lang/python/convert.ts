/**
 * An old xm file as a modern configuration: settings as the values that they came to, in the places where they stood, with the comments around them.
 * What only xm knew becomes what xl has in its place.
 */
import { configKey } from '../keys/config-keys.ts';
import type { Value } from '../values.ts';
import type { PyExpression, PyStatement } from './ast.ts';
import { stepPython } from './index.ts';
import { modernised, Leftovers, type ModernSetting } from './modernise.ts';

export interface Converted {
  readonly text: string;
  /** What was left out or has become something else, for the person. */
  readonly notes: readonly string[];
}

/** `given`: values for names that the file asks for. Throws a PythonFault. */
export function convertXm(text: string, given: ReadonlyMap<string, string>): Converted {
  const source = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const leftovers = new Leftovers();
  let result = '';
  let end = 0;
  for (const { statement, assigned } of stepPython(source, given)) {
    const settings = assigned.filter(({ name, isHelper }) => configKey(name) !== undefined || !isHelper);
    const fixed = givenTo(statement, given);
    const all: readonly ModernSetting[] = [...settings.map(({ name, value }) => ({ key: name, value })), ...fixed];
    const start = source.lastIndexOf('\n', statement.start - 1) + 1;
    const stop = lineEnd(source, statement);
    result += source.slice(end, Math.max(end, start));
    end = Math.max(end, stop);
    const modern = all.flatMap((setting) => modernised(setting, leftovers));
    const [only] = modern;
    const comment = commentBehind(source, statement);
    if (
      modern.length === 1 &&
      all.length === 1 &&
      only!.key === all[0]!.key &&
      isPlain(statement) &&
      fixed.length === 0 &&
      only!.value === all[0]!.value
    )
      result += source.slice(start, stop);
    else if (modern.length > 0) result += `${modern.map(line).join('\n')}${comment}\n`;
    else if (comment !== '') result += `${comment.trimStart()}\n`;
  }
  result += source.slice(end);
  for (const setting of leftovers.settings()) result += `${result.endsWith('\n') || result === '' ? '' : '\n'}${line(setting)}\n`;
  return { text: `${result.replace(/\n{4,}/g, '\n\n\n').trim()}\n`, notes: leftovers.notes };
}

/** A key that the command line gave its value: the file's own does not count. */
function givenTo(statement: PyStatement, given: ReadonlyMap<string, string>): readonly ModernSetting[] {
  if (statement.kind !== 'assign') return [];
  return statement.targets.flatMap((target) => {
    const value = target.kind === 'name' ? given.get(target.name) : undefined;
    return value === undefined || target.kind !== 'name' || !configKey(target.name) ? [] : [{ key: target.name, value }];
  });
}

/** Behind the line's end; of a block behind its last line. */
function lineEnd(text: string, { end }: PyStatement): number {
  const from = text[end - 1] === '\n' ? end - 1 : end;
  const newline = text.indexOf('\n', from);
  return newline < 0 ? text.length : newline + 1;
}

function commentBehind(text: string, { end, kind }: PyStatement): string {
  if (kind !== 'assign' && kind !== 'augmented') return '';
  return /^[ \t]*#[^\n]*/.exec(text.slice(end))?.[0].trimEnd() ?? '';
}

/** Written as xl reads it, so it may stay as it stands. */
function isPlain(statement: PyStatement): boolean {
  return statement.kind === 'assign' && statement.targets.length === 1 && isLiteral(statement.value);
}

function isLiteral(node: PyExpression): boolean {
  if (node.kind === 'number') return /^(?:0|[1-9]\d*)$/.test(node.text);
  if (node.kind === 'string') return node.end - node.start === node.text.length + 2 && !/[\n\\]/.test(node.text);
  return node.kind === 'list' && node.items.every((item) => item.kind !== 'list' && isLiteral(item));
}

function line({ key, value, append }: ModernSetting): string {
  return `${key} ${append ? '+=' : '='} ${literal(value)}`;
}

/** As xl reads it. */
function literal(value: Value): string {
  if (typeof value === 'bigint' && value >= 0n) return String(value);
  if (Array.isArray(value)) {
    const items = value.map(literal);
    const short = `[ ${items.join(', ')} ]`;
    return items.length === 0 ? '[]' : short.length <= 70 ? short : `[ ${items.join(',\n         ')} ]`;
  }
  const text = String(value);
  if (!text.includes('"') && !text.includes('\\')) return `"${text}"`;
  if (!text.includes("'") && !text.includes('\\')) return `'${text}'`;
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
