/** Stages of a pipeline: tables in, tables out. Lists go through them too: their elements are rows, or `it`. */
import type { Expression, SelectedColumn, Stage } from '../parse/ast.ts';
import { Quantity, Table, type Column, type ColumnType, type Row, type Value } from '../values.ts';
import { average, extreme, lengthOf, sum } from './builtins.ts';
import type { Eval } from './eval.ts';
import { evaluate, ITEM, placed } from './expressions.ts';
import { spanOf, type Frame } from './frame.ts';
import { callFunction } from './functions.ts';
import { order } from './operators.ts';
import { scriptError } from './script-error.ts';
import { toCsv, toJson } from './formats.ts';
import { isCallable, isList, isMap, isTrue, rowToMap, typeName, valueText } from './value-text.ts';

export const STAGE_NAMES: readonly string[] = [
  'where',
  'select',
  'sort by',
  'first',
  'last',
  'group by',
  'count',
  'sum',
  'min',
  'max',
  'avg',
  'reverse',
  'each',
  'to json',
  'to csv',
];

type TableStage = Exclude<Stage, { kind: 'command' }>;

export function* applyStage(stage: TableStage, input: Value, frame: Frame): Eval<Value> {
  const rows = rowsOf(input, stage, frame);
  const with_ = (kept: readonly Row[]): Value => rebuilt(input, kept);
  switch (stage.kind) {
    case 'where': {
      const kept: Row[] = [];
      for (const row of rows) if (isTrue(yield* onRow(stage.condition, row, frame))) kept.push(row);
      return with_(kept);
    }
    case 'select':
      return yield* selected(stage.columns, rows, input, frame);
    case 'sort': {
      const keyed: { row: Row; keys: Value[] }[] = [];
      for (const row of rows) {
        const keys: Value[] = [];
        for (const { by } of stage.keys) keys.push(yield* onRow(by, row, frame));
        keyed.push({ row, keys });
      }
      const compareKeys = (a: readonly Value[], b: readonly Value[]): number => {
        for (const [at, { descending }] of stage.keys.entries()) {
          const difference = order(a[at]!, b[at]!);
          if (difference !== 0) return descending ? -difference : difference;
        }
        return 0;
      };
      return with_(keyed.toSorted((a, b) => compareKeys(a.keys, b.keys)).map(({ row }) => row));
    }
    case 'first':
    case 'last': {
      const count = stage.count ? yield* evaluate(stage.count, frame) : 1n;
      if (typeof count !== 'bigint' || count < 0n)
        throw scriptError('type-error', spanOf(frame, stage.count ?? stage), `'${stage.kind}' needs a whole number`);
      return with_(stage.kind === 'first' ? rows.slice(0, Number(count)) : rows.slice(Math.max(0, rows.length - Number(count))));
    }
    case 'reverse':
      return with_(rows.toReversed());
    case 'count':
      return lengthOf(rows.map(() => null));
    case 'group':
      return yield* grouped(stage.by, rows, input, frame);
    case 'sum':
    case 'min':
    case 'max':
    case 'avg': {
      const values: Value[] = [];
      for (const row of rows) values.push(stage.of ? yield* onRow(stage.of, row, frame) : only(row));
      return placed(stage, frame, () => AGGREGATES[stage.kind](values));
    }
    case 'each':
      return yield* each(stage.body, rows, frame);
    case 'to':
      if (stage.format === 'json') return toJson(input);
      if (stage.format === 'csv') return toCsv(input instanceof Table ? input : new Table(inferColumns(rows), rows));
      throw scriptError('type-error', spanOf(frame, stage), `unknown format '${stage.format}'`, { help: "'to json' or 'to csv'" });
  }
}

const AGGREGATES: Readonly<Record<'sum' | 'min' | 'max' | 'avg', (values: readonly Value[]) => Value>> = {
  sum,
  avg: average,
  min: (values) => extreme(values, -1),
  max: (values) => extreme(values, 1),
};

function onRow(expression: Expression, row: Row, frame: Frame): Eval<Value> {
  return evaluate(expression, { ...frame, row, trace: null });
}

/** The element itself, or the only column. */
function only(row: Row): Value {
  return Object.hasOwn(row, ITEM) ? row[ITEM]! : (Object.values(row)[0] ?? null);
}

