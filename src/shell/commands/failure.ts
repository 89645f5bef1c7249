/** How commands fail, and which exit code each kind of failure has: one table, shown by `help exit-codes`. */
import { CommandFailure } from '../../lang/host.ts';
import type { Problem, Span } from '../../lang/index.ts';
import type { ErrorCode } from '../../dom0/toolstack/types.ts';

/** 'usage': the words typed are wrong; the unknown ones are the language's. The rest come from the toolstack. */
export type FailureCode = ErrorCode | 'usage' | 'failed' | 'unknown-command' | 'unknown-name';

interface ExitCode {
  readonly code: number;
  readonly meaning: string;
  readonly failures: readonly FailureCode[];
}

export const EXIT_CODES: readonly ExitCode[] = [
  { code: 0, meaning: 'done', failures: [] },
  { code: 1, meaning: 'failed: an operation, an assertion or a command of a script did not succeed', failures: ['failed'] },
  {
    code: 2,
    meaning: 'wrong usage, or a configuration or script that cannot be used; the place is shown',
    failures: ['usage', 'unknown-command', 'unknown-name', 'bad-config', 'invalid', 'file-not-found', 'not-a-file', 'not-readable'],
  },
  { code: 3, meaning: 'no such domain', failures: ['no-such-domain'] },
  { code: 4, meaning: 'the domain is in the wrong state for this', failures: ['wrong-state'] },
  { code: 5, meaning: 'the guest crashed', failures: ['guest-crashed'] },
  { code: 124, meaning: 'time-out', failures: ['timed-out'] },
  { code: 130, meaning: 'cancelled (Ctrl-C)', failures: ['cancelled'] },
];

/** The language's own diagnostics (XM1042) are about a text that cannot be used. */
const DIAGNOSTIC = /^XM\d+$/;

export function exitCodeOf(failureCode: string): number {
  if (DIAGNOSTIC.test(failureCode)) return 2;
  const found = EXIT_CODES.find(({ failures }) => (failures as readonly string[]).includes(failureCode));
  return found?.code ?? 1;
}

/** A failure that knows more: where in the text, and every problem of a configuration with the texts they are in. */
export class ShellFailure extends CommandFailure {
  readonly span: Span | null;
  readonly problems: readonly Problem[];
  /** File name to text, for the places of `problems`. */
  readonly sources: ReadonlyMap<string, string>;
  readonly exitCode: number;

  constructor(code: FailureCode | `XM${string}`, message: string, more: FailureDetails = {}) {
    super(code, message, more.hint ?? null);
    this.span = more.span ?? more.problems?.[0]?.span ?? null;
    this.problems = more.problems ?? [];
    this.sources = more.sources ?? new Map();
    this.exitCode = more.exitCode ?? exitCodeOf(code);
  }
}

export interface FailureDetails {
  readonly hint?: string | null;
  readonly span?: Span | null;
  readonly problems?: readonly Problem[];
  readonly sources?: ReadonlyMap<string, string>;
  /** Where it is not the one of the code. */
  readonly exitCode?: number;
}

/** A text with mistakes: the first one names the failure. */
export function textFailure(problems: readonly Problem[], sources: ReadonlyMap<string, string>): ShellFailure {
  const first = problems.find(({ severity }) => severity === 'error') ?? problems[0]!;
  return new ShellFailure(first.code as `XM${string}`, first.message, { hint: first.help ?? null, span: first.span, problems, sources });
}

export function usage(message: string, hint: string | null = null, span: Span | null = null): ShellFailure {
  return new ShellFailure('usage', message, { hint, span });
}

export function cancelled(): ShellFailure {
  return new ShellFailure('cancelled', 'cancelled');
}
