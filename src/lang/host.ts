/** All that a program can touch. The shell hands in the real one, tests a fake, `plan` one that only writes down. */
import type { Span } from './problem.ts';
import type { Value } from './values.ts';

/** The file that places in the words of a command line have. */
export const COMMAND_LINE = '<command line>';

/** One word of a command line, evaluated: `--option=value` is one word with both text and value parts. */
export interface CommandWord {
  /** As text, the way a command line tool would get it: "-w", "--delay=2", "web.cfg". */
  readonly text: string;
  /** The value when the whole word was one expression (`$x`, `(1 + 2)`), else the text. */
  readonly value: Value;
  /** A quoted string is never an option. */
  readonly quoted: boolean;
  readonly span: Span;
}

export interface CommandCall {
  readonly name: string;
  readonly words: readonly CommandWord[];
  readonly span: Span;
  /** Rows from the stage before, in a pipeline. */
  readonly input: Value;
  /** Domains declared so far by `domain` blocks, by name: `create NAME` finds them here. */
  readonly declarations: ReadonlyMap<string, ConfigRecord>;
}

/** A configuration, evaluated: each key with its value and its place. */
export interface ConfigRecord {
  readonly file: string;
  readonly entries: ReadonlyMap<string, ConfigEntry>;
}
export interface ConfigEntry {
  readonly value: Value;
  /** Of the key. */
  readonly span: Span;
  readonly valueSpan?: Span;
  /** Of the elements, when the value is a list that was written out. */
  readonly itemSpans?: readonly Span[];
}

/** What the parser, checker, highlighter and completer need to know of a command. */
export interface CommandSignature {
  readonly name: string;
  readonly summary: string;
  /** What its positional words are, for completion: 'domain', 'file', 'path', … in order; the last repeats if `rest`. */
  readonly positionals: readonly {
    readonly name: string;
    readonly kind: WordKind;
    readonly required: boolean;
    readonly rest: boolean;
    /** A domain: the states in which the command makes sense. */
    readonly states?: readonly string[];
  }[];
  readonly options: readonly {
    readonly long: string;
    readonly short?: string;
    readonly value: WordKind | null;
    readonly summary: string;
  }[];
}
export type WordKind =
  | 'domain'
  | 'file'
  | 'config-file'
  | 'xenstore-path'
  | 'command'
  | 'number'
  | 'size'
  | 'duration'
  | 'text'
  | 'key-value';

/** One end of a console, for dialogues. */
export interface HostConsole {
  readonly output: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface CallFault {
  readonly message: string;
  readonly hint: string | null;
  /** Of the word to blame; null: none. */
  readonly span: Span | null;
}

/** Something that happened to a domain. */
export interface HostEvent {
  readonly kind: string;
  readonly domain: string;
  readonly id: number;
  /** Why, or into what: "crash", the new name. */
  readonly detail: string | null;
}

export interface FaultCall {
  /** As the script writes it: 'stall', 'lose-disk'. */
  readonly fault: string;
  readonly domain: string;
  readonly args: readonly Value[];
}

export interface ScriptHost {
  commands(): ReadonlyMap<string, CommandSignature>;
  /** What `inject` knows. Not given: it is not checked before. */
  readonly faults?: readonly string[];
  /** What is wrong with the words of a command, without running it; null: nothing. */
  checkCall?(name: string, words: readonly CommandWord[]): CallFault | null;
  /** Runs a command; resolves with its table or value, null when it has none. Rejects with a `CommandFailure`. */
  invoke(call: CommandCall, signal: AbortSignal): Promise<Value>;
  /** `host`, `domains`, … : the machine as values, read at the moment of the call. undefined: no such name. */
  global(name: string): Promise<Value | undefined>;
  /** `domain("web").state` and so on. undefined: no such property. Rejects when the domain does not exist. */
  domainProperty(name: string, property: string): Promise<Value | undefined>;
  xenstoreRead(path: string): Promise<string | null>;
  console(domain: string, from: 'start' | 'now'): Promise<HostConsole>;
  clock: {
    /** Machine time in ns. */
    now(): Promise<number>;
    sleepUntil(deadlineNs: number, signal: AbortSignal): Promise<void>;
  };
  /** Text of a file, `include` and `create FILE`: path relative to `from`. Rejects with a plain message. */
  readFile(path: string, from: string): Promise<{ readonly path: string; readonly text: string }>;
  /** Beside the file that names it, or from the current folder. Rejects with a plain message. */
  writeFile(path: string, from: string, text: string): Promise<void>;
  /** A value as yaml, tsv, ndjson or table; null: there is no such format. */
  format(value: Value, format: string): Promise<string | null>;
  /** What happens to domains, from the moment of the call. */
  events(): AsyncIterable<HostEvent>;
  /** Makes a fault happen; resolves with what takes it back. Rejects with a `CommandFailure` for a fault that this machine does not have. */
  inject(call: FaultCall, signal: AbortSignal): Promise<() => Promise<void>>;
  /** Absolute path of a kernel that ships with the project: guest("pebble"). Throws when there is none. */
  guest(name: string): string;
  /** Text for the person while the script runs (`print`). */
  print(text: string): void;
}

/** How a command fails: `e.code`, `e.message`, `e.hint` in a catch block. */
export class CommandFailure extends Error {
  readonly code: string;
  readonly hint: string | null;
  constructor(code: string, message: string, hint: string | null) {
    super(message);
    this.name = 'CommandFailure';
    this.code = code;
    this.hint = hint;
  }
}
