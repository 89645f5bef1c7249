/** Property tests run the same cases every time; `FC_SEED=N` tries others. */
import { configureGlobal } from 'fast-check';

configureGlobal({ seed: Number(process.env.FC_SEED ?? 42) });
