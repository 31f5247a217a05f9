import { join } from 'node:path';
import type { Effects } from '../base/index.ts';

/** Where the files of a lake lie, relative to the lake folder. */
export const manifestName = (run: number): string => `manifests/${run}.json`;

/** Manifests that are no longer kept, while their parts still stay; the file's mtime says since when. */
export const retiredName = (run: number): string => `retired/${run}.json`;

export const draftsFolder = '.drafts';
export const readersFolder = 'readers';

/** Folders of the lake that hold no parts; a schema may not have their names. */
const otherFolders: ReadonlySet<string> = new Set(['manifests', 'retired', readersFolder]);

/** `42` from `42.json`; undefined for any other name. */
const runOf = (name: string, pattern: RegExp): number | undefined => {
  const found = pattern.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** The run of a part's file name `<run>-<i>.parquet`, or undefined when it is none. */
export const runOfPart = (name: string): number | undefined =>
  runOf(name, /^(\d{1,15})-\d+\.parquet$/);

/** Run numbers of the JSON files in a folder of the lake, ascending. */
export const listRuns = async (
  lakeFolder: string,
  folder: 'manifests' | 'retired',
  effects: Pick<Effects, 'fs'>,
): Promise<readonly number[]> => {
  const names = await effects.fs.list(join(lakeFolder, folder));
  return names
    .map((name) => runOf(name, /^(\d{1,15})\.json$/))
    .filter((run) => run !== undefined)
    .sort((a, b) => a - b);
};

/** Every part file below the lake folder, relative, whether a manifest names it or not. */
export const listPartFiles = async (
  lakeFolder: string,
  effects: Pick<Effects, 'fs'>,
): Promise<readonly string[]> => {
  const found: string[] = [];
  const isFolder = async (path: string): Promise<boolean> =>
    (await effects.fs.stat(join(lakeFolder, path)))?.kind === 'folder';
  for (const schema of await effects.fs.list(lakeFolder)) {
    if (schema.startsWith('.') || otherFolders.has(schema) || !(await isFolder(schema))) continue;
    for (const relation of await effects.fs.list(join(lakeFolder, schema))) {
      for (const partition of await effects.fs.list(join(lakeFolder, schema, relation))) {
        const folder = `${schema}/${relation}/${partition}`;
        for (const name of await effects.fs.list(join(lakeFolder, folder)))
          if (runOfPart(name) !== undefined) found.push(`${folder}/${name}`);
      }
    }
  }
  return found;
};

/** True for `schema.name` of which both can be folder names. */
export const isRelationName = (name: string): boolean =>
  /^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$/.test(name) && !otherFolders.has(name.split('.')[0] ?? '');
