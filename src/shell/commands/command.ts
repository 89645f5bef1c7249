/**
 * A command is data: help, completion, option parsing, JSON and documentation come from its record. The REPL, `xm -c`, scripts and the
 * one-shot CLI all run the same `run`. It yields values (mostly tables); renderers come last.
 */
import type { CommandCall, CommandSignature, ConfigRecord, ScriptHost, Table, Value, WordKind } from '../../lang/index.ts';
import type { DomainConfig, Toolstack } from '../../dom0/toolstack/types.ts';
import type { OutputOptions } from '../plain/output-options.ts';

export type Effect = 'reads' | 'modifies' | 'destroys';

export interface Positional {
  readonly name: string;
  readonly kind: WordKind;
  readonly summary: string;
  readonly required: boolean;
  /** Takes all further words. */
  readonly rest?: boolean;
  /** A domain: in which states the command makes sense, for completion. */
  readonly states?: readonly string[];
}

export interface Option {
  readonly long: string;
  readonly short?: string;
  readonly summary: string;
  /** null: a switch. */
  readonly value: WordKind | null;
  /** A switch that may carry a value after `=`: `--json=name,mem`. */
  readonly mayCarry?: boolean;
}

export interface Example {
  readonly run: string;
  readonly says: string;
}

/** What a command may ask of the screen it was typed at; absent without a terminal. */
export interface Terminal {
  /** Full screen until left. */
  top(options: { readonly delayMs: number }): Promise<void>;
  /** Byte-exact passthrough until Ctrl-]. Resolves with why it ended. */
  attachConsole(domain: string): Promise<'detached' | 'domain-gone'>;
}

/** Our own stdin and stdout, byte for byte: what `console` and `top -b` use where there is no terminal. Absent at the prompt. */
export interface Pipe {
  readonly input: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
}

export interface CommandContext {
  readonly toolstack: Toolstack;
  readonly host: ScriptHost;
  readonly signal: AbortSignal;
  /** Folder that relative paths start from. */
  readonly cwd: string;
  readonly call: CommandCall;
  readonly terminal: Terminal | null;
  readonly pipe: Pipe | null;
  /** How the person wants the result; most commands need not look. */
  readonly output: OutputOptions;
  /** Domains declared by `domain` blocks so far. */
  readonly declarations: ReadonlyMap<string, ConfigRecord>;
  /** What `create` built in this session, by UUID: `list -l` shows it. */
  readonly created: Map<string, DomainConfig>;
  /** Results before the last one: those of the lines of a script. */
  show(value: Value): Promise<void>;
  /** For the person, not the data: progress and notes (stderr when there is no terminal). */
  note(text: string): void;
  /** Job progress: a stage name and how far it is, 0 to 1, or null when it cannot be told. */
  progress(stage: string, fraction: number | null): void;
  /** Leaves the shell with this exit code once the command returns. */
  leave(code: number): void;
}

/** Parsed words: positionals by name, options by long name. */
export interface Arguments {
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  flag(name: string): boolean;
  value(name: string): Value | undefined;
}

/** What comes back: a table, any value, text to print as it is (info, dmesg, xenstore-ls), or nothing. */
export type Outcome =
  | {
      readonly kind: 'table';
      readonly table: Table;
      /** Exactly what xl prints; used when stdout is not a terminal. */
      readonly xlText?: () => string;
      /** How many of its lines are heading; default 1. */
      readonly headingLines?: number;
      /** The columns drawn for a person unless others are asked for; default all. */
      readonly shown?: readonly string[];
    }
  | { readonly kind: 'text'; readonly text: string; /** For --json and pipelines. */ readonly value?: Value }
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'none' };

export const NOTHING: Outcome = { kind: 'none' };

export type Group = 'lifecycle' | 'listing' | 'resources' | 'host' | 'shell';

export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly group: Group;
  readonly summary: string;
  /** More for `help CMD`: paragraphs of plain text. */
  readonly details?: string;
  readonly positionals: readonly Positional[];
  readonly options: readonly Option[];
  readonly effect: Effect;
  /** It only reads and writes files: outside the shell no machine is started for it. */
  readonly offline?: true;
  readonly examples: readonly Example[];
  run(context: CommandContext, args: Arguments): Promise<Outcome>;
}

/** What the language needs to know of it. */
export function signatureOf({ name, summary, positionals, options }: Command): CommandSignature {
  return {
    name,
    summary,
    positionals: positionals.map(({ name, kind, required, rest = false }) => ({ name, kind, required, rest })),
    options: options.map(({ long, short, value, summary }) => ({ long, value, summary, ...(short !== undefined && { short }) })),
  };
}
