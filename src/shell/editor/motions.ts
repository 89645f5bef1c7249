/** Where the cursor can go. Each motion makes a move and, with shift, a selection. */
import type { EditorState } from './state.ts';
import { lineEnd, lineStart, nextGrapheme, previousGrapheme, wordLeft, wordRight } from './text.ts';

export type MotionName = 'left' | 'right' | 'word-left' | 'word-right' | 'line-start' | 'line-end' | 'text-start' | 'text-end';

type Motion = (state: EditorState) => number;

const MOTIONS: Readonly<Record<MotionName, Motion>> = {
  left: ({ text, cursor }) => previousGrapheme(text, cursor),
  right: ({ text, cursor }) => nextGrapheme(text, cursor),
  'word-left': ({ text, cursor }) => wordLeft(text, cursor),
  'word-right': ({ text, cursor }) => wordRight(text, cursor),
  'line-start': ({ text, cursor }) => lineStart(text, cursor),
  'line-end': ({ text, cursor }) => lineEnd(text, cursor),
  'text-start': () => 0,
  'text-end': ({ text }) => text.length,
};

export function motion(name: MotionName): Motion {
  return MOTIONS[name];
}
