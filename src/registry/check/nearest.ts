/** The nearest legal word to a mistyped one. */

/** Words longer than this are not compared: the work is quadratic and the answer would not help. */
const WORD_LENGTH_MAX = 200;

/**
 * Finds the candidate that takes the fewest edits (insert, delete, replace, swap of neighbours) to reach.
 * @param editsMax default: a third of the word, at least two.
 * @returns `undefined` when even the best takes more edits, or as many as it has letters.
 */
export function findNearest(
  word: string,
  candidates: Iterable<string>,
  editsMax = Math.max(2, Math.floor(word.length / 3)),
): string | undefined {
  if (word.length > WORD_LENGTH_MAX) return undefined;
  let best: string | undefined;
  let bestDistance = editsMax + 1;
  for (const candidate of candidates) {
    if (candidate.length > WORD_LENGTH_MAX || Math.abs(candidate.length - word.length) >= bestDistance)
      continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance && distance < Math.max(word.length, candidate.length)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `did you mean "x"?`, or `undefined`. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const nearest = findNearest(word, candidates);
  return nearest === undefined ? undefined : `did you mean "${nearest}"?`;
}

/** Optimal string alignment distance. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = a[row - 1] === b[column - 1] ? 0 : 1;
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + replace);
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwap) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
