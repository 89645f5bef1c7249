/** Rows on the screen. Everything above this is data; everything below it is Ink. */
import { Box, Text, useCursor, useStdout } from 'ink';
import { type ReactElement, useLayoutEffect } from 'react';
import type { ColourDepth } from '../term/colour.ts';
import { paint, type StyledLine } from '../term/style.ts';

/** A picture of the live region: rows no wider than the screen, and where the cursor stands (null: hidden). */
export interface Frame {
  readonly rows: readonly StyledLine[];
  readonly cursor: { readonly row: number; readonly column: number } | null;
}

export const EMPTY_FRAME: Frame = { rows: [], cursor: null };

export interface PaintedProps {
  readonly frame: Frame;
  readonly depth: ColourDepth;
  /** Receives Ink's way of writing above the frame, once. */
  readonly onReady?: (writeAbove: (text: string) => void) => void;
}

export function Painted({ frame, depth, onReady }: PaintedProps): ReactElement {
  const { setCursorPosition } = useCursor();
  const { write } = useStdout();
  useLayoutEffect(() => onReady?.(write), [onReady, write]);
  setCursorPosition(frame.cursor ? { x: frame.cursor.column, y: frame.cursor.row } : undefined);
  return (
    <Box flexDirection="column">
      {frame.rows.map((row, at) => (
        // An empty Text has no height: a blank keeps the row.
        // oxlint-disable-next-line react/no-array-index-key
        <Text key={at} wrap="truncate">
          {paint(row, depth) || ' '}
        </Text>
      ))}
    </Box>
  );
}
