/** What the shell hands to the screen, and what the screen gives back: the joint between main.ts and startRepl. */
import type { CommandSignature, ScriptHost, Value } from '../../lang/index.ts';
import type { Toolstack } from '../../dom0/toolstack/types.ts';
import type { Terminal } from '../commands/command.ts';
import type { TerminalInput, TerminalOutput } from '../term/terminal.ts';

/** Where a host shows things while a person watches. */
export interface HostScreen {
  readonly terminal: Terminal;
  /** Output of the program itself (`print`): above the prompt, at once. */
  print(text: string): void;
  /** A result that comes while a command still runs: those of a script's lines. */
  show(value: Value): Promise<void>;
  /** For the person: dim, above the prompt. */
  note(text: string): void;
  /** Stage of the running job; `fraction` 0 to 1, or null when it cannot be told. */
  progress(stage: string, fraction: number | null): void;
  /** The shell ends with this exit code once the command has returned. */
  leave(code: number): void;
}

export interface ReplOptions {
  readonly version: string;
  /** Starts the machine. Called once, as soon as the first prompt is drawn; the first command waits for it. */
  openMachine(): Promise<Toolstack>;
  /** The script host over the machine; called once, when the machine is there. May load what it needs. */
  createHost(toolstack: Toolstack, screen: HostScreen): ScriptHost | Promise<ScriptHost>;
  /** For colours and completion before the machine is there; loaded after the first prompt. */
  commands(): Promise<ReadonlyMap<string, CommandSignature>>;
  readonly stdin?: TerminalInput;
  readonly stdout?: TerminalOutput;
  readonly env?: Readonly<Record<string, string | undefined>>;
}
