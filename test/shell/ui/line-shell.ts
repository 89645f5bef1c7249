/** The whole shell, its language and its commands, over a machine that is a fake: what the pseudo-terminal tests start. */
import { cli } from '../../../src/shell/cli.ts';
import { processIo } from '../../../src/shell/io.ts';
import { fakeToolstack } from '../fake-toolstack.ts';

const machine = fakeToolstack();
process.exitCode = await cli(process.argv.slice(2), { ...processIo(), openMachine: () => Promise.resolve(machine) });
