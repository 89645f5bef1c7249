/** All instructions. */
import { arith } from './arith.ts';
import { bit } from './bit.ts';
import { branch } from './branch.ts';
import { compatibility } from './compatibility.ts';
import type { Description } from './instruction.ts';
import { move } from './move.ts';
import { mulDiv } from './mul-div.ts';
import { segment } from './segment.ts';
import { shift } from './shift.ts';
import { sseControl } from './sse-control.ts';
import { sseConversions } from './sse-convert.ts';
import { sseFloats } from './sse-float.ts';
import { sseIntegers } from './sse-integer.ts';
import { sseMoves } from './sse-move.ts';
import { sseShuffles } from './sse-shuffle.ts';
import { sseStrings } from './sse-string.ts';
import { string } from './string.ts';
import { system } from './system.ts';
import { x87 } from './x87.ts';
import { xsave } from './xsave.ts';

export const INSTRUCTIONS: readonly Description[] = [
  ...arith,
  ...bit,
  ...branch,
  ...compatibility,
  ...move,
  ...mulDiv,
  ...segment,
  ...shift,
  ...string,
  ...sseControl,
  ...sseFloats,
  ...sseConversions,
  ...sseMoves,
  ...sseIntegers,
  ...sseShuffles,
  ...sseStrings,
  ...x87,
  ...xsave,
  ...system,
];
