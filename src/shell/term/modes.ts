/** The control sequences we send ourselves. Names and numbers: xterm's "ctlseqs", DEC private modes. */
export const BRACKETED_PASTE_ON = '\u001b[?2004h';
export const BRACKETED_PASTE_OFF = '\u001b[?2004l';
export const SHOW_CURSOR = '\u001b[?25h';
export const RESET_STYLE = '\u001b[0m';
export const LEAVE_ALTERNATE_SCREEN = '\u001b[?1049l';
/** Synchronized output (mode 2026): the terminal shows what is between as one change. */
export const BEGIN_UPDATE = '\u001b[?2026h';
export const END_UPDATE = '\u001b[?2026l';

const ESC = '\u001b';

/**
 * Undoes what a guest may have left behind on the console, without moving the cursor: colours, hidden cursor, application keys, mouse
 * reports, focus reports, line drawing, insert mode, no wrap, scroll region (whose reset homes the cursor, hence save and restore).
 */
export const TAME_TERMINAL: string = [
  `${ESC}7`,
  `${ESC}[r`,
  `${ESC}8`,
  RESET_STYLE,
  '\u000f',
  `${ESC}(B`,
  `${ESC}[4l`,
  `${ESC}[?7h`,
  `${ESC}[?1l`,
  `${ESC}>`,
  ...[1000, 1002, 1003, 1004, 1005, 1006].map((mode) => `${ESC}[?${mode}l`),
  SHOW_CURSOR,
].join('');
