import { join } from 'node:path';
import { type Effects, hashFile } from '../base/index.ts';
import type { Part } from './manifest.ts';
import type { Snapshot } from './read-snapshot.ts';

const partsOf = ({ manifest }: Snapshot): readonly Part[] =>
  Object.values(manifest.relations).flatMap((entry) => (entry.kind === 'parts' ? entry.parts : []));

/** Paths of parts whose hash is not the committed one, as they are found. */
async function* findDamage(
  parts: readonly Part[],
  hashOf: (path: string, index: number) => Promise<string>,
): AsyncGenerator<string> {
  for (const [index, { path, sha256 }] of parts.entries())
    if ((await hashOf(path, index)) !== sha256) yield path;
}

/** The first part of a snapshot whose bytes cannot be read or are not those that were committed, or undefined. Reads every part. */
export const findDamagedPart = async (
  snapshot: Snapshot,
  effects: Pick<Effects, 'fs'>,
): Promise<string | undefined> => {
  const hashOf = (path: string): Promise<string> =>
    hashFile(join(snapshot.lakeFolder, path), effects).catch(() => '');
  for await (const path of findDamage(partsOf(snapshot), hashOf)) return path;
  return undefined;
};

export type ComparedParts = {
  readonly parts: readonly Part[];
  /** Paths of the parts whose bytes are not those that were committed. */
  readonly damaged: readonly string[];
};

/** Reads every part of a snapshot and names the damaged ones. `onPart` is told the number of each, from 1, and may throw to end it. */
export const compareParts = async (
  snapshot: Snapshot,
  { onPart }: { readonly onPart?: (number: number, count: number) => void },
  effects: Pick<Effects, 'fs'>,
): Promise<ComparedParts> => {
  const parts = partsOf(snapshot);
  const hashOf = (path: string, index: number): Promise<string> => {
    onPart?.(index + 1, parts.length);
    return hashFile(join(snapshot.lakeFolder, path), effects);
  };
  const damaged: string[] = [];
  for await (const path of findDamage(parts, hashOf)) damaged.push(path);
  return { parts, damaged };
};
