/** top: the live view on a terminal, xentop's batch mode without one. */
import { xentopBatch, xentopJson } from '../plain/xentop.ts';
import { addSample, NO_DATA } from '../ui/top/samples.ts';
import { orAborted } from './abort.ts';
import { NOTHING, type Command } from './command.ts';
import { durationNs, integer } from './numbers.ts';

const DEFAULT_DELAY_NS = { live: 1e9, batch: 3e9 };
const LEAST_DELAY_MS = 50;

export const top: Command = {
  name: 'top',
  group: 'host',
  summary: 'Monitor the host and its domains in real time',
  details:
    'On a terminal a live view with the columns and keys of xentop; q leaves it. With -b, or without a terminal, the same table again and again as xentop -b prints it; ' +
    'its first table shows no CPU use, because there is nothing to compare with yet. With --json each sample is one line of JSON.',
  positionals: [],
  options: [
    { long: 'delay', short: 'd', summary: 'seconds between updates', value: 'duration' },
    { long: 'batch', short: 'b', summary: 'print tables instead of the live view', value: null },
    { long: 'iterations', short: 'i', summary: 'stop after this many tables', value: 'number' },
    { long: 'full-name', short: 'f', summary: 'do not cut names', value: null },
    { long: 'vcpus', short: 'v', summary: 'CPU time of each virtual CPU too', value: null },
    { long: 'networks', short: 'n', summary: 'network devices too', value: null },
    { long: 'vbds', short: 'x', summary: 'block devices too', value: null },
    { long: 'repeat-header', short: 'r', summary: 'heading before every domain', value: null },
    { long: 'dom0-first', short: 'z', summary: 'Domain-0 first', value: null },
  ],
  effect: 'reads',
  examples: [
    { run: 'top', says: 'the live view' },
    { run: 'top -b -i 2 -d 1', says: 'two tables, one second apart' },
    { run: 'top --json -i 5', says: 'five samples, a line of JSON each' },
  ],
  async run(context, args) {
    const json = context.output.format === 'json' || context.output.format === 'ndjson';
    const live = context.terminal !== null && !json && !args.flag('batch') && !args.flag('iterations');
    const delay = args.value('delay');
    const delayNs = delay === undefined ? DEFAULT_DELAY_NS[live ? 'live' : 'batch'] : durationNs(delay, 'the delay');
    const delayMs = Math.max(LEAST_DELAY_MS, delayNs / 1e6);
    if (live) {
      await context.terminal!.top({ delayMs });
      return NOTHING;
    }
    const iterations = args.value('iterations');
    const wanted =
      iterations === undefined ? Number.POSITIVE_INFINITY : integer(iterations, 'the number of iterations', { min: 1, max: 1e9 });
    const options = {
      fullNames: args.flag('full-name'),
      vcpus: args.flag('vcpus'),
      repeatHeading: args.flag('repeat-header'),
      dom0First: args.flag('dom0-first'),
      heading: context.output.heading,
    };
    const samples = context.toolstack.samples(delayMs)[Symbol.asyncIterator]();
    let data = NO_DATA;
    for (let taken = 0; taken < wanted; taken++) {
      const next = await orAborted(context.signal, samples.next());
      if (next.done) break;
      data = addSample(data, next.value);
      context.host.print(json ? xentopJson(data) : xentopBatch(data, options).replace(/\n$/, ''));
    }
    // A reader that waits for its next sample would only hear of this after that sample.
    void samples.return?.();
    return NOTHING;
  },
};
