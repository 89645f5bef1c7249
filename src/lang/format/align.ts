/** Lines to text. What was aligned stays aligned: the signs of assignments below each other, and the comments behind lines. */

export interface Line {
  indent: number;
  text: string;
  /** Behind the text. */
  comment: string | null;
  commentColumn: number;
  /** Length of the key, if the line is an assignment. */
  assign: number | null;
  /** There was more than one blank before the sign. */
  looseAssign: boolean;
  readonly blankBefore: number;
  /** The line that has what this one is aligned with. */
  readonly hangsFrom: Line | null;
}

export function align(lines: readonly Line[]): string {
  for (const group of groups(lines, ({ assign }) => assign !== null, true)) alignSigns(group, lines);
  for (const group of groups(lines, ({ comment }) => comment !== null, false)) alignComments(group);
  return lines
    .map(({ blankBefore, indent, text, comment }) => `${'\n'.repeat(blankBefore)}${' '.repeat(indent)}${text}${comment ?? ''}\n`)
    .join('');
}

/** Lines below each other, at one depth if asked, without a blank line between them. */
function* groups(lines: readonly Line[], belongs: (line: Line) => boolean, sameIndent: boolean): Iterable<readonly Line[]> {
  let group: Line[] = [];
  for (const line of lines) {
    const follows = group.length > 0 && line.blankBefore === 0 && (!sameIndent || line.indent === group[0]!.indent);
    if (!belongs(line) || !follows) {
      if (group.length > 0) yield group;
      group = [];
    }
    if (belongs(line)) group.push(line);
  }
  if (group.length > 0) yield group;
}

function alignSigns(group: readonly Line[], lines: readonly Line[]): void {
  if (group.length < 2 || !group.some(({ looseAssign }) => looseAssign)) return;
  const width = Math.max(...group.map(({ assign }) => assign!));
  for (const line of group) {
    const key = line.text.slice(0, line.assign!);
    line.text = key.padEnd(width) + line.text.slice(line.assign!);
    shift(line, width - key.length, lines);
  }
}

function alignComments(group: readonly Line[]): void {
  const aligned = group.length > 1 && group.every(({ commentColumn }) => commentColumn === group[0]!.commentColumn);
  const width = Math.max(...group.map(widthOf));
  for (const line of group) line.comment = `${' '.repeat((aligned ? width : widthOf(line)) - widthOf(line) + 2)}${line.comment}`;
}

function widthOf({ indent, text }: Line): number {
  const newline = text.lastIndexOf('\n');
  return newline < 0 ? indent + text.length : text.length - newline - 1;
}

/** What hangs from a line moves with it. */
function shift(from: Line, by: number, lines: readonly Line[]): void {
  if (by === 0) return;
  for (const line of lines) {
    if (line.hangsFrom !== from) continue;
    line.indent += by;
    shift(line, by, lines);
  }
}
