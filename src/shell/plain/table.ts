/** A table for people, fitted to the width there is: wide texts are cut first, then columns go from the right. */
import { Quantity, type Column, type Table } from '../../lang/values.ts';
import type { Value } from '../../lang/index.ts';
import { sanitize } from '../term/sanitize.ts';
import { fitLine, lineWidth, run, type Role, type Run, type StyledLine } from '../term/style.ts';
import { cutToWidth, displayWidth } from '../term/width.ts';
import { humanCell } from './cell.ts';

const GAP = 2;
/** A text column is not cut below this: fewer letters say nothing. */
const LEAST_TEXT = 8;

const STATE_ROLES: Readonly<Record<string, Role>> = {
  running: 'ok',
  blocked: 'dim',
  runnable: 'ok',
  paused: 'warn',
  shutdown: 'warn',
  crashed: 'error',
  dying: 'error',
  offline: 'dim',
};

interface Cell {
  readonly text: string;
  readonly role: Role;
}

interface Placed {
  readonly title: string;
  readonly right: boolean;
  readonly cells: readonly Cell[];
  width: number;
}

const rightAligned = ({ type }: Column): boolean => type !== 'text' && type !== 'state' && type !== 'boolean';

function amount(value: Value | undefined): number | null {
  if (value instanceof Quantity) return value.amount;
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : null;
}

function roleOf(column: Column, value: Value | undefined): Role {
  if (value === null || value === undefined) return 'dim';
  if (column.type === 'state') return STATE_ROLES[String(value)] ?? 'text';
  if (column.name === 'name') return 'name';
  // Nothing used: what is not zero stands out. Integers are numbers of things as often as amounts.
  return rightAligned(column) && column.type !== 'integer' && amount(value) === 0 ? 'dim' : 'text';
}

function place(table: Table, column: Column): Placed {
  const cells = table.rows.map((row): Cell => ({
    text: sanitize(humanCell(row[column.name])).replaceAll(/\s+/g, ' '),
    role: roleOf(column, row[column.name]),
  }));
  const title = column.title ?? column.name;
  return {
    title,
    right: rightAligned(column),
    cells,
    width: Math.max(displayWidth(title), ...cells.map(({ text }) => displayWidth(text))),
  };
}

const widthOf = (columns: readonly Placed[]): number => columns.reduce((sum, { width }) => sum + width + GAP, -GAP);

function fit(columns: Placed[], width: number): Placed[] {
  const kept = [...columns];
  for (;;) {
    const excess = widthOf(kept) - width;
    if (excess <= 0 || kept.length === 0) return kept;
    const widest = kept.filter(({ right }) => !right).toSorted((a, b) => b.width - a.width)[0];
    const floor = widest ? Math.max(LEAST_TEXT, displayWidth(widest.title)) : 0;
    if (widest && widest.width > floor && widest.width - excess >= floor) widest.width -= excess;
    else if (kept.length > 1) kept.pop();
    else {
      kept[0]!.width = Math.max(1, width);
      return kept;
    }
  }
}

function padded({ text, role }: Cell, { width, right }: Placed, last: boolean): readonly Run[] {
  const shown = displayWidth(text) > width ? `${cutToWidth(text, width - 1)}…` : text;
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(shown)));
  if (right) return [run(blanks), run(shown, role)];
  return last ? [run(shown, role)] : [run(shown, role), run(blanks)];
}

function joined(cells: readonly Cell[], columns: readonly Placed[]): StyledLine {
  return columns
    .flatMap((column, at) => [...(at > 0 ? [run(' '.repeat(GAP))] : []), ...padded(cells[at]!, column, at === columns.length - 1)])
    .filter(({ text }) => text !== '');
}

export interface TableLayout {
  /** These columns only; a table of a command names those that matter to a person. */
  readonly shown?: readonly string[] | null;
  readonly heading?: boolean;
}

/** Never wider than `width`. */
export function layoutTable(table: Table, width: number, { shown = null, heading = true }: TableLayout = {}): StyledLine[] {
  const wanted = shown === null ? table.columns : table.columns.filter(({ name }) => shown.includes(name));
  const columns = fit(
    wanted.map((column) => place(table, column)),
    width,
  );
  const rows = table.rows.map((_, at) =>
    joined(
      columns.map(({ cells }) => cells[at]!),
      columns,
    ),
  );
  const titles = heading
    ? [
        joined(
          columns.map(({ title }): Cell => ({ text: title, role: 'heading' })),
          columns,
        ),
      ]
    : [];
  return [...titles, ...rows].map((line) => (lineWidth(line) > width ? fitLine(line, width) : line));
}
