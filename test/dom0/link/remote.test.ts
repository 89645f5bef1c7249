import { describe, expect, test } from 'vitest';
import { MessageChannel } from 'node:worker_threads';
import type { Channel, ToClient, ToServer } from '../../../src/dom0/link/protocol.ts';
import { RemoteToolstack } from '../../../src/dom0/link/remote-toolstack.ts';
import { serveToolstack } from '../../../src/dom0/link/serve-toolstack.ts';
import { ToolstackError, type HostSample, type Toolstack } from '../../../src/dom0/toolstack/types.ts';
import { failure, NEVER, pebble, SECOND, testMachine, type TestMachine } from '../support/test-machine.ts';

interface Linked extends AsyncDisposable {
  readonly machine: TestMachine;
  readonly toolstack: Toolstack;
  readonly remote: RemoteToolstack;
}

/** A toolstack and its user, with a message port between them. `instead`: operations that answer in their own way. */
function linked(instead: Partial<Toolstack> = {}): Linked {
  const machine = testMachine();
  const { port1, port2 } = new MessageChannel();
  const server: Channel<ToClient, ToServer> = {
    send: (message) => port1.postMessage(message),
    onMessage: (listener) => void port1.on('message', listener),
  };
  const client: Channel<ToServer, ToClient> = {
    send: (message) => port2.postMessage(message),
    onMessage: (listener) => void port2.on('message', listener),
  };
  serveToolstack({ toolstack: { ...machine.local.toolstack, ...instead }, moves: machine.local.moves }, server);
  const remote = new RemoteToolstack(client);
  return {
    machine,
    remote,
    toolstack: remote.toolstack,
    async [Symbol.asyncDispose]() {
      await machine[Symbol.asyncDispose]();
      port1.close();
    },
  };
}

test('operations answer as they do at home', async () => {
  await using link = linked();
  const { toolstack } = link;
  expect(await toolstack.create(pebble('p'), { paused: true })).toMatchObject({ domid: 1, name: 'p', state: 'paused' });
  const names = async (at: Toolstack): Promise<unknown> => (await at.list()).map(({ domid, name, uuid }) => [domid, name, uuid]);
  expect(await names(toolstack)).toEqual(await names(link.machine.toolstack));
  await toolstack.xenstoreWrite('/a', 'b');
  expect(await toolstack.xenstoreRead('/a')).toBe('b');
  await toolstack.warm?.();
});

test('failures keep their code, hint and field, and are errors', async () => {
  await using link = linked();
  const error = await link.toolstack.create(pebble('p', { kernel: '/nowhere' })).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ToolstackError);
  expect(error).toMatchObject({ code: 'file-not-found', field: 'kernel', hint: expect.any(String) as string });
});

test('a bug of ours arrives as one, with the stack of where it happened', async () => {
  await using link = linked({
    list: () => {
      throw new TypeError('oops');
    },
  });
  const error = (await link.toolstack.list().catch((thrown: unknown) => thrown)) as ToolstackError;
  expect(error.code).toBe('internal');
  expect(error.message).toBe('TypeError: oops');
  expect(error.stack).toMatch(/remote\.test/);
});

