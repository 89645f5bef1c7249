import { expect, test } from 'vitest';
import { openMachine } from '../../../src/dom0/link/open-machine.ts';
import { failure, pebble } from '../support/test-machine.ts';

test.each([true, false])('a machine (in a thread: %s) opens, boots a guest, and halts', async (thread) => {
  const toolstack = await openMachine({ thread, memoryMiB: 64, cpus: 2 });
  expect(await toolstack.info()).toMatchObject({ nr_cpus: '2', total_memory: '64' });
  expect(await toolstack.time()).toMatchObject({ clock: 'real' });
  await toolstack.warm?.();
  await toolstack.create(pebble('p'));
  const console = await toolstack.console('p', 'start');
  let text = '';
  for await (const bytes of console.output) {
    text += Buffer.from(bytes).toString('latin1');
    if (text.includes('pebble> ')) break;
  }
  await toolstack.halt();
  expect(await failure(toolstack.list())).toMatchObject({ code: 'cancelled' });
  await toolstack.halt();
});

test('a machine is 1024 MiB and 4 CPUs unless something else is said', async () => {
  const toolstack = await openMachine({ thread: false });
  expect(await toolstack.info()).toMatchObject({ nr_cpus: '4', total_memory: '1024' });
  expect(await toolstack.domain(0)).toMatchObject({ memoryKiB: 16 * 1024 });
  await toolstack.halt();
});

test.each([{ memoryMiB: 8 }, { memoryMiB: 5000 }, { memoryMiB: 1.5 }, { cpus: 0 }, { cpus: 65 }])(
  'a machine of %o is refused in words',
  async (options) => {
    for (const thread of [true, false]) expect(await failure(openMachine({ thread, ...options }))).toMatchObject({ code: 'invalid' });
  },
);
