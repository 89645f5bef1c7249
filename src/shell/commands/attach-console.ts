/** A guest's console where the command was typed: the whole terminal, or without one our stdin and stdout. */
import type { ConsoleStream, DomainInfo } from '../../dom0/toolstack/types.ts';
import type { CommandContext, Pipe } from './command.ts';
import { orAborted } from './abort.ts';
import { ShellFailure } from './failure.ts';

/** When our input has ended, the console is left once the guest has said nothing for this long. */
const QUIET_NS = 1e9;

export async function attachConsole(context: CommandContext, { domid, name }: DomainInfo): Promise<void> {
  if (context.terminal) {
    await context.terminal.attachConsole(String(domid));
    return;
  }
  if (!context.pipe)
    throw new ShellFailure('not-supported', `the console of ${name} needs a terminal`, {
      hint: 'in a script, talk to it with: console NAME { expect …; send … }',
    });
  const stream = await context.toolstack.console(domid, 'start');
  try {
    await copyBothWays(context, context.pipe, stream);
  } finally {
    await stream.close().catch(() => undefined);
  }
}

async function copyBothWays({ signal, toolstack }: CommandContext, pipe: Pipe, stream: ConsoleStream): Promise<void> {
  let heardNs = 0;
  const heard = async (): Promise<void> => {
    heardNs = (await toolstack.time()).nowNs;
  };
  const output = async (): Promise<void> => {
    for await (const chunk of stream.output) {
      await pipe.write(chunk);
      await heard();
    }
  };
  const input = async (): Promise<void> => {
    for await (const chunk of pipe.input) await stream.write(chunk);
    await heard();
    for (let now = heardNs; now < heardNs + QUIET_NS; now = (await toolstack.time()).nowNs) await toolstack.sleepUntil(heardNs + QUIET_NS);
  };
  await orAborted(signal, Promise.race([output(), input()]));
}
