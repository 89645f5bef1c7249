/** A value as lines for the screen. Tables are laid out by the same module as without a terminal. */
import { Table, type Value, Quantity, DomainHandle } from '../../lang/index.ts';
import { sanitize } from '../term/sanitize.ts';
import { run, type StyledLine } from '../term/style.ts';

export function valueLines(value: Value, columns: number): readonly StyledLine[] {
  void columns;
  if (value === null) return [];
  if (typeof value === 'string')
    return value === ''
      ? []
      : sanitize(value.replace(/\n$/, ''))
          .split('\n')
          .map((line) => [run(line)]);
  if (value instanceof Table || value instanceof Quantity || value instanceof DomainHandle) return [[run(String(value))]];
  return [[run(String(value), 'number')]];
}
