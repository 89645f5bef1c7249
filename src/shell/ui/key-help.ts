/** The key list, printed from the table of bindings; in two columns where there is room. */
import { BINDINGS, keyLabel } from '../editor/bindings.ts';
import { fitLine, padLine, run, type StyledLine } from '../term/style.ts';
import { padEnd } from '../term/width.ts';

const LABEL_WIDTH = 11;
const COLUMN_WIDTH = 40;

export function keyHelp(columns: number): readonly StyledLine[] {
  const bound = BINDINGS.flatMap(({ chords: [chord], help }) =>
    help === undefined || chord === undefined ? [] : [[keyLabel(chord), help] as const],
  );
  const entries = [...bound, ['Ctrl-]', 'leave a console'] as const].map(([label, help]): StyledLine => [
    run('  '),
    run(padEnd(label, LABEL_WIDTH), 'name'),
    run(help, 'dim'),
  ]);
  const half = columns >= COLUMN_WIDTH * 2 ? Math.ceil(entries.length / 2) : entries.length;
  const rows = entries.slice(0, half).map((entry, at) => [...padLine(entry, COLUMN_WIDTH, 'text'), ...(entries[half + at] ?? [])]);
  return [[], [run('Keys', 'heading')], ...rows].map((row) => fitLine(row, columns));
}
