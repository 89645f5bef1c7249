/** A value in one of the formats for programs: --format. */
import { Table } from '../../lang/values.ts';
import type { Column, Value } from '../../lang/index.ts';
import { fullCell } from './cell.ts';
import { chooseColumns } from './choose-columns.ts';
import { type Json, toJson } from './json.ts';
import type { Format, OutputOptions } from './output-options.ts';
import { rowsOf } from './rows-of.ts';
import { yaml } from './yaml.ts';

type Writer = (value: Value, heading: boolean) => string;

/** Lists, maps and single values take part where rows are wanted. */
function asTable(value: Value): Table {
  const rows = rowsOf(value);
  if (rows) return rows;
  if (value instanceof Map)
    return new Table(
      [...value.keys()].map((name: string): Column => ({ name, type: 'text' })),
      [Object.fromEntries(value as ReadonlyMap<string, Value>)],
    );
  const items = Array.isArray(value) ? (value as readonly Value[]) : [value];
  return new Table(
    [{ name: 'value', type: 'text' }],
    items.map((item) => ({ value: item })),
  );
}

function separated(value: Value, heading: boolean, separator: string, quote: (text: string) => string): string {
  const { columns, rows } = asTable(value);
  const lines = rows.map((row) => columns.map(({ name }) => quote(fullCell(row[name]))));
  if (heading) lines.unshift(columns.map(({ name }) => quote(name)));
  return lines.map((cells) => `${cells.join(separator)}\n`).join('');
}

/** RFC 4180. */
const csvCell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const tsvCell = (text: string): string => text.replace(/[\t\r\n]/g, ' ');

function ndjson(value: Value): string {
  const json = toJson(value);
  const items: readonly Json[] = Array.isArray(json) ? (json as readonly Json[]) : [json];
  return items.map((item) => `${JSON.stringify(item)}\n`).join('');
}

export const WRITERS: Readonly<Record<Exclude<Format, 'table'>, Writer>> = {
  json: (value) => `${JSON.stringify(toJson(value), null, 2)}\n`,
  ndjson,
  csv: (value, heading) => separated(value, heading, ',', csvCell),
  tsv: (value, heading) => separated(value, heading, '\t', tsvCell),
  yaml: (value) => yaml(toJson(value)),
};

export function inFormat(value: Value, format: Exclude<Format, 'table'>, { columns, heading }: OutputOptions): string {
  return WRITERS[format](columns === null ? value : chooseColumns(asTable(value), columns), heading);
}
