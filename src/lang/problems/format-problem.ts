/** A diagnostic as text: what, where, the line, and the place underlined with what to do. */
import type { Problem, Severity } from '../problem.ts';

const SGR: Readonly<Record<Severity | 'dim' | 'bold', string>> = { error: '1;31', warning: '1;33', hint: '1;36', dim: '90', bold: '1' };

/** Characters that are shown of a longer line, and how many of them before the place. */
const WIDTH = 160;
const BEFORE = 60;

/** `text`: the text that the problem's span points into. Ends without a newline. */
export function formatProblem(problem: Problem, text: string, colour = false): string {
  const { message, span, severity, help } = problem;
  const paint = (words: string, role: Severity | 'dim' | 'bold'): string => (colour ? `\u001b[${SGR[role]}m${words}\u001b[0m` : words);
  const head = `${paint(`${severity}:`, severity)} ${paint(printable(message), 'bold')}`;
  const place = paint(`  --> ${printable(span.file)}:${span.line}:${span.column}`, 'dim');
  const line = around(lineAt(text, span.start), span.start);
  const number = String(span.line);
  const gutter = ' '.repeat(Math.max(4, number.length));
  const shown = `${line.cutBefore}${printable(line.text)}${line.cutAfter}`;
  const before = line.cutBefore.length + printable(line.text.slice(0, span.start - line.start)).length;
  const marked = printable(line.text.slice(span.start - line.start, span.end - line.start)).length;
  const underline = `${' '.repeat(before)}${paint('^'.repeat(Math.max(1, marked)), severity)}`;
  const tail = help === undefined ? '' : ` ${printable(help)}`;
  return [
    head,
    place,
    `${paint(`${number.padStart(gutter.length)} |`, 'dim')} ${shown}`,
    `${paint(`${gutter} |`, 'dim')} ${underline}${tail}`,
  ].join('\n');
}

/** Part of a text, and where it begins. */
interface Part {
  readonly text: string;
  readonly start: number;
}

/** What is shown of a line that goes on for ever: the place, and a little before it. */
function around({ text, start }: Part, place: number): Part & { readonly cutBefore: string; readonly cutAfter: string } {
  if (text.length <= WIDTH) return { text, start, cutBefore: '', cutAfter: '' };
  const from = Math.max(0, Math.min(place - start - BEFORE, text.length - WIDTH));
  return {
    text: text.slice(from, from + WIDTH),
    start: start + from,
    cutBefore: from > 0 ? '…' : '',
    cutAfter: from + WIDTH < text.length ? '…' : '',
  };
}

function lineAt(text: string, offset: number): Part {
  const start = text.lastIndexOf('\n', Math.min(offset, text.length) - 1) + 1;
  const end = text.indexOf('\n', start);
  return { text: text.slice(start, end < 0 ? undefined : end).replace(/\r$/, ''), start };
}

/** Tabs and control characters would break the alignment of the underline, and a file may try to drive the terminal. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/\t/g, '    ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
}
