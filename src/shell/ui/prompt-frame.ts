/** The live region as data: jobs, the line, what hangs below it. Never taller than half the screen. */
import { layOut, type Layout, type RoleSpan } from '../editor/layout.ts';
import type { Menu } from '../editor/menu.ts';
import { type EditorState, selection } from '../editor/state.ts';
import { fitLine, padLine, run, type Run, type StyledLine } from '../term/style.ts';
import type { Size } from '../term/terminal.ts';
import { cutToWidth, displayWidth, padEnd } from '../term/width.ts';
import { type JobView, VISIBLE_AFTER_MS } from './job.ts';
import type { SearchState } from './line-input.ts';
import type { Frame } from './painted.tsx';

export const PROMPT: StyledLine = [run('xm>', 'prompt'), run(' ')];
export const CONTINUATION: StyledLine = [run('  … ', 'dim')];
/** The prompt while something runs: typing ahead works, but it waits. */
const WAITING_PROMPT: StyledLine = [run('xm> ', 'dim')];
const SEARCH_PROMPT: StyledLine = [run('history>', 'prompt'), run(' ')];

const SPINNER = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const SPINNER_STEP_MS = 100;
const BAR_CELLS = 16;
const MENU_ROWS = 8;

export interface PromptModel {
  readonly editor: EditorState;
  readonly spans: readonly RoleSpan[];
  readonly suggestion: string;
  readonly menu: Menu | null;
  readonly search: SearchState | null;
  readonly foreground: JobView | null;
  readonly background: readonly JobView[];
  /** Lines that wait for the job to end. */
  readonly queued: readonly string[];
  /** A question, or a hint that goes with the next key. */
  readonly below: readonly StyledLine[];
}

export function promptFrame(model: PromptModel, size: Size): Frame {
  const { columns } = size;
  const height = Math.max(1, Math.floor(size.rows / 2));
  const above: StyledLine[] = model.background.filter(isVisible).map((job) => jobRow(job, false));
  if (model.foreground) above.push(isVisible(model.foreground) ? jobRow(model.foreground, true) : []);
  for (const line of model.queued) above.push([run('  ⋯ ', 'dim'), run(line.split('\n')[0]!, 'dim')]);
  const fittedAbove = above.slice(0, Math.max(0, height - 1)).map((row) => fitLine(row, columns));

  const idle = model.foreground && model.editor.text === '' && !model.search && model.below.length === 0;
  if (idle) return { rows: fittedAbove, cursor: null };

  const room = height - fittedAbove.length;
  const layout = inputRows(model, columns, room);
  const left = room - layout.rows.length;
  const below = belowRows(model, columns, left);
  return {
    rows: [...fittedAbove, ...layout.rows, ...below],
    cursor: { row: fittedAbove.length + layout.cursor.row, column: layout.cursor.column },
  };
}

function inputRows({ editor, spans, suggestion, search, foreground, menu, below }: PromptModel, columns: number, room: number): Layout {
  const keep = menu || below.length > 0 ? Math.min(3, Math.floor(room / 2)) : 0;
  if (search) {
    const { query } = search;
    return layOut({
      text: query.text,
      cursor: query.cursor,
      spans: [],
      selected: selection(query),
      suggestion: '',
      prompt: SEARCH_PROMPT,
      continuation: CONTINUATION,
      columns,
      maxRows: 1,
    });
  }
  return layOut({
    text: editor.text,
    cursor: editor.cursor,
    spans,
    selected: selection(editor),
    suggestion,
    prompt: foreground ? WAITING_PROMPT : PROMPT,
    continuation: CONTINUATION,
    columns,
    maxRows: Math.max(1, room - keep),
  });
}

function belowRows({ menu, search, below }: PromptModel, columns: number, room: number): StyledLine[] {
  if (search) return searchRows(search, columns, Math.min(MENU_ROWS, room));
  if (menu) return menuRows(menu, columns, Math.min(MENU_ROWS, room));
  return below.slice(0, room).map((row) => fitLine(row, columns));
}

const isVisible = (job: JobView): boolean => job.elapsedMs >= VISIBLE_AFTER_MS;

