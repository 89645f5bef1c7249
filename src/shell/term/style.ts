/**
 * Styled text: runs of text with a role. Roles become SGR sequences only when painted, so that rows can be measured, cut and tested
 * as plain data. Colours are those of the terminal's own palette, which the person has already made readable on their background.
 */
import type { ColourDepth } from './colour.ts';
import { cutToWidth, displayWidth } from './width.ts';

/** [basic, rich] SGR parameters; with no colour only the attributes that `plain` names remain. */
interface Paint {
  readonly basic: string;
  readonly rich?: string;
  readonly plain?: string;
}

/** What a piece of text is, not what it looks like. */
const PAINTS = {
  text: { basic: '' },
  ok: { basic: '32' },
  warn: { basic: '33' },
  error: { basic: '31' },
  name: { basic: '36' },
  number: { basic: '33' },
  dim: { basic: '90', rich: '38;5;245' },
  strong: { basic: '1', plain: '1' },
  heading: { basic: '1', plain: '1' },
  selection: { basic: '7', plain: '7' },
  match: { basic: '1;35', plain: '1' },
  prompt: { basic: '1;34', plain: '1' },
  suggestion: { basic: '90', rich: '38;5;243' },
  command: { basic: '1;36', plain: '1' },
  'unknown-command': { basic: '31' },
  option: { basic: '34' },
  string: { basic: '32' },
  keyword: { basic: '35' },
  key: { basic: '36' },
  comment: { basic: '90', rich: '38;5;245' },
  operator: { basic: '' },
  variable: { basic: '33' },
  mistake: { basic: '4;31', rich: '31;4:3;58;5;1', plain: '4' },
  bar: { basic: '7', plain: '7' },
  'bar-strong': { basic: '1;7', plain: '1;7' },
  'bar-active': { basic: '30;43', plain: '1;7' },
  spark: { basic: '36' },
} as const;

export type Role = keyof typeof PAINTS;

export interface Run {
  readonly text: string;
  readonly role: Role;
}

export type StyledLine = readonly Run[];

export function run(text: string, role: Role = 'text'): Run {
  return { text, role };
}

function parametersOf(role: Role, depth: ColourDepth): string {
  const paint: Paint = PAINTS[role];
  if (depth === 'none') return paint.plain ?? '';
  return depth === 'rich' ? (paint.rich ?? paint.basic) : paint.basic;
}

/** Each run closes its own style, so that rows can be joined and cut anywhere. */
export function paint(line: StyledLine, depth: ColourDepth): string {
  let painted = '';
  for (const { text, role } of line) {
    const parameters = text === '' ? '' : parametersOf(role, depth);
    painted += parameters === '' ? text : `\u001b[${parameters}m${text}\u001b[0m`;
  }
  return painted;
}

export function plainText(line: StyledLine): string {
  return line.map(({ text }) => text).join('');
}

export function lineWidth(line: StyledLine): number {
  return line.reduce((width, { text }) => width + displayWidth(text), 0);
}

/** Cuts to `columns`; what does not fit ends in an ellipsis. Never wider than asked. */
export function fitLine(line: StyledLine, columns: number): StyledLine {
  if (lineWidth(line) <= columns) return line;
  if (columns <= 0) return [];
  const kept: Run[] = [];
  let room = columns - 1;
  for (const { text, role } of line) {
    const piece = cutToWidth(text, room);
    kept.push({ text: piece, role });
    room -= displayWidth(piece);
    if (piece.length < text.length) {
      kept.push({ text: '…', role });
      break;
    }
  }
  return kept;
}

/** Fills with blanks of `role` up to `columns`: a bar across the screen. */
export function padLine(line: StyledLine, columns: number, role: Role): StyledLine {
  const missing = columns - lineWidth(line);
  return missing > 0 ? [...line, { text: ' '.repeat(missing), role }] : line;
}
