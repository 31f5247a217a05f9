import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Effects, pipelineError } from '../base/index.ts';
import { classifyName } from '../source/index.ts';
import { objectPath } from './archive-object.ts';
import { type ReceiveOptions, type Scanned, scanOriginal } from './archive-receive.ts';
import { ingestErrors } from './errors.ts';
import type { SetAside } from './scan.ts';
import { openSink } from './scan-file-output.ts';
import { readFrom, withFile } from './scan-file-window.ts';
import { gunzip, isInflateError } from './unpack-inflate.ts';

const altered = (sha256: string, found: string, cause?: unknown): Error =>
  pipelineError(
    ingestErrors,
    'ingest.archive-altered',
    { sha256, found },
    {
      hint: 'Restore the object from a backup, or put the original file into the drop zone again.',
      cause,
    },
  );

/** Writes the exact bytes received to a temp file; throws `ingest.archive-altered` (data) unless they have this SHA-256. */
export const restoreArchived = async (
  { archiveFolder, sha256 }: { readonly archiveFolder: string; readonly sha256: string },
  tempFolder: string,
  effects: Pick<Effects, 'fs' | 'newId'>,
): Promise<{ readonly path: string; readonly sizeBytes: number }> => {
  const object = objectPath(archiveFolder, sha256);
  if ((await effects.fs.stat(object))?.kind !== 'file')
    throw pipelineError(ingestErrors, 'ingest.archive-missing', { sha256 });
  const sink = openSink(tempFolder, '-original', effects);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    await withFile(
      object,
      async (file) => {
        for await (const chunk of gunzip(readFrom(file, 0)).chunks) {
          hash.update(chunk);
          sizeBytes += chunk.length;
          sink.ensure(chunk.length);
          sink.buffer.set(chunk, sink.length);
          sink.length += chunk.length;
          await sink.flush();
        }
      },
      effects,
    );
  } catch (error) {
    if (isInflateError(error)) throw altered(sha256, 'it does not unpack', error);
    throw error;
  } finally {
    await sink.close();
  }
  const found = hash.digest('hex');
  if (found !== sha256) throw altered(sha256, `they have the hash ${found}`);
  return { path: sink.path, sizeBytes };
};

export type ArchivedFile = {
  readonly sha256: string;
  /** The path under which the bytes were received: its name says what they are. */
  readonly path: string;
};

/**
 * Scans bytes of the archive as they were scanned when they came in, after checking their SHA-256. The temp files, the unpacked
 * original among them, lie in `workFolder` until the caller removes it. Throws `ingest.archive-missing` and
 * `ingest.archive-altered` (data), naming the hash.
 */
export const openArchived = async (
  { sha256, path }: ArchivedFile,
  options: Pick<ReceiveOptions, 'archiveFolder' | 'tempFolder' | 'settingsFor'>,
  effects: Pick<Effects, 'fs' | 'newId'>,
): Promise<({ readonly kind: 'scanned' } & Scanned) | SetAside> => {
  const named = classifyName(path.slice(path.lastIndexOf('/') + 1));
  if (named.kind !== 'data')
    return {
      kind: 'set_aside',
      reason: 'feed_unmatched',
      detail: 'Its name is not that of a data file.',
    };
  const workFolder = join(options.tempFolder, effects.newId());
  await effects.fs.makeFolder(workFolder);
  try {
    const { archiveFolder, settingsFor } = options;
    const restored = await restoreArchived({ archiveFolder, sha256 }, workFolder, effects);
    const { format, isGzip } = named;
    const { sizeBytes } = restored;
    const original = { path, absolutePath: restored.path, sizeBytes, format, isGzip };
    const into = settingsFor === undefined ? { workFolder } : { workFolder, settingsFor };
    const outcome = await scanOriginal(original, into, undefined, effects);
    if (outcome.kind === 'set_aside') await effects.fs.removeTree(workFolder);
    return outcome;
  } catch (error) {
    await effects.fs.removeTree(workFolder);
    throw error;
  }
};
