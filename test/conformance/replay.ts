/** Replays recorded vectors on both engines. */
import { differences } from './differences.ts';
import { Processor, type Code, type Outcome } from './processor.ts';
import { unpackVectors, type Group } from './vectors.ts';

/** Cases at a time: their states take room. */
const CHUNK = 6000;
const SHOWN = 10;

export interface Replay {
  /** How many cases ran as part of a region. */
  readonly translated: number;
  /** What was not as on silicon, with the case: the first few. */
  readonly wrong: readonly string[];
}

export function replay(group: Group, code: Code = group === 'segments' ? 'segments' : group === 'compatibility' ? 'flat' : 'long'): Replay {
  const interpreter = new Processor('interpreter', code);
  const translator = new Processor('translator', code);
  const wrong: string[] = [];
  let translated = 0;
  type Recorded = ReturnType<typeof unpackVectors> extends Generator<infer V> ? V : never;
  const compare = (engine: string, { name, code, flagsMask, state, outcome }: Recorded, ours: Outcome): void => {
    const problems = differences(name.split(' ')[0]!, flagsMask, state, ours, outcome);
    if (problems.length > 0) wrong.push(`${engine}: ${name}: ${Buffer.from(code).toString('hex')} ${problems.join('; ')}`);
  };
  const chunk: Recorded[] = [];
  const run = (): void => {
    for (const one of chunk) compare('interpreter', one, interpreter.run(one));
    let i = 0;
    for (const ours of translator.runTranslated(chunk)) {
      const one = chunk[i++]!;
      if (!ours) continue;
      translated++;
      compare('translator', one, ours);
    }
    chunk.length = 0;
  };
  for (const one of unpackVectors(group)) if (chunk.push(one) === CHUNK) run();
  run();
  return { translated, wrong: wrong.slice(0, SHOWN) };
}
