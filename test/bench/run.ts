/** `npm run bench [name…]`: the figures of the project, as ratios where two things run side by side. */
import { churn } from './churn.ts';
import { boot, density, idleCost, speed } from './guests.ts';
import { language } from './language.ts';
import { processor } from './processor.ts';
import { profile } from './profile.ts';
import { startup } from './startup.ts';
import { translation } from './translation.ts';

const BENCHMARKS: Readonly<Record<string, () => Promise<void>>> = {
  startup,
  language,
  boot,
  speed,
  processor,
  translation,
  churn,
  profile,
  density,
  idle: idleCost,
};

const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : Object.keys(BENCHMARKS)) {
  const benchmark = BENCHMARKS[name];
  if (!benchmark) {
    console.error(`no benchmark '${name}'; there are: ${Object.keys(BENCHMARKS).join(', ')}`);
    process.exit(2);
  }
  await benchmark();
}
process.exit(0);
