import { join } from 'node:path';
import type { Effects } from '../../base/index.ts';

/** Fingerprints of files whose bytes were hashed before: an untouched file is not read again. A mere cache. */
export type SeenFiles = {
  /** The hash of a file that was not touched since it was hashed. */
  readonly hashOf: (path: string, fingerprint: string) => string | undefined;
  readonly note: (path: string, fingerprint: string, sha256: string) => void;
  readonly save: () => Promise<void>;
};

type Entry = readonly [fingerprint: string, sha256: string];

const parseEntries = (text: string): Map<string, Entry> => {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return new Map();
    return new Map(
      Object.entries(parsed).flatMap(([path, entry]) =>
        Array.isArray(entry) && entry.length === 2
          ? [[path, [String(entry[0]), String(entry[1])] as const] as const]
          : [],
      ),
    );
  } catch {
    return new Map();
  }
};

/** Opens the cache `data/seen.json`; a missing or broken one is empty. */
export const openSeenFiles = async (
  dataFolder: string,
  effects: Pick<Effects, 'fs' | 'process'>,
): Promise<SeenFiles> => {
  const path = join(dataFolder, 'seen.json');
  const isThere = (await effects.fs.stat(path))?.kind === 'file';
  const entries = parseEntries(isThere ? await effects.fs.readText(path) : '{}');
  let isChanged = false;
  return {
    hashOf: (file, fingerprint) => {
      const entry = entries.get(file);
      return entry?.[0] === fingerprint ? entry[1] : undefined;
    },
    note: (file, fingerprint, sha256) => {
      if (entries.get(file)?.[0] === fingerprint) return;
      entries.set(file, [fingerprint, sha256]);
      isChanged = true;
    },
    save: async () => {
      if (!isChanged) return;
      const draft = `${path}.${effects.process.pid}`;
      await effects.fs.writeText(draft, JSON.stringify(Object.fromEntries(entries)), {
        replace: true,
      });
      await effects.fs.rename(draft, path);
    },
  };
};
