/**
 * How a command wants its result to be shown, kept beside the value: a pipeline or a variable gets the value alone, and a value that went
 * through one is a new value, which has none.
 */
import type { Table, Value } from '../../lang/index.ts';
import { DEFAULT_OUTPUT, type OutputOptions } from './output-options.ts';

export interface Presentation {
  /** The text of the real tools; null: there is none. */
  readonly text: (() => string) | null;
  readonly headingLines: number;
  /** The text is for people too: it is not a table to be drawn. */
  readonly textForPeople: boolean;
  /** Columns drawn for people; null: all. */
  readonly shown: readonly string[] | null;
  readonly output: OutputOptions;
}

const PLAIN: Presentation = { text: null, headingLines: 1, textForPeople: false, shown: null, output: DEFAULT_OUTPUT };

const presentations = new WeakMap<object, Presentation>();

export type Presentable = Table | readonly Value[] | ReadonlyMap<string, Value>;

export function present<V extends Presentable>(value: V, presentation: Partial<Presentation>): V {
  presentations.set(value, { ...PLAIN, ...presentation });
  return value;
}

export function presentationOf(value: Value): Presentation {
  return (typeof value === 'object' && value !== null ? presentations.get(value) : undefined) ?? PLAIN;
}
