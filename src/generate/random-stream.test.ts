import { describe, expect, it } from 'vitest';
import { openRandom, shuffle } from './random-stream.ts';

const take = (seed: number, label: string, count: number): readonly number[] => {
  const random = openRandom(seed, label);
  return Array.from({ length: count }, () => random.next());
};

describe('a random stream', () => {
  it('is fixed by seed and label and differs by either', () => {
    expect(take(1, 'a', 5)).toEqual(take(1, 'a', 5));
    expect(take(1, 'a', 5)).not.toEqual(take(2, 'a', 5));
    expect(take(1, 'a', 5)).not.toEqual(take(1, 'b', 5));
  });

  it('spreads evenly below a limit', () => {
    const random = openRandom(3, 'even');
    const counts = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 100_000; i += 1) {
      const drawn = random.below(10);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('has a bell of mean 0 and deviation 1', () => {
    const random = openRandom(4, 'bell');
    const drawn = Array.from({ length: 100_000 }, () => random.bell());
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const variance = drawn.reduce((sum, value) => sum + value * value, 0) / drawn.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
  });

  it('shuffles without losing an entry', () => {
    const list = Array.from({ length: 50 }, (_, i) => i);
    const mixed = shuffle(list, openRandom(5, 'mix'));
    expect(mixed).not.toEqual(list);
    expect([...mixed].sort((a, b) => a - b)).toEqual(list);
  });
});
