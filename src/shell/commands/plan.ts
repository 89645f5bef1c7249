/** plan: what a script would do, step by step, without a machine. */
import { Table, type Value } from '../../lang/values.ts';
import { runPlan } from '../host/run-plan.ts';
import type { Command } from './command.ts';
import { resolveCommand } from './resolve-command.ts';

const COLUMNS = [
  { name: 'line', type: 'integer' },
  { name: 'step', type: 'text' },
] as const;

export const plan: Command = {
  name: 'plan',
  group: 'shell',
  summary: 'Show what a script would do, without doing it',
  details:
    'The script is evaluated as far as it depends on nothing but itself. What only the machine can tell is shown between ‹ and ›, ' +
    'and where the script would decide by it, both ways are shown.',
  positionals: [{ name: 'file', kind: 'file', summary: 'the script', required: true }],
  options: [],
  effect: 'reads',
  offline: true,
  examples: [
    { run: 'plan examples/scripts/fleet.xm', says: 'before it makes twenty domains' },
    { run: 'plan examples/scripts/fleet.xm --json', says: 'for a program' },
  ],
  async run({ host, cwd, signal }, args) {
    const { COMMANDS } = await import('./table.ts');
    const { path, text } = await host.readFile(args.text('file')!, cwd);
    const reads = (name: string): boolean => resolveCommand(COMMANDS, name).effect === 'reads';
    const steps = await runPlan(text, path, host, { signal, reads });
    const rows = steps.map(({ line, depth, text: step }): Readonly<Record<string, Value>> => ({
      line: BigInt(line),
      step: `${'  '.repeat(depth)}${step}`,
    }));
    return {
      kind: 'table',
      table: new Table(COLUMNS, rows),
      xlText: () => rows.map(({ line, step }) => `${String(line).padStart(4)}  ${String(step)}\n`).join(''),
      headingLines: 0,
    };
  },
};
