/** The edited text on the screen: rows that fit the width exactly, and where the cursor stands among them. */
import { pictureOf } from '../term/sanitize.ts';
import { lineWidth, type Role, type Run, type StyledLine } from '../term/style.ts';
import { cutToWidth, displayWidth, graphemes } from '../term/width.ts';

export interface RoleSpan {
  readonly start: number;
  readonly end: number;
  readonly role: Role;
}

export interface LayoutInput {
  readonly text: string;
  readonly cursor: number;
  /** Sorted, not overlapping. */
  readonly spans: readonly RoleSpan[];
  readonly selected: { readonly start: number; readonly end: number } | null;
  readonly suggestion: string;
  readonly prompt: StyledLine;
  readonly continuation: StyledLine;
  readonly columns: number;
  /** The window onto the text; it follows the cursor. */
  readonly maxRows: number;
}

export interface Layout {
  readonly rows: readonly StyledLine[];
  readonly cursor: { readonly row: number; readonly column: number };
}

const TOO_WIDE = '\ufffd';

/** Rows under construction. */
class Sheet {
  readonly rows: Run[][] = [];
  column = 0;
  readonly #columns: number;
  constructor(columns: number) {
    this.#columns = columns;
  }

  /** The lead-in gives way on a terminal too narrow for it and some text. */
  startLine(lead: StyledLine): void {
    const fits = lineWidth(lead) <= this.#columns / 2;
    this.rows.push(fits ? [...lead] : []);
    this.column = fits ? lineWidth(lead) : 0;
  }

  add(text: string, role: Role): void {
    // What is wider than the whole screen has a stand-in.
    const piece = displayWidth(text) > this.#columns ? TOO_WIDE : text;
    const width = displayWidth(piece);
    if (this.column + width > this.#columns) this.#wrap();
    const row = this.rows.at(-1)!;
    const last = row.at(-1);
    if (last?.role === role) row[row.length - 1] = { text: last.text + piece, role };
    else row.push({ text: piece, role });
    this.column += width;
  }

  /** Where the cursor goes: never in the column behind the last. */
  place(): { row: number; column: number } {
    if (this.column >= this.#columns) this.#wrap();
    return { row: this.rows.length - 1, column: this.column };
  }

  get room(): number {
    return this.#columns - this.column;
  }

  #wrap(): void {
    this.rows.push([]);
    this.column = 0;
  }
}

// oxlint-disable-next-line no-control-regex
const CONTROL = /^[\u0000-\u001f\u007f-\u009f]/;

function visible(grapheme: string): string {
  if (grapheme === '\t') return '  ';
  return CONTROL.test(grapheme) ? pictureOf(grapheme) : grapheme;
}

export function layOut(input: LayoutInput): Layout {
  const { text, cursor, spans, selected, suggestion, prompt, continuation, columns, maxRows } = input;
  const sheet = new Sheet(Math.max(1, columns));
  let place: Layout['cursor'] | null = null;
  let offset = 0;
  let span = 0;
  sheet.startLine(prompt);
  for (const grapheme of graphemes(text)) {
    if (offset === cursor) place = sheet.place();
    while (span < spans.length && spans[span]!.end <= offset) span++;
    const inside = spans[span];
    const chosen = selected && offset >= selected.start && offset < selected.end;
    if (grapheme === '\n' || grapheme === '\r\n') {
      sheet.startLine(continuation);
    } else {
      sheet.add(visible(grapheme), chosen ? 'selection' : inside && inside.start <= offset ? inside.role : 'text');
    }
    offset += grapheme.length;
  }
  place ??= sheet.place();
  if (suggestion !== '') {
    const first = suggestion.split('\n')[0]!;
    // One column stays free, so that the cursor never wraps because of a suggestion.
    const shown = cutToWidth(first, sheet.room - 1);
    sheet.add(shown.length < suggestion.length && shown !== '' ? cutToWidth(first, sheet.room - 2) + '…' : shown, 'suggestion');
  }
  return window(sheet.rows, place, maxRows);
}

function window(rows: readonly StyledLine[], cursor: Layout['cursor'], maxRows: number): Layout {
  const height = Math.max(1, maxRows);
  if (rows.length <= height) return { rows, cursor };
  const first = Math.max(0, Math.min(cursor.row - height + 2, rows.length - height, cursor.row));
  return { rows: rows.slice(first, first + height), cursor: { row: cursor.row - first, column: cursor.column } };
}
