import type { RunFile } from '../lake/index.ts';

/** How far a killed run came, in a sentence: once `current` has moved, its tables are there. */
export const describeKilled = (
  { run, step }: Pick<RunFile, 'run' | 'step'>,
  lastCommitted: number,
): string =>
  run <= lastCommitted
    ? `Run ${run} was killed at ${step}, after its commit: its tables are whole.`
    : `Run ${run} was killed at ${step}; nothing of it was committed.`;
