import { dirname } from 'node:path';
import { type Effects, PipelineError, pipelineError } from '../base/index.ts';
import { ingestErrors } from './errors.ts';

/** The code of a file system error (`ENOSPC`), or undefined for any other error. */
export const diskCode = (error: unknown): string | undefined =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^E(?!RR_)[A-Z0-9]+$/.test(error.code)
    ? error.code
    : undefined;

const freeBytes = async (path: string, effects: Pick<Effects, 'fs'>): Promise<number | null> => {
  try {
    return await effects.fs.freeBytes(dirname(path));
  } catch {
    return null; // the disk that failed may fail to answer, too
  }
};

/** Runs `action`; what the file system refuses becomes `ingest.disk` with path, act and free bytes. */
export const onDisk = async <T>(
  act: string,
  path: string,
  effects: Pick<Effects, 'fs'>,
  action: () => Promise<T>,
): Promise<T> => {
  try {
    return await action();
  } catch (error) {
    const code = diskCode(error);
    if (error instanceof PipelineError || code === undefined) throw error;
    const facts = { act, path, code, freeBytes: await freeBytes(path, effects) };
    throw pipelineError(ingestErrors, 'ingest.disk', facts, {
      place: { file: path },
      cause: error,
    });
  }
};
