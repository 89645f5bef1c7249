/** run: a script on this machine. What its lines yield is shown as it comes, or told step by step as JSON or JUnit. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Step, Value } from '../../lang/index.ts';
import { runText } from '../host/run-text.ts';
import { present } from '../plain/presentation.ts';
import { junitReport } from '../plain/junit.ts';
import type { Command, CommandContext } from './command.ts';
import { NOTHING } from './command.ts';
import { ShellFailure } from './failure.ts';

interface Report {
  readonly file: string;
  readonly steps: readonly Step[];
  /** What stopped it; null: nothing did. */
  readonly failure: unknown;
}

function reportValue({ file, steps, failure }: Report): ReadonlyMap<string, Value> {
  const message = failure instanceof Error ? failure.message : null;
  return new Map<string, Value>([
    ['file', file],
    ['ok', failure === null],
    ['message', message],
    [
      'steps',
      steps.map(
        ({ kind, text, span, ok }) =>
          new Map<string, Value>([
            ['kind', kind],
            ['text', text],
            ['line', BigInt(span.line)],
            ['ok', ok],
          ]),
      ),
    ],
  ]);
}

async function standardInput({ pipe }: CommandContext): Promise<string> {
  if (!pipe) throw new ShellFailure('not-supported', 'at the prompt there is no other standard input than your keys');
  const chunks: Uint8Array[] = [];
  for await (const chunk of pipe.input) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function writeJunit(path: string, report: Report): void {
  try {
    writeFileSync(path, junitReport(report.file, report.steps, report.failure));
  } catch (error) {
    throw new ShellFailure('failed', `cannot write ${path}: ${(error as Error).message}`);
  }
}

export const runCommand: Command = {
  name: 'run',
  group: 'shell',
  summary: 'Run a script',
  details:
    'A script is lines of the language: commands, variables, loops, waits, assertions, console dialogues (help language). ' +
    'xm run ends with 0 when all went well, 1 when a command or an assertion failed, 2 when the script could not be read, 130 when it was interrupted. ' +
    'With --json the result is every step that was taken.',
  positionals: [{ name: 'file', kind: 'file', summary: 'the script; - is stdin', required: true }],
  options: [
    { long: 'virtual', summary: 'in virtual time: the same result every time, as fast as the host can', value: null },
    { long: 'junit', summary: 'write what a CI server reads to this file', value: 'file' },
  ],
  effect: 'modifies',
  examples: [
    { run: 'run examples/scripts/fair-share.xm', says: 'on this machine' },
    { run: 'run --virtual examples/scripts/fair-share.xm --json', says: 'from outside: xm run …' },
  ],
  async run(context, args) {
    const { toolstack, host, cwd, signal, output } = context;
    if (args.flag('virtual') && (await toolstack.time()).clock !== 'virtual') {
      throw new ShellFailure('not-supported', 'this machine runs in real time', { hint: 'from outside: xm run --virtual FILE' });
    }
    const file = args.text('file')!;
    const text = file === '-' ? await standardInput(context) : (await host.readFile(file, cwd)).text;
    const steps: Step[] = [];
    const told = output.format === 'json' || output.format === 'ndjson' || output.format === 'yaml';
    const onValue = told ? {} : { onValue: (value: Value) => context.show(value) };
    let failure: unknown = null;
    try {
      await runText(text, file === '-' ? 'standard input' : file, host, {
        signal,
        isScript: true,
        onStep: (step) => void steps.push(step),
        onWarning: (_, shown) => context.note(shown),
        ...onValue,
      });
    } catch (error) {
      failure = error;
    }
    const report = { file, steps, failure };
    const junit = args.text('junit');
    if (junit !== undefined) writeJunit(resolve(cwd, junit), report);
    if (failure !== null) {
      if (told) await context.show(present(reportValue(report), { output }));
      throw failure;
    }
    return told ? { kind: 'value', value: reportValue(report) } : NOTHING;
  },
};
