/** What a command came to, as a value of the language, with how it wants to be shown beside it. */
import { Table } from '../../lang/values.ts';
import type { Value } from '../../lang/index.ts';
import type { Outcome } from '../commands/command.ts';
import { inFormat } from '../plain/formats.ts';
import type { OutputOptions } from '../plain/output-options.ts';
import { present, type Presentable } from '../plain/presentation.ts';

const isPresentable = (value: Value): value is Presentable => value instanceof Table || value instanceof Map || Array.isArray(value);

/** A text or a number carries no presentation: a format that this command line asked for makes it the text in that format. */
function single(value: Value, output: OutputOptions, base: OutputOptions): Value {
  const { format } = output;
  return format === null || format === 'table' || format === base.format || value === ''
    ? value
    : inFormat(value, format, output).replace(/\n$/, '');
}

/** `base`: how results are shown unless a command line says otherwise. */
export function outcomeValue(outcome: Outcome, output: OutputOptions, base: OutputOptions): Value {
  switch (outcome.kind) {
    case 'none':
      return null;
    case 'table':
      return present(outcome.table, {
        text: outcome.xlText ?? null,
        headingLines: outcome.headingLines ?? 1,
        shown: outcome.shown ?? null,
        output,
      });
    case 'value':
      return isPresentable(outcome.value) ? present(outcome.value, { output }) : single(outcome.value, output, base);
    case 'text': {
      const { text, value } = outcome;
      if (value === undefined || !isPresentable(value)) return single(value ?? text, output, base);
      return present(value, { text: () => text, textForPeople: true, output });
    }
  }
}
