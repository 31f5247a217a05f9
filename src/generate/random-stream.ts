/** A stream of pseudo-random numbers that a seed and a label fix for ever. */
export type RandomStream = {
  /** A whole number from 0 to 2^32 - 1. */
  readonly next: () => number;
  /** A whole number from 0 to `limit` - 1. */
  readonly below: (limit: number) => number;
  /** A number from 0 up to, not including, 1. */
  readonly fraction: () => number;
  /** About normal: mean 0, standard deviation 1, never past 3.5. Only sums, so that machines agree to the bit. */
  readonly bell: () => number;
};

const wordCount = 2 ** 32;

const hashText = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
};

const splitMix = (start: number): (() => number) => {
  let state = start | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
};

/** Opens the stream `label` of a seed (sfc32, seeded by splitmix32). Streams of other labels do not move with it. */
export const openRandom = (seed: number, label: string): RandomStream => {
  const words = splitMix(hashText(`${seed}/${label}`));
  let a = words() | 0;
  let b = words() | 0;
  let c = words() | 0;
  let d = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 15; i += 1) next();
  const fraction = (): number => next() / wordCount;
  return {
    next,
    fraction,
    below: (limit) => Math.floor((next() / wordCount) * limit),
    // Four uniforms have variance 4/12, so their centred sum times sqrt(3) has variance 1.
    bell: () => (fraction() + fraction() + fraction() + fraction() - 2) * 1.7320508075688772,
  };
};

/** An entry of a list that is not empty. */
export const pick = <T>(list: readonly T[], random: RandomStream): T => {
  const entry = list[random.below(list.length)];
  if (entry === undefined) throw new Error('pick needs a list with entries');
  return entry;
};

/** The same entries in another order (Fisher and Yates). */
export const shuffle = <T>(list: readonly T[], random: RandomStream): readonly T[] => {
  const entries = [...list];
  for (let i = entries.length - 1; i > 0; i -= 1) {
    const j = random.below(i + 1);
    const other = entries[j];
    const own = entries[i];
    if (other === undefined || own === undefined) continue;
    entries[i] = other;
    entries[j] = own;
  }
  return entries;
};
