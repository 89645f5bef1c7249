/** What an evaluation stands in: the run it belongs to, its text, its names, and the block around it. */
import type { ConfigEntry, ConfigRecord, ScriptHost } from '../host.ts';
import type { Expression, Node } from '../parse/ast.ts';
import type { Dialect, Source } from '../parse/source.ts';
import type { Span } from '../problem.ts';
import type { Row, Value } from '../values.ts';
import type { Dialogue } from './dialogue.ts';
import { Interrupts } from './interrupts.ts';
import type { Plan } from './plan.ts';

export class Scope {
  readonly #names = new Map<string, Value>();
  /** Variables whose value `change` made, and that were not read since. */
  readonly #unread = new Set<string>();
  readonly #parent: Scope | null;

  constructor(parent: Scope | null) {
    this.#parent = parent;
  }

  get(name: string): Value | undefined {
    const value = this.#names.get(name);
    if (value === undefined) return this.#parent?.get(name);
    this.#unread.delete(name);
    return value;
  }

  /** Without taking the value anywhere. */
  has(name: string): boolean {
    return this.#names.has(name) || (this.#parent?.has(name) ?? false);
  }

  /**
   * Gives a variable a value that is made of its old one. `own`: the old one was made here and nobody has read it since, so it may grow in place;
   * a list that a loop appends to is not copied each time.
   */
  change(name: string, make: (old: Value, own: boolean) => Value): void {
    const old = this.#names.get(name);
    if (old === undefined) return this.#parent?.change(name, make);
    const made = make(old, this.#unread.has(name));
    this.#names.set(name, made);
    this.#unread.add(name);
  }

  declare(name: string, value: Value): void {
    this.#unread.delete(name);
    this.#names.set(name, value);
  }

  /** False: nobody declared it. */
  set(name: string, value: Value): boolean {
    if (this.#names.has(name)) {
      this.#unread.delete(name);
      this.#names.set(name, value);
      return true;
    }
    return this.#parent?.set(name, value) ?? false;
  }

  names(): readonly string[] {
    return [...new Set([...this.#names.keys(), ...(this.#parent?.names() ?? [])])];
  }
}

/** What lives longer than one run: at the prompt each line is a run. */
export interface Session {
  readonly scope: Scope;
  readonly interrupts: Interrupts;
  readonly declarations: Map<string, ConfigRecord>;
}

export function createSession(): Session {
  return { scope: new Scope(null), interrupts: new Interrupts(), declarations: new Map() };
}

export interface Step {
  readonly kind: 'command' | 'assert' | 'wait' | 'expect' | 'send' | 'domain' | 'inject';
  readonly text: string;
  readonly span: Span;
  readonly ok: boolean;
}

export interface Run {
  /** Not null: nothing is done, only written down. */
  readonly plan: Plan | null;
  /** Null while a configuration is read. */
  readonly host: ScriptHost | null;
  readonly signal: AbortSignal;
  readonly session: Session;
  readonly dialogues: Map<string, Promise<Dialogue>>;
  readonly steps: Step[];
  guest(name: string): string;
  onValue(value: Value): Promise<void> | void;
  onStep(step: Step): void;
  /** Statements and calls so far: every few hundred the event loop gets its turn. */
  count: number;
  /** `count` when the event loop had its last turn. */
  turned: number;
  /** Steps since the machine was last asked. */
  sinceMachine: number;
  /** Characters and elements of values since memory was last looked at. */
  built: number;
  depth: number;
}

export interface Frame {
  readonly run: Run;
  readonly source: Source;
  /** The files that include each other, outermost first. */
  readonly files: readonly string[];
  readonly dialect: Dialect;
  readonly scope: Scope;
  /** The keys of the domain block or the configuration around it. */
  readonly entries: Map<string, ConfigEntry> | null;
  /** The console block around it. */
  readonly dialogue: Dialogue | null;
  /** The row that a stage looks at: its columns are names. */
  readonly row: Row | null;
  /** Values that a condition read, by node; for assert and wait. */
  readonly trace: Map<Expression, Value> | null;
  /** Expressions show their value: at the top of the program. */
  readonly top: boolean;
}

export function spanOf(frame: Frame, node: Node): Span {
  return frame.source.span(node.start, node.end);
}
