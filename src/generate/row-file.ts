import { join } from 'node:path';
import { type Effects, pipelineError } from '../base/index.ts';
import { generateErrors } from './errors.ts';

const chunkLength = 1 << 20;

/** A file that is written under a temporary name and gets its own name when it is whole. */
export type RowFile = {
  readonly path: string;
  /** Adds text (UTF-8) or bytes as they are; goes to the disk in chunks of about 1 MiB. */
  readonly write: (piece: string | Uint8Array) => Promise<void>;
  readonly keep: () => Promise<void>;
  readonly abandon: () => Promise<void>;
};

type Files = Pick<Effects, 'fs'>;

/** Refuses when one of `names` lies in the folder: a drop zone holds what cannot be made again. */
export const requireAbsent = async (
  folder: string,
  names: readonly string[],
  effects: Files,
): Promise<void> => {
  const present = new Set(await effects.fs.list(folder));
  for (const name of names) {
    if (present.has(name)) {
      throw pipelineError(
        generateErrors,
        'generate.file-exists',
        { name },
        { place: { file: join(folder, name) }, hint: 'Choose an empty folder, or move the file.' },
      );
    }
  }
};

/** Opens `folder/name` for writing. A draft that a killed run left under the same name is removed. */
const openRowFile = async (folder: string, name: string, effects: Files): Promise<RowFile> => {
  const path = join(folder, name);
  const draft = `${path}.generated.part`;
  await effects.fs.unlink(draft);
  const file = await effects.fs.open(draft, 'draft');
  let text = '';
  const flush = async (): Promise<void> => {
    if (text === '') return;
    const chunk = text;
    text = '';
    await file.write(chunk);
  };
  return {
    path,
    write: async (piece) => {
      if (typeof piece === 'string') {
        text += piece;
        if (text.length >= chunkLength) await flush();
        return;
      }
      await flush();
      await file.write(piece);
    },
    keep: async () => {
      await flush();
      await file.sync();
      await file.close();
      await effects.fs.rename(draft, path);
    },
    abandon: async () => {
      // The first error is the one that counts.
      await file.close().catch(() => undefined);
      await effects.fs.unlink(draft);
    },
  };
};

/** Writes one file whole: kept when `write` ends, removed when it throws. */
export const withRowFile = async <T>(
  folder: string,
  name: string,
  write: (file: RowFile) => Promise<T>,
  effects: Files,
): Promise<T> => {
  const file = await openRowFile(folder, name, effects);
  try {
    const result = await write(file);
    await file.keep();
    return result;
  } catch (error) {
    await file.abandon();
    throw error;
  }
};
