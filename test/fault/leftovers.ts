import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { manifestRuns, type WorldManifest } from './world.ts';

const below = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
        .sort()
    : [];

const isPart = (path: string): boolean => path.endsWith('.parquet');

/** A manifest, or undefined when it is torn: then it is left over itself. */
const readManifest = (path: string): WorldManifest | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
};

/** Parts that some manifest of the lake names, kept or in its grace. */
const namedParts = (dataFolder: string): ReadonlySet<string> => {
  const lake = join(dataFolder, 'lake');
  const folders = [
    ...manifestRuns(dataFolder).map((run) => join(lake, 'manifests', `${run}.json`)),
    ...below(join(lake, 'retired')).map((file) => join(lake, 'retired', file)),
  ];
  return new Set(
    folders.flatMap((path) =>
      Object.values(readManifest(path)?.relations ?? {}).flatMap((entry) =>
        (entry.parts ?? []).map((part) => part.path),
      ),
    ),
  );
};

/** Files that a finished run must not leave: drafts, spill, half-written pointers, parts that nobody names, locks. */
export const leftovers = (dataFolder: string): readonly string[] => {
  const named = namedParts(dataFolder);
  return below(dataFolder).filter((path) => {
    if (path.startsWith('raw/')) return false;
    if (path.startsWith('tmp/') || path === 'run.lock') return true;
    if (path.startsWith('lake/.drafts/') || path.startsWith('lake/readers/')) return true;
    if (path.startsWith('lake/') && isPart(path)) return !named.has(path.slice('lake/'.length));
    if (/^lake\/current\./.test(path)) return true;
    if (/^lake\/manifests\//.test(path)) return readManifest(join(dataFolder, path)) === undefined;
    return /\.draft$|\.wal$|\.json\.\d+$|\.lock\.\d+$|^lock\.[^/]+\.duckdb$/.test(path);
  });
};

/** Folders that only a run in progress may have. */
export const leftFolders = (dataFolder: string): readonly string[] =>
  ['tmp', join('lake', '.drafts')].flatMap((folder) => {
    const path = join(dataFolder, folder);
    return existsSync(path) ? readdirSync(path).map((entry) => join(folder, entry)) : [];
  });
