/** A table, or a list of maps that have the same keys, which is one too (domain("web").vcpus). */
import { Quantity, Table } from '../../lang/values.ts';
import type { ColumnType, Unit, Value } from '../../lang/index.ts';

const UNIT_TYPES: Readonly<Record<Unit, ColumnType>> = { bytes: 'bytes', ns: 'duration', 'bytes/s': 'number', percent: 'percent' };

function typeOf(name: string, value: Value | undefined): ColumnType {
  if (value instanceof Quantity) return UNIT_TYPES[value.unit];
  if (typeof value === 'bigint') return 'integer';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  return name === 'state' ? 'state' : 'text';
}

/** null: it is something else. */
export function rowsOf(value: Value): Table | null {
  if (value instanceof Table) return value;
  if (!Array.isArray(value) || value.length === 0) return null;
  const items = value as readonly Value[];
  if (!items.every((item) => item instanceof Map)) return null;
  const maps = items as readonly ReadonlyMap<string, Value>[];
  const names = [...maps[0]!.keys()];
  if (!maps.every((map) => map.size === names.length && names.every((name) => map.has(name)))) return null;
  const sample = (name: string): Value | undefined => maps.map((map) => map.get(name)).find((one) => one !== null);
  return new Table(
    names.map((name) => ({ name, type: typeOf(name, sample(name)) })),
    maps.map((map) => Object.fromEntries(map)),
  );
}
