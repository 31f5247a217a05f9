import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** What names a process: differs between two runs that did the same. */
const blind = (text: string): string =>
  text
    .replaceAll(uuid, 'ID')
    .replaceAll(/"(pid|start)":\s*"?\d+"?/g, '"$1":0')
    .replaceAll(
      /(current|run\.json|run\.lock|warehouse\.json|engine|seen\.json|models\.json)[.-]\d+/g,
      '$1.PID',
    )
    .replaceAll(/warehouse\.\d+\.draft/g, 'warehouse.PID.draft');

const contentOf = (path: string): string => {
  // DuckDB's own files carry an id of their making.
  if (path.includes('.duckdb') || path.includes('warehouse.')) return String(statSync(path).size);
  // Inodes and times of the raw files, which are others in every copy.
  if (path.includes('seen.json')) return 'seen';
  const bytes = readFileSync(path);
  const isText = /\.(json|jsonl|lock)(\.|$)/.test(path);
  return createHash('sha256')
    .update(isText ? blind(bytes.toString()).replaceAll(/fault-\w{6}/g, 'PROJECT') : bytes)
    .digest('hex');
};

/** One hash of all files of a data folder, blind to process and random ids: equal states recover equally. */
export const treeState = (dataFolder: string): string => {
  const lines = existsSync(dataFolder)
    ? readdirSync(dataFolder, { withFileTypes: true, recursive: true }).map((entry) => {
        const path = join(entry.parentPath, entry.name);
        const shown = blind(relative(dataFolder, path));
        return entry.isFile() ? `${shown} ${contentOf(path)}` : `${shown}/`;
      })
    : [];
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
};