function rowsOf(input: Value, stage: TableStage, frame: Frame): readonly Row[] {
  if (input instanceof Table) return input.rows;
  if (isList(input)) return input.map((item) => (isMap(item) ? Object.fromEntries(item) : { [ITEM]: item }));
  if (isMap(input)) return [Object.fromEntries(input)];
  if (input === null) return [];
  if (stage.kind === 'to') return [{ [ITEM]: input }];
  throw scriptError('type-error', spanOf(frame, stage), `'${stage.kind}' needs a table or a list, not ${typeName(input)}`);
}

/** What came in as a list goes out as one. */
function rebuilt(input: Value, rows: readonly Row[]): Value {
  return input instanceof Table
    ? new Table(input.columns, rows)
    : rows.map((row) => (Object.hasOwn(row, ITEM) ? row[ITEM]! : rowToMap(row)));
}

function* selected(columns: readonly SelectedColumn[], rows: readonly Row[], input: Value, frame: Frame): Eval<Value> {
  checkColumns(columns, input, frame);
  const kept: Row[] = [];
  for (const row of rows) {
    const picked: Record<string, Value> = {};
    for (const { name, value } of columns) picked[name] = yield* onRow(value, row, frame);
    kept.push(picked);
  }
  const types = inferColumns(kept);
  const shown = columns.map(({ name, value }): Column => {
    const source = input instanceof Table && value.kind === 'name' ? input.columns.find((column) => column.name === value.name) : undefined;
    if (source) return source.name === name ? source : { name, type: source.type };
    return types.find((column) => column.name === name) ?? { name, type: 'text' };
  });
  return new Table(shown, kept);
}

/** An empty table has columns too: a wrong name is found without a row. */
function checkColumns(columns: readonly SelectedColumn[], input: Value, frame: Frame): void {
  if (!(input instanceof Table) || input.rows.length > 0) return;
  const known = input.columns.map(({ name }) => name);
  for (const { value } of columns) {
    if (value.kind === 'name' && !known.includes(value.name) && frame.scope.get(value.name) === undefined) {
      throw scriptError('unknown-name', spanOf(frame, value), `unknown column '${value.name}'`, {
        help: `the columns are ${known.join(', ')}`,
      });
    }
  }
}

function* grouped(by: Expression, rows: readonly Row[], input: Value, frame: Frame): Eval<Value> {
  const groups = new Map<string, { key: Value; rows: Row[] }>();
  for (const row of rows) {
    const key = yield* onRow(by, row, frame);
    const text = valueText(key, true);
    const group = groups.get(text);
    if (group) group.rows.push(row);
    else groups.set(text, { key, rows: [row] });
  }
  const name = by.kind === 'name' ? by.name : 'key';
  const source = input instanceof Table ? input.columns.find((column) => column.name === name) : undefined;
  const result = [...groups.values()].map((group): Row => ({
    [name]: group.key,
    count: BigInt(group.rows.length),
    rows: group.rows.map(rowToMap),
  }));
  return new Table([source ?? { name, type: columnType(result[0]?.[name] ?? null) }, { name: 'count', type: 'integer' }], result);
}

function* each(body: Expression, rows: readonly Row[], frame: Frame): Eval<Value> {
  const results: Value[] = [];
  const callable = body.kind === 'arrow' || body.kind === 'name' ? yield* evaluate(body, frame) : null;
  for (const row of rows) {
    const item = Object.hasOwn(row, ITEM) ? row[ITEM]! : rowToMap(row);
    results.push(isCallable(callable) ? yield* callFunction(callable, [item]) : yield* onRow(body, row, frame));
  }
  return results;
}

function inferColumns(rows: readonly Row[]): readonly Column[] {
  const names = new Map<string, Value>();
  for (const row of rows)
    for (const [name, value] of Object.entries(row)) if (!names.has(name) || names.get(name) === null) names.set(name, value);
  return [...names].map(([name, value]) => ({ name: name === ITEM ? 'value' : name, type: columnType(value) }));
}

function columnType(value: Value): ColumnType {
  if (typeof value === 'bigint') return 'integer';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  if (value instanceof Quantity) return value.unit === 'ns' ? 'duration' : value.unit === 'percent' ? 'percent' : 'bytes';
  return 'text';
}
