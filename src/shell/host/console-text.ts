/** What a guest has printed so far, without waiting for what it prints next. */
import type { Toolstack } from '../../dom0/toolstack/types.ts';

export async function consoleText(toolstack: Toolstack, domid: number): Promise<string> {
  const stream = await toolstack.console(domid, 'start');
  const chunks: Uint8Array[] = [];
  const reading = (async (): Promise<void> => {
    for await (const chunk of stream.output) chunks.push(chunk);
  })();
  reading.catch(() => undefined);
  try {
    // The link keeps its order: what was printed before this question was asked has arrived when it is answered, once the
    // reader above has had its turns.
    for (let seen = -1; seen !== chunks.length;) {
      seen = chunks.length;
      await toolstack.time();
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    await stream.close();
  }
  return Buffer.concat(chunks).toString('utf8').replaceAll('\r\n', '\n');
}
