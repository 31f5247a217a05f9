import { dirname } from 'node:path';
import { type Effects, PipelineError, pipelineError } from '../base/index.ts';
import { lakeErrors } from './errors.ts';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'no right to write there',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file size limit is reached',
  EIO: 'the device reports an error',
  EMFILE: 'too many open files',
  ENOSPC: 'no room on the disk',
  EPERM: 'not permitted',
  EROFS: 'the disk is read-only',
};

export type DiskAct = {
  /** A verb: `write`, `rename`. */
  readonly act: string;
  readonly path: string;
  readonly neededBytes?: number;
};

const reasonOf = (error: unknown): string | undefined => {
  if (error instanceof PipelineError)
    return error.code === 'engine.disk' ? 'no room, no right, or a broken device' : undefined;
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return reasons[String(error.code)];
};

/** Runs `action`; what the disk refuses becomes `lake.disk` with the path and the free bytes. */
export const guardDisk = async <T>(
  { act, path, neededBytes }: DiskAct,
  effects: Pick<Effects, 'fs'>,
  action: () => Promise<T>,
): Promise<T> => {
  try {
    return await action();
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    // The question itself may fail on a broken disk; the sentence then does without the number.
    const freeBytes = await effects.fs.freeBytes(dirname(path)).catch(() => null);
    throw pipelineError(
      lakeErrors,
      'lake.disk',
      { act, path, reason, neededBytes: neededBytes ?? null, freeBytes },
      { cause: error },
    );
  }
};
