import { describe, it } from 'vitest';
import { checkSeed, seeds } from './check-history.ts';

describe('files delivered in any order, corrected, repeated and late end in the same tables', () => {
  for (const seed of seeds(0)) it(`SEED=${seed} HISTORIES=1`, () => checkSeed(seed));
});
