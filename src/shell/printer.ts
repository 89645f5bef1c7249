/** Results to stdout and talk to stderr, as fits what they are connected to. */
import type { Value } from '../lang/index.ts';
import type { Pipe } from './commands/command.ts';
import type { Io } from './io.ts';
import type { OutputOptions } from './plain/output-options.ts';
import { plainText } from './plain/plain-text.ts';
import { failureJson, failureText } from './plain/show-failure.ts';

export interface Printer {
  value(value: Value): Promise<void>;
  text(text: string): void;
  note(text: string): void;
  failure(error: unknown): Promise<void>;
  readonly pipe: Pipe;
}

const FALLBACK_WIDTH = 80;

const line = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);

export function createPrinter({ stdin, stdout, stderr, env }: Io, output: OutputOptions, colour: boolean): Printer {
  const onTerminal = stdout.isTTY === true;
  const json = output.format === 'json' || output.format === 'ndjson';
  return {
    async value(value) {
      const text =
        onTerminal && (output.format === null || output.format === 'table')
          ? await painted(value, stdout.columns ?? FALLBACK_WIDTH, colour ? env : null)
          : await plainText(value, output);
      if (text !== '') stdout.write(text);
    },
    text: (text) => void stdout.write(line(text)),
    note: (text) => void stderr.write(line(text)),
    async failure(error) {
      stderr.write(
        json
          ? failureJson(error)
          : await failureText(error, colour && onTerminal && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb'),
      );
    },
    pipe: {
      input: stdin as unknown as AsyncIterable<Uint8Array>,
      async write(bytes) {
        if (!stdout.write(bytes)) await new Promise<void>((resolve) => stdout.once('drain', resolve));
      },
    },
  };
}

async function painted(value: Value, width: number, env: Io['env'] | null): Promise<string> {
  const [{ layoutValue }, { paint }, { colourDepth }] = await Promise.all([
    import('./plain/value-layout.ts'),
    import('./term/style.ts'),
    import('./term/colour.ts'),
  ]);
  const depth = env === null ? 'none' : colourDepth(env);
  return layoutValue(value, width)
    .map((styled) => `${paint(styled, depth)}\n`)
    .join('');
}
