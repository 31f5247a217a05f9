import { foldName } from './fold-name.ts';

/** Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`. */
const editDistance = (a: string, b: string): number => {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
};

/** True when `short` is `long` with letters left out, beginning alike: `stuid` in `studentid`. */
const abbreviates = (short: string, long: string): boolean => {
  if (short.length < 4 || short[0] !== long[0]) return false;
  let at = 0;
  for (const letter of long) if (letter === short[at]) at += 1;
  return at === short.length;
};

const cost = (a: string, b: string): number => {
  const edits = editDistance(a, b);
  return abbreviates(a, b) || abbreviates(b, a) ? edits / 2 : edits;
};

/**
 * The candidate that is spelled most like `name`, or undefined when none is near (about a third of the
 * letters differ). Case, blanks and punctuation do not count; of equals the first wins.
 */
export const closestName = (name: string, candidates: Iterable<string>): string | undefined => {
  const folded = foldName(name);
  let best: { readonly candidate: string; readonly cost: number } | undefined;
  for (const candidate of candidates) {
    const other = foldName(candidate);
    const allowed = Math.max(1, Math.floor(Math.max(folded.length, other.length) / 3));
    const found = cost(folded, other);
    if (found <= allowed && (best === undefined || found < best.cost)) {
      best = { candidate, cost: found };
    }
  }
  return best?.candidate;
};

/** `Closest: x.`, or the names that there are when they are few, or nothing. */
export const closestHint = (name: string, given: Iterable<string>): string | undefined => {
  const candidates = [...given];
  const near = closestName(name, candidates);
  if (near !== undefined) return `Closest: ${near}.`;
  return candidates.length > 0 && candidates.length <= 16
    ? `Known: ${candidates.join(', ')}.`
    : undefined;
};
