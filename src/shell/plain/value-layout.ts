/** Any value as lines for a terminal: what a command presents, a table, a map by its keys, or the value itself. */
import { Quantity, Table } from '../../lang/values.ts';
import type { Value } from '../../lang/index.ts';
import { sanitize } from '../term/sanitize.ts';
import { run, type Role, type StyledLine } from '../term/style.ts';
import { humanCell } from './cell.ts';
import { chooseColumns } from './choose-columns.ts';
import { inFormat } from './formats.ts';
import { rowsOf } from './rows-of.ts';
import { presentationOf } from './presentation.ts';
import { layoutTable } from './table.ts';

function textLines(text: string): StyledLine[] {
  if (text === '') return [];
  return sanitize(text.replace(/\n$/, ''))
    .split('\n')
    .map((line) => [run(line)]);
}

function roleOf(value: Value): Role {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean' || value === null) return 'keyword';
  return typeof value === 'bigint' || typeof value === 'number' || value instanceof Quantity ? 'number' : 'text';
}

function mapLines(map: ReadonlyMap<string, Value>): StyledLine[] {
  const width = Math.min(24, Math.max(0, ...[...map.keys()].map(({ length }) => length)));
  return [...map].map(([key, value]) => [
    run(`${key.padEnd(width)}  `, 'key'),
    run(sanitize(humanCell(value)).replaceAll('\n', ' '), roleOf(value)),
  ]);
}

/** `width` in columns. Tables are cut to it; other lines are as long as they are. */
export function layoutValue(value: Value, width: number): StyledLine[] {
  const { text, textForPeople, shown, output } = presentationOf(value);
  if (output.format !== null && output.format !== 'table') return textLines(inFormat(value, output.format, output));
  if (text !== null && textForPeople && output.columns === null) return textLines(text());
  if (value === null) return [];
  if (value instanceof Table) {
    return output.columns === null
      ? layoutTable(value, width, { shown, heading: output.heading })
      : layoutTable(chooseColumns(value, output.columns), width, { heading: output.heading });
  }
  if (typeof value === 'string') return textLines(value);
  if (value instanceof Map) return mapLines(value as ReadonlyMap<string, Value>);
  const rows = rowsOf(value);
  if (rows) return layoutTable(rows, width, { heading: output.heading });
  if (Array.isArray(value)) return (value as readonly Value[]).map((item) => [run(sanitize(humanCell(item)), roleOf(item))]);
  return [[run(humanCell(value), roleOf(value))]];
}
