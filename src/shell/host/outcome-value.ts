/** What a command came to, as a value of the language, with how it wants to be shown beside it. */
import { Table } from '../../lang/values.ts';
import type { Value } from '../../lang/index.ts';
import type { Outcome } from '../commands/command.ts';
import type { OutputOptions } from '../plain/output-options.ts';
import { present, type Presentable } from '../plain/presentation.ts';

const isPresentable = (value: Value): value is Presentable => value instanceof Table || value instanceof Map || Array.isArray(value);

export function outcomeValue(outcome: Outcome, output: OutputOptions): Value {
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
      return isPresentable(outcome.value) ? present(outcome.value, { output }) : outcome.value;
    case 'text': {
      const { text, value } = outcome;
      if (value === undefined || !isPresentable(value)) return value ?? text;
      return present(value, { text: () => text, textForPeople: true, output });
    }
  }
}
