/** Stages of a pipeline: tables in, tables out. Lists go through them too: their elements are rows, or `it`. */
import type { Expression, SelectedColumn, Stage } from '../parse/ast.ts';
import { Quantity, Table, type Column, type ColumnType, type Row, type Value } from '../values.ts';
import { average, extreme, lengthOf, sum } from './builtins.ts';
import { wait, type Eval } from './eval.ts';
import { asking, evaluate, hostAt, ITEM, placed } from './expressions.ts';
import { spanOf, type Frame } from './frame.ts';
import { callFunction } from './functions.ts';
import { MOST_ITEMS, order } from './operators.ts';
import { wordValue } from './pipelines.ts';
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
  'to yaml',
  'to table',
  'join',
  'save',
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
      return yield* inFormat(input, stage.format, rows, stage, frame);
    case 'join':
      return yield* joined(stage, rows, input, frame);
    case 'save': {
      const file = valueText(yield* wordValue(stage.file, frame));
      if (frame.run.plan) {
        frame.run.plan.add(`write ${file}`, stage, frame);
        return input;
      }
      const format = /\.(\w+)$/.exec(file)?.[1] ?? '';
      const text = typeof input === 'string' ? input : yield* inFormat(input, SAVED_AS[format] ?? 'table', rows, stage, frame);
      const host = hostAt(stage, frame);
      yield* asking(stage.file, frame, wait(host.writeFile(file, frame.source.file, text.endsWith('\n') ? text : `${text}\n`)));
      return input;
    }
  }
}

/** By the end of a file's name; any other is a table as people read it. */
const SAVED_AS: Readonly<Record<string, string>> = { json: 'json', csv: 'csv', tsv: 'tsv', yaml: 'yaml', yml: 'yaml', ndjson: 'ndjson' };

/** JSON and CSV are the language's own; the others are the shell's. */
function* inFormat(input: Value, format: string, rows: readonly Row[], stage: TableStage, frame: Frame): Eval<string> {
  if (format === 'json') return placed(stage, frame, () => toJson(input));
  const table = input instanceof Table ? input : new Table(inferColumns(rows), rows);
  if (format === 'csv') return placed(stage, frame, () => toCsv(table));
  const text = yield* wait(hostAt(stage, frame).format(input, format));
  if (text !== null) return text;
  throw scriptError('type-error', spanOf(frame, stage), `unknown format '${format}'`, { help: 'to json, csv, tsv, ndjson, yaml or table' });
}

/** Each row with those of the other table that have the same value there; columns of the same name are told apart by a number. */
function* joined(stage: Extract<TableStage, { kind: 'join' }>, rows: readonly Row[], input: Value, frame: Frame): Eval<Value> {
  const value = yield* evaluate(stage.other, frame);
  const others = rowsOf(value, stage, frame);
  const byKey = new Map<string, Row[]>();
  for (const row of others) {
    const key = valueText(yield* onRow(stage.on, row, frame), true);
    const known = byKey.get(key);
    if (known) known.push(row);
    else byKey.set(key, [row]);
  }
  const key = stage.on.kind === 'name' ? stage.on.name : null;
  const left = input instanceof Table ? input.columns : inferColumns(rows);
  const right = (value instanceof Table ? value.columns : inferColumns(others)).filter(({ name }) => name !== key);
  const taken = new Set(left.map(({ name }) => name));
  const renamed = right.map((column): { readonly from: string; readonly to: Column } => {
    const name = taken.has(column.name) ? `${column.name}2` : column.name;
    return { from: column.name, to: name === column.name ? column : { name, type: column.type } };
  });
  const result: Row[] = [];
  for (const row of rows) {
    for (const other of byKey.get(valueText(yield* onRow(stage.on, row, frame), true)) ?? [])
      result.push({ ...row, ...Object.fromEntries(renamed.map(({ from, to }) => [to.name, other[from] ?? null])) });
    if (result.length > MOST_ITEMS) throw scriptError('too-large', spanOf(frame, stage), 'the table becomes too long');
  }
  return new Table([...left, ...renamed.map(({ to }) => to)], result);
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
    results.push(isCallable(callable) ? yield* callFunction(callable, [item], frame.run) : yield* onRow(body, row, frame));
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
