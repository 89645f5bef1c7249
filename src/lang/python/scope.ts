/** Names of a file and of its functions. */
import type { Place } from './ast.ts';
import type { PyValue } from './values.ts';

export class PyScope {
  readonly values: Map<string, PyValue> = new Map();
  /** Where each name was last assigned. */
  readonly places: Map<string, { readonly name: Place; readonly value: Place }> = new Map();
  readonly parent: PyScope | null;

  constructor(parent: PyScope | null) {
    this.parent = parent;
  }

  get(name: string): PyValue | undefined {
    const value = this.values.get(name);
    return value === undefined ? this.parent?.get(name) : value;
  }
}