function jobRow({ id, title, stage, fraction, elapsedMs, cancelling }: JobView, foreground: boolean): StyledLine {
  const frame = SPINNER[Math.floor(elapsedMs / SPINNER_STEP_MS) % SPINNER.length]!;
  const row: Run[] = [run(`${frame} `, cancelling ? 'warn' : 'ok')];
  if (!foreground) row.push(run(`[${id}] `, 'dim'));
  row.push(run(title, 'text'));
  if (cancelling) {
    row.push(run(`  cancelling ${elapsed(elapsedMs)}`, 'warn'), run('  Ctrl-C again stops waiting for it', 'dim'));
    return row;
  }
  if (stage !== null) row.push(run(`  ${stage}`, 'dim'));
  if (fraction !== null) {
    const done = Math.round(Math.max(0, Math.min(1, fraction)) * BAR_CELLS);
    row.push(
      run('  '),
      run('━'.repeat(done), 'ok'),
      run('━'.repeat(BAR_CELLS - done), 'dim'),
      run(` ${Math.round(fraction * 100)}%`, 'number'),
    );
  }
  row.push(run(`  ${elapsed(elapsedMs)}`, 'dim'));
  if (foreground) row.push(run('  Ctrl-C cancels', 'dim'));
  return row;
}

export function elapsed(elapsedMs: number): string {
  const seconds = elapsedMs / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  return `${Math.floor(seconds / 60)}m${String(Math.floor(seconds % 60)).padStart(2, '0')}s`;
}

/** The part of a list that a window of `height` shows around `chosen`. */
function windowStart(count: number, chosen: number, height: number): number {
  return Math.max(0, Math.min(chosen - height + 1, count - height));
}

function menuRows({ items, chosen }: Menu, columns: number, height: number): StyledLine[] {
  if (height < 1) return [];
  const first = windowStart(items.length, Math.max(0, chosen), height);
  const shown = items.slice(first, first + height);
  const nameWidth = Math.min(Math.max(...items.map(({ text }) => displayWidth(text))), Math.max(8, Math.floor(columns / 2)));
  const more = items.length > height ? `${first + shown.length}/${items.length}` : '';
  return shown.map(({ text, detail }, at) => {
    const active = first + at === chosen;
    const name = padEnd(cutToWidth(text, nameWidth), nameWidth);
    const row: Run[] = [run('  '), run(` ${name} `, active ? 'selection' : 'text'), run(` ${detail}`, 'dim')];
    if (more === '' || at < shown.length - 1) return fitLine(row, columns);
    return fitLine([...padLine(fitLine(row, columns - more.length - 1), columns - more.length, 'text'), run(more, 'dim')], columns);
  });
}

function searchRows({ found, chosen, query }: SearchState, columns: number, height: number): StyledLine[] {
  if (height < 1) return [];
  if (found.length === 0) return [fitLine([run(query.text === '' ? '  history is empty' : '  no line like that', 'dim')], columns)];
  const first = windowStart(found.length, chosen, height);
  return found.slice(first, first + height).map(({ line, positions }, at) => {
    const active = first + at === chosen;
    const row: Run[] = [run(active ? '  ▸ ' : '    ', 'prompt')];
    let offset = 0;
    for (const character of line) {
      const role = positions.has(offset) ? 'match' : active ? 'strong' : 'text';
      const last = row.at(-1)!;
      const text = character === '\n' ? '⏎' : character;
      if (last.role === role) row[row.length - 1] = { text: last.text + text, role };
      else row.push({ text, role });
      offset += character.length;
    }
    return fitLine(row, columns);
  });
}

/** The line as it stays above: not cut, so that the terminal wraps it and gives it back whole when it is copied. */
export function echoLine(line: string, spans: readonly RoleSpan[]): readonly StyledLine[] {
  const { rows } = layOut({
    text: line,
    cursor: line.length,
    spans,
    selected: null,
    suggestion: '',
    prompt: PROMPT,
    continuation: CONTINUATION,
    columns: Number.POSITIVE_INFINITY,
    maxRows: Number.POSITIVE_INFINITY,
  });
  return rows;
}