describe('consoles', () => {
  test('carry bytes both ways, and end', async () => {
    await using link = linked();
    const { toolstack } = link;
    await toolstack.create(pebble('p'));
    const console = await toolstack.console('p', 'start');
    const output = console.output[Symbol.asyncIterator]();
    let text = '';
    const until = async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(text)) text += Buffer.from((await output.next()).value!).toString('latin1');
    };
    await until(/pebble> /);
    await console.write(Buffer.from('echo hello\r'));
    await until(/hello\r\npebble> /);
    await toolstack.destroy('p');
    expect((await output.next()).done).toBe(true);
    expect(await failure(console.write(Buffer.from('x')))).toMatchObject({ code: 'wrong-state' });
  });

  test('can be left while nothing comes, and then nothing is left on the other side', async () => {
    await using link = linked();
    await link.toolstack.create(pebble('p'), { paused: true });
    const console = await link.toolstack.console('p', 'start');
    const waiting = console.output[Symbol.asyncIterator]().next();
    await console.close();
    expect((await waiting).done).toBe(true);
    expect(await failure(link.toolstack.console('nobody', 'now'))).toMatchObject({ code: 'no-such-domain' });
  });

  test('what was printed before a question was asked has come when it is answered', async () => {
    await using link = linked();
    const { toolstack } = link;
    await toolstack.create(pebble('p'));
    await link.machine.sees('p', /pebble> /);
    const console = await toolstack.console('p', 'start');
    const chunks: Uint8Array[] = [];
    void (async () => {
      for await (const chunk of console.output) chunks.push(chunk);
    })();
    for (let seen = -1; seen !== chunks.length;) {
      seen = chunks.length;
      await toolstack.time();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await console.close();
    expect(Buffer.concat(chunks).toString()).toMatch(/pebble> $/);
  });
});

describe('streams', () => {
  async function* numbers(taken: { count: number }): AsyncGenerator<HostSample> {
    for (; ; taken.count++) yield { timeNs: taken.count } as HostSample;
  }

  test('are taken no further than their reader goes, and a little ahead', async () => {
    const taken = { count: 0 };
    await using link = linked({ samples: () => numbers(taken) });
    const samples = link.toolstack.samples(1)[Symbol.asyncIterator]();
    for (let i = 0; i < 100; i++) expect((await samples.next()).value).toEqual({ timeNs: i });
    await link.toolstack.time();
    expect(taken.count).toBeLessThan(100 + 32);
    await samples.return?.();
    await link.toolstack.time();
    const { count } = taken;
    await link.toolstack.time();
    expect(taken.count).toBe(count);
  });

  test('that fail say so once, after what came before', async () => {
    await using link = linked({
      // oxlint-disable-next-line typescript/require-await
      samples: async function* () {
        yield { timeNs: 1 } as HostSample;
        throw new ToolstackError({ code: 'invalid', message: 'no more' });
      },
    });
    const samples = link.toolstack.samples(1)[Symbol.asyncIterator]();
    expect((await samples.next()).value).toEqual({ timeNs: 1 });
    await expect(samples.next()).rejects.toMatchObject({ code: 'invalid', message: 'no more' });
    expect((await samples.next()).done).toBe(true);
  });

  test('of events are heard from the moment they are asked for', async () => {
    await using link = linked();
    const events = link.toolstack.events()[Symbol.asyncIterator]();
    await link.toolstack.create(pebble('p'), { paused: true });
    expect((await events.next()).value).toMatchObject({ kind: 'created', name: 'p' });
  });
});

test('a wait can be given up from here', async () => {
  await using link = linked();
  const enough = new AbortController();
  const waiting = failure(link.toolstack.sleepUntil(NEVER, enough.signal));
  enough.abort();
  expect(await waiting).toMatchObject({ code: 'cancelled' });
  await link.toolstack.sleepUntil(SECOND);
});

test('virtual time stands still from an answer to the next question', async () => {
  await using link = linked();
  const { toolstack } = link;
  const started = toolstack.sleepUntil(1000 * SECOND);
  await toolstack.sleepUntil(5 * SECOND);
  expect((await toolstack.time()).nowNs).toBeLessThan(6 * SECOND);
  await started;
});

test('when the other end is lost, all that waits fails, and all that comes', async () => {
  await using link = linked();
  const { toolstack, remote } = link;
  const waiting = failure(toolstack.sleepUntil(NEVER));
  const event = toolstack.events()[Symbol.asyncIterator]().next();
  remote.lose(new ToolstackError({ code: 'internal', message: 'gone' }));
  expect(await waiting).toMatchObject({ code: 'internal', message: 'gone' });
  await expect(event).rejects.toMatchObject({ message: 'gone' });
  expect(await failure(toolstack.list())).toMatchObject({ message: 'gone' });
});
