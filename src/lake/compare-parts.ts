import { join } from 'node:path';
import type { Effects } from '../base/index.ts';
import { hashFile } from './hash-file.ts';
import type { Snapshot } from './read-snapshot.ts';

/** The first part of a snapshot whose bytes are not those that were committed, or undefined. Reads every part. */
export const findDamagedPart = async (
  snapshot: Snapshot,
  effects: Pick<Effects, 'fs'>,
): Promise<string | undefined> => {
  for (const entry of Object.values(snapshot.manifest.relations)) {
    if (entry.kind !== 'parts') continue;
    for (const part of entry.parts) {
      const sha256 = await hashFile(join(snapshot.lakeFolder, part.path), effects).catch(() => '');
      if (sha256 !== part.sha256) return part.path;
    }
  }
  return undefined;
};
