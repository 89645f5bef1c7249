/** What was probably meant. */

/** Optimal string alignment: insertions, deletions, replacements and swapped neighbours each cost one. */
function distance(from: string, to: string): number {
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1;
      let best = Math.min(above[column]! + 1, current[column - 1]! + 1, above[column - 1]! + same);
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        best = Math.min(best, before[column - 2]! + 1);
      }
      current.push(best);
    }
    before = above;
    above = current;
  }
  return above[to.length]!;
}

/** The nearest of `names`, if any is near enough to be a slip: a third of its letters at most. */
export function nearest(word: string, names: Iterable<string>): string | null {
  const wanted = word.toLowerCase();
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const name of names) {
    const here = distance(wanted, name.toLowerCase());
    if (here < bestDistance) {
      best = name;
      bestDistance = here;
    }
  }
  return best;
}

export function didYouMean(word: string, names: Iterable<string>): string | null {
  const near = nearest(word, names);
  return near === null ? null : `did you mean '${near}'?`;
}
