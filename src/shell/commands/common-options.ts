/** Options that every command takes: how its result is shown, and its help. */
import type { Value } from '../../lang/index.ts';
import { FORMATS, isFormat, type OutputOptions } from '../plain/output-options.ts';
import type { Option } from './command.ts';
import { didYouMean } from './near.ts';
import { usage } from './failure.ts';

export const COMMON_OPTIONS: readonly Option[] = [
  { long: 'json', summary: 'print the result as JSON; --json=FIELDS chooses fields', value: null, mayCarry: true },
  { long: 'format', summary: `print the result as ${FORMATS.join(', ')}`, value: 'text' },
  { long: 'columns', summary: 'only these columns, in this order: name,mem', value: 'text' },
  { long: 'no-header', summary: 'leave out the heading', value: null },
  { long: 'help', short: 'h', summary: 'explain the command', value: null },
];

const list = (text: Value): readonly string[] =>
  String(text)
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** `given` holds what was typed, by long name; what was not typed stays as it is in `base`. */
export function outputOptions(given: ReadonlyMap<string, Value>, base: OutputOptions): OutputOptions {
  const json = given.get('json');
  const named = given.get('format');
  if (named !== undefined && !isFormat(String(named))) {
    throw usage(`there is no format '${String(named)}'`, didYouMean(String(named), FORMATS) ?? `the formats are ${FORMATS.join(', ')}`);
  }
  const columns = given.get('columns') ?? (typeof json === 'string' ? json : undefined);
  return {
    format:
      json !== undefined
        ? 'json'
        : named !== undefined && isFormat(String(named))
          ? (String(named) as OutputOptions['format'])
          : base.format,
    columns: columns === undefined ? base.columns : list(columns),
    heading: given.has('no-header') ? false : base.heading,
  };
}
