import { type Effects, PipelineError, type Place, pipelineError } from '../base/index.ts';
import { findDamagedPart, lakeErrors, type RunLock, type Snapshot } from '../lake/index.ts';

/** Engine errors that the data of a sound lake cannot cause. */
const suspicious = new Set(['engine.value', 'engine.failed', 'engine.missing-file']);

/**
 * The error to tell when the engine failed over a snapshot: a part with other bytes than were committed
 * is named, as its values can be anything. Any other error stays what it is.
 */
export const explainFailure = async (
  error: unknown,
  base: Snapshot | undefined,
  effects: Pick<Effects, 'fs'>,
): Promise<unknown> => {
  if (!(error instanceof PipelineError) || !suspicious.has(error.code) || base === undefined)
    return error;
  const part = await findDamagedPart(base, effects);
  if (part === undefined) return error;
  return pipelineError(
    lakeErrors,
    'lake.part-altered',
    { part },
    {
      cause: error,
      hint: 'The archive has every row: schoolhouse run --full-refresh builds the lake anew.',
    },
  );
};

/** Runs `act`; an engine error in it names the model or check and its file, so that it can be found. */
export const naming = async <T>(
  what: { readonly name: string; readonly place: Place },
  act: () => Promise<T>,
): Promise<T> => {
  try {
    return await act();
  } catch (error) {
    const isUnplaced =
      error instanceof PipelineError &&
      error.code.startsWith('engine.') &&
      error.place === undefined;
    if (!isUnplaced || error.code === 'engine.interrupted') throw error;
    const message = `${what.name}: ${error.message}`;
    const { code, kind, facts, hint } = error;
    throw new PipelineError(code, kind, message, facts, { place: what.place, hint, cause: error });
  }
};

const reasons = {
  stale: 'was left by a process that is gone',
  foreign: 'was left by another machine or boot',
  lost: 'was left by a process that lost it',
  empty: 'was empty',
  'half-written': 'was half written',
} as const;

/** One sentence on the lock description that this run found and replaced, or undefined. */
export const describeTakeOver = ({ tookOver }: RunLock): string | undefined => {
  if (tookOver === undefined) return undefined;
  const { holder, reason } = tookOver;
  const whose =
    holder === undefined
      ? 'The description of the lock'
      : `The lock of pid ${holder.pid} (${holder.command}, since ${holder.since})`;
  return `${whose} ${reasons[reason]}; it was taken over.`;
};
