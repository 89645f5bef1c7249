/** Any value as text without a terminal: exactly what the real tools print where they have a form for it, else columns between tabs. */
import { Table } from '../../lang/values.ts';
import type { Value } from '../../lang/index.ts';
import { fullCell } from './cell.ts';
import { inFormat } from './formats.ts';
import type { OutputOptions } from './output-options.ts';
import { rowsOf } from './rows-of.ts';
import { presentationOf } from './presentation.ts';

/** A terminal's width where there is none, for --format table. */
const TABLE_WIDTH = 200;

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

export async function plainText(value: Value, base: OutputOptions): Promise<string> {
  const { text, headingLines, output: own } = presentationOf(value);
  const output = { format: own.format ?? base.format, columns: own.columns ?? base.columns, heading: own.heading && base.heading };
  if (output.format === 'table' && value instanceof Table) return await drawn(value, output);
  if (output.format !== null && output.format !== 'table') return value === null ? '' : inFormat(value, output.format, output);
  if (text !== null && output.columns === null) {
    const lines = text();
    return output.heading || !(value instanceof Table) ? lines : lines.split('\n').slice(headingLines).join('\n');
  }
  if (value === null) return '';
  const rows = rowsOf(value);
  if (rows) return inFormat(rows, 'tsv', output);
  if (value instanceof Map) return [...(value as ReadonlyMap<string, Value>)].map(([key, one]) => `${key}\t${fullCell(one)}\n`).join('');
  if (Array.isArray(value)) return (value as readonly Value[]).map((one) => `${fullCell(one)}\n`).join('');
  return ended(fullCell(value));
}

async function drawn(table: Table, { columns, heading }: OutputOptions): Promise<string> {
  const [{ layoutTable }, { chooseColumns }, { plainText: unstyled }] = await Promise.all([
    import('./table.ts'),
    import('./choose-columns.ts'),
    import('../term/style.ts'),
  ]);
  const { shown } = presentationOf(table);
  const lines = layoutTable(columns === null ? table : chooseColumns(table, columns), TABLE_WIDTH, {
    shown: columns === null ? shown : null,
    heading,
  });
  return lines.map((line) => `${unstyled(line)}\n`).join('');
}
