/** Levenshtein distance of two short names. */
const distance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      current.push(
        Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost),
      );
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
};

/** The candidate most like `name`, or undefined when none is near (over a third of the letters differ). */
export const closestName = (name: string, candidates: Iterable<string>): string | undefined => {
  let best: { readonly candidate: string; readonly far: number } | undefined;
  for (const candidate of candidates) {
    const far = distance(name.toLowerCase(), candidate.toLowerCase());
    if (best === undefined || far < best.far) best = { candidate, far };
  }
  if (best === undefined || best.far > Math.max(2, Math.floor(name.length / 3))) return undefined;
  return best.candidate;
};

/** `Closest: x.` as a hint, or none. */
export const closestHint = (name: string, candidates: Iterable<string>): string | undefined => {
  const closest = closestName(name, candidates);
  return closest === undefined ? undefined : `Closest: ${closest}.`;
};
