/** How long the shell takes to be there, as multiples of a bare `node -e 0` on the same machine. */
import { median, printRows, timeCommand, TypedShell, XM } from './measure.ts';

export async function startup(): Promise<void> {
  const bareMs = timeCommand(['-e', '0']);
  const listMs = timeCommand([XM, '-c', 'list']);
  const prompts: number[] = [];
  for (let i = 0; i < 7; i++) {
    using shell = new TypedShell();
    prompts.push(await shell.sees(/xm>/));
  }
  const promptMs = median(prompts);
  printRows('Start-up', [
    { what: 'bare node -e 0', measured: `${bareMs.toFixed(0)} ms`, wanted: '', ok: null },
    {
      what: 'xm -c list',
      measured: `${listMs.toFixed(0)} ms, ${(listMs / bareMs).toFixed(1)} times bare`,
      wanted: 'at most 3',
      ok: listMs <= 3 * bareMs,
    },
    {
      what: 'first prompt',
      measured: `${promptMs.toFixed(0)} ms, ${(promptMs / bareMs).toFixed(1)} times bare`,
      wanted: 'at most 6',
      ok: promptMs <= 6 * bareMs,
    },
  ]);
}
