/** The program: what bin/xm loads. */
import { cli } from './cli.ts';
import { processIo } from './io.ts';

/** A reader that has gone away (`xm list | head -1`) is no mistake: there is just nothing more to do. */
const onOutputError = (error: NodeJS.ErrnoException): void => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
};
process.stdout.on('error', onOutputError);
process.stderr.on('error', onOutputError);

const code = await cli(process.argv.slice(2), processIo());
// What was written to a pipe may still be on its way; a machine that was stopped may still hold a timer.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((flushed) => stream.write('', flushed))));
process.exit(code);
