/** Ctrl-D while domains run: they live in this process, so leaving ends them. Say so, and let the person choose. */
import type { DomainInfo, Toolstack } from '../../dom0/toolstack/types.ts';
import { sanitize } from '../term/sanitize.ts';
import { run, type StyledLine } from '../term/style.ts';

export type LeaveChoice = 'leave' | 'shut-down' | 'stay';

const NAMED = 4;
/** A machine that is still starting has no guests. */
const ANSWER_MS = 500;
const SHUTDOWN_WAIT_NS = 10e9;

export async function runningGuests(toolstack: Promise<Toolstack>): Promise<readonly string[]> {
  const nobody = new Promise<readonly string[]>((resolve) => {
    setTimeout(() => resolve([]), ANSWER_MS).unref();
  });
  const list = toolstack
    .then((machine) => machine.list())
    .then(
      (domains) => domains.filter(runs).map(({ name }) => name),
      () => [],
    );
  return Promise.race([list, nobody]);
}

function runs({ domid, state }: DomainInfo): boolean {
  return domid !== 0 && state !== 'shutdown' && state !== 'crashed' && state !== 'dying';
}

/** What could not be shut down, a sentence each. */
export async function shutDownAll(toolstack: Toolstack, names: readonly string[]): Promise<readonly string[]> {
  const results = await Promise.allSettled(names.map((name) => toolstack.shutdown(name, 'poweroff', SHUTDOWN_WAIT_NS)));
  return results.flatMap((result, at) =>
    result.status === 'rejected' ? [`${names[at]}: ${String(result.reason?.message ?? result.reason)}`] : [],
  );
}

export function leaveQuestion(names: readonly string[]): readonly StyledLine[] {
  const shown = names.slice(0, NAMED).map(sanitize).join(', ') + (names.length > NAMED ? ` and ${names.length - NAMED} more` : '');
  const fate = names.length === 1 ? 'runs in this shell and ends with it' : 'run in this shell and end with it';
  return [
    [run(shown, 'name'), run(` ${fate}.`)],
    [
      run('y', 'strong'),
      run(' leave   ', 'dim'),
      run('s', 'strong'),
      run(' shut down first   ', 'dim'),
      run('n', 'strong'),
      run(' stay', 'dim'),
    ],
  ];
}

export function leaveAnswer(chord: string): LeaveChoice | null {
  switch (chord.toLowerCase()) {
    case 'y':
    case 'ctrl+d':
      return 'leave';
    case 's':
      return 'shut-down';
    case 'n':
    case 'enter':
    case 'escape':
    case 'ctrl+c':
    case 'ctrl+g':
      return 'stay';
    default:
      return null;
  }
}
