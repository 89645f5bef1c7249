/** MXCSR (SDM vol. 1, 10.2.3). */
import type { Description } from './instruction.ts';
import { sse } from './vector.ts';

const RESERVED = 0xffff_0000;
const GENERAL_PROTECTION = 13;

export const sseControl: readonly Description[] = [
  sse('ldmxcsr', ['NP 0f ae /2 Md'], (t, m) => {
    const value = m!.read();
    t.if(t.and(value, t.i32(RESERVED | 0)), () => t.raise(GENERAL_PROTECTION));
    t.setMxcsr(value);
  }),
  sse('stmxcsr', ['NP 0f ae /3 Md'], (t, m) => m!.write(t.mxcsr())),
];
