import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Effects } from '../base/index.ts';
import { onDisk } from './scan-file-disk.ts';

const compress = promisify(gzip);

/** Chunks that are compressed at once, in the thread pool. */
const inFlight = 3;

/** Path of the object that holds the bytes with this SHA-256. */
export const objectPath = (archiveFolder: string, sha256: string): string =>
  join(archiveFolder, `${sha256}.gz`);

export type ArchiveDraft = {
  /** Compresses and writes the next bytes; `chunk` must stay untouched. */
  readonly write: (chunk: Uint8Array) => Promise<void>;
  /** Makes the draft the object of this hash, fsynced; a draft of bytes that are there already goes. True when it is new. */
  readonly keepAs: (sha256: string) => Promise<boolean>;
  /** Removes the draft; nothing happens after `keepAs`. */
  readonly discard: () => Promise<void>;
};

/**
 * Opens a draft in the archive folder. Its bytes become gzip level 1, a member for every chunk (any gunzip reads them as one), so
 * that chunks are compressed beside each other and beside the scan.
 */
export const openArchiveDraft = async (
  archiveFolder: string,
  effects: Pick<Effects, 'fs' | 'newId' | 'point'>,
): Promise<ArchiveDraft> => {
  const path = join(archiveFolder, `${effects.newId()}.draft`);
  const act = 'write into the archive';
  const file = await onDisk(act, path, effects, async () => {
    await effects.fs.makeFolder(archiveFolder);
    return effects.fs.open(path, 'draft');
  });
  const pending: Promise<Buffer>[] = [];
  let isOpen = true;
  let isThere = true;

  const writeNext = async (): Promise<void> => {
    const bytes = await pending.shift();
    if (bytes !== undefined) await onDisk(act, path, effects, () => file.write(bytes));
  };
  const write = async (chunk: Uint8Array): Promise<void> => {
    const compressing = compress(chunk, { level: 1, chunkSize: 256 * 1024 });
    compressing.catch(() => undefined); // it is awaited in its turn
    pending.push(compressing);
    if (pending.length >= inFlight) await writeNext();
  };
  const close = async (): Promise<void> => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  const keepAs = async (sha256: string): Promise<boolean> => {
    while (pending.length > 0) await writeNext();
    const object = objectPath(archiveFolder, sha256);
    return onDisk(act, path, effects, async () => {
      if ((await effects.fs.stat(object)) !== undefined) {
        await discard();
        return false;
      }
      await file.sync();
      await close();
      await effects.point('archive.before-rename');
      await effects.fs.rename(path, object);
      isThere = false;
      await effects.point('archive.after-rename');
      await effects.fs.syncFolder(archiveFolder);
      return true;
    });
  };
  const discard = async (): Promise<void> => {
    await close();
    if (isThere) await effects.fs.unlink(path);
    isThere = false;
  };
  await effects.point('archive.write');
  return { write, keepAs, discard };
};

/** Removes drafts that a killed run left in the archive folder; returns how many. Only under the project's lock. */
export const sweepArchiveDrafts = async (
  archiveFolder: string,
  effects: Pick<Effects, 'fs'>,
): Promise<number> => {
  const names = await effects.fs.list(archiveFolder);
  const drafts = names.filter((name) => name.endsWith('.draft'));
  for (const name of drafts) await effects.fs.unlink(join(archiveFolder, name));
  return drafts.length;
};
