/** The values of the language, as they leave it: what commands take and give, what the shell draws. */

export type Unit = 'bytes' | 'ns' | 'bytes/s' | 'percent';

/** A number with a unit: 512MiB is 536870912 bytes, 10s is 1e10 ns, 40% is 40 percent. */
export class Quantity {
  readonly unit: Unit;
  readonly amount: number;
  constructor(unit: Unit, amount: number) {
    this.unit = unit;
    this.amount = amount;
  }
}

export type ColumnType = 'text' | 'integer' | 'number' | 'bytes' | 'duration' | 'percent' | 'boolean' | 'state';

export interface Column {
  /** Field name in scripts and in JSON: 'mem', 'vcpus', 'time'. */
  readonly name: string;
  /** Heading for people; default: the name. */
  readonly title?: string;
  readonly type: ColumnType;
}

/** What a command yields: typed rows, drawn last. */
export class Table {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  constructor(columns: readonly Column[], rows: readonly Row[]) {
    this.columns = columns;
    this.rows = rows;
  }
}

export type Row = Readonly<Record<string, Value>>;

/** A domain as a value: `domain("web")`; its properties are read through the host. */
export class DomainHandle {
  readonly name: string;
  /** What an event said of it: they stay as they were, whatever becomes of the domain. */
  readonly facts: ReadonlyMap<string, Value> | null;
  constructor(name: string, facts: ReadonlyMap<string, Value> | null = null) {
    this.name = name;
    this.facts = facts;
  }
}

/** While a script is only planned: what the machine will say when it runs. */
export class Unknown {
  /** How the script asks for it: `domain("web").state`. */
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Integers are bigint (64-bit), floats are number. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | RegExp
  | Quantity
  | Table
  | DomainHandle
  | Unknown
  | Callable
  | readonly Value[]
  | ReadonlyMap<string, Value>;

export interface Callable {
  readonly kind: 'function';
  readonly name: string;
  call(args: readonly Value[]): Promise<Value>;
}
