/** --columns name,mem and --json=name,mem: a table of just these. */
import { Table } from '../../lang/values.ts';
import { usage } from '../commands/failure.ts';
import { didYouMean } from '../commands/near.ts';

export function chooseColumns(table: Table, wanted: readonly string[]): Table {
  const columns = wanted.map((name) => {
    const found =
      table.columns.find((column) => column.name === name) ??
      table.columns.find(({ title }) => title?.toLowerCase() === name.toLowerCase());
    if (found) return found;
    const names = table.columns.map((column) => column.name);
    throw usage(`there is no column '${name}'`, didYouMean(name, names) ?? `the columns are ${names.join(', ')}`);
  });
  return new Table(columns, table.rows);
}
