import { join } from 'node:path';
import { type Effects, PipelineError } from '../base/index.ts';
import { acquireRunLock, sweepKilled } from '../lake/index.ts';

export type Swept =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'swept'; readonly count: number }
  | { readonly kind: 'busy' }
  | { readonly kind: 'refused'; readonly code: string };

/** Run numbers begin with 1: no draft is spared as one's own. */
const noRun = 0;

/** Folders of spilled rows and of unfinished commits. */
const listTemp = async (dataFolder: string, effects: Effects): Promise<number> => {
  const spilled = await effects.fs.list(join(dataFolder, 'tmp'));
  const drafts = await effects.fs.list(join(dataFolder, 'lake', '.drafts'));
  return spilled.length + drafts.length;
};

/** Removes what killed runs and readers left, under the lock of a run; living readers keep theirs. */
export const sweepTemp = async (dataFolder: string, effects: Effects): Promise<Swept> => {
  const before = await listTemp(dataFolder, effects);
  if (before === 0) return { kind: 'nothing' };
  try {
    const lock = await acquireRunLock(dataFolder, {}, effects);
    try {
      await sweepKilled(dataFolder, { run: noRun }, effects);
    } finally {
      await lock[Symbol.asyncDispose]();
    }
  } catch (error) {
    if (error instanceof PipelineError && error.kind === 'locked') return { kind: 'busy' };
    if (error instanceof PipelineError) return { kind: 'refused', code: error.code };
    if (error instanceof Error && 'code' in error)
      return { kind: 'refused', code: String(error.code) };
    throw error;
  }
  const count = before - (await listTemp(dataFolder, effects));
  return count === 0 ? { kind: 'nothing' } : { kind: 'swept', count };
};
