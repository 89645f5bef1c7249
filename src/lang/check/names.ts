/** Names and where they are declared, as far as that can be told without running. */
import type { Node } from '../parse/ast.ts';
import type { Value } from '../values.ts';

/** What is known of a value: it, or only one of its kind. */
export interface Sample {
  readonly value: Value;
  readonly exact: boolean;
}

export interface Declaration {
  readonly name: string;
  readonly node: Node;
  readonly kind: 'let' | 'fn' | 'parameter' | 'loop' | 'event';
  used: boolean;
  /** Its statement has been passed. */
  reached: boolean;
  sample: Sample | null;
  /** Of a function: how many arguments it takes. */
  arity?: { readonly least: number; readonly most: number };
}

/** `depth` counts the functions around: a function may use what is declared below it. */
export class Names {
  readonly #declared = new Map<string, Declaration>();
  readonly parent: Names | null;
  readonly depth: number;

  constructor(parent: Names | null, isFunction = false) {
    this.parent = parent;
    this.depth = (parent?.depth ?? 0) + Number(isFunction);
  }

  own(name: string): Declaration | undefined {
    return this.#declared.get(name);
  }

  declare(declaration: Declaration): void {
    this.#declared.set(declaration.name, declaration);
  }

  find(name: string): { readonly declaration: Declaration; readonly scope: Names } | null {
    const declaration = this.#declared.get(name);
    return declaration ? { declaration, scope: this } : (this.parent?.find(name) ?? null);
  }

  all(): readonly Declaration[] {
    return [...this.#declared.values()];
  }

  /** Names that may be meant here. */
  visible(): readonly string[] {
    return [...this.#declared.keys(), ...(this.parent?.visible() ?? [])];
  }
}
