import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

type ManifestPart = { readonly path: string; readonly rows: number };
type ManifestRelation = {
  readonly kind: 'parts' | 'view';
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly key: readonly string[];
  readonly parts?: readonly ManifestPart[];
  readonly materialise?: Readonly<Record<string, string>>;
  readonly sql?: string;
};
export type WorldManifest = {
  readonly run: number;
  readonly parent: number | null;
  readonly kind: string;
  readonly relations: Readonly<Record<string, ManifestRelation>>;
};

/** What one run knows and another does not, though their tables are the same. */
const passing: ReadonlySet<string> = new Set([
  '_run_id',
  '_ingested_at',
  'run_id',
  'resolved_run',
  'seconds',
  'started_at',
  'finished_at',
  'changed',
]);

/** Diaries of runs: another number of runs writes other rows. `meta.run` is looked at by itself. */
const diaries: ReadonlySet<string> = new Set([
  'meta.run',
  'meta.run_step',
  'meta.run_file',
  'meta.check_result',
  'meta.schema_change',
  'meta.warning',
  'meta.publish',
  'meta.access_log',
]);

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const name = (value: string): string => `"${value.replaceAll('"', '""')}"`;

/** The manifest that `current` names; undefined before the first commit. */
export const currentManifest = (dataFolder: string): WorldManifest | undefined => {
  const lake = join(dataFolder, 'lake');
  if (!existsSync(join(lake, 'current'))) return undefined;
  const run = readFileSync(join(lake, 'current'), 'utf8').trim();
  if (run === '0') return undefined;
  return JSON.parse(readFileSync(join(lake, 'manifests', `${run}.json`), 'utf8'));
};

/** Snapshots that lie in the lake, ascending. */
export const manifestRuns = (dataFolder: string): readonly number[] => {
  const folder = join(dataFolder, 'lake', 'manifests');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((file) => Number(/^(\d+)\.json$/.exec(file)?.[1] ?? Number.NaN))
    .filter((run) => !Number.isNaN(run))
    .sort((a, b) => a - b);
};

const viewOf = (lake: string, entry: ManifestRelation): string => {
  if (entry.kind === 'view') return entry.sql ?? '';
  const parts = entry.parts ?? [];
  if (parts.length === 0) {
    return `select ${entry.columns.map((c) => `null::${c.type} as ${name(c.name)}`).join(', ')} where false`;
  }
  const paths = parts.map((part) => text(join(lake, part.path))).join(', ');
  const schema = entry.columns
    .map(
      (c) => `${text(c.name)}: {name: ${text(c.name)}, type: ${text(c.type)}, default_value: null}`,
    )
    .join(', ');
  const columns = entry.columns.map((c) => {
    const stored = entry.materialise?.[c.name];
    return stored === undefined ? name(c.name) : `(${stored})::${c.type} as ${name(c.name)}`;
  });
  return `select ${columns.join(', ')} from read_parquet([${paths}], schema = map{${schema}}, hive_partitioning = false)`;
};

const quoted = (relation: string): string => relation.split('.').map(name).join('.');

export type OpenWorld = {
  readonly manifest: WorldManifest;
  readonly rows: (query: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly close: () => void;
};

/** The current snapshot (or `at`) in an empty DuckDB, by the manifest alone: none of the program's code is used. */
export const openWorld = async (
  dataFolder: string,
  at?: number,
): Promise<OpenWorld | undefined> => {
  const lake = join(dataFolder, 'lake');
  const manifest: WorldManifest | undefined =
    at === undefined
      ? currentManifest(dataFolder)
      : JSON.parse(readFileSync(join(lake, 'manifests', `${at}.json`), 'utf8'));
  if (manifest === undefined) return undefined;
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const waiting = new Map(Object.entries(manifest.relations));
  for (const schema of new Set(
    [...waiting.keys()].map((relation) => relation.split('.')[0] ?? ''),
  )) {
    await connection.run(`create schema if not exists ${name(schema)}`);
  }
  // A view is made once what it reads is there; the manifest does not say the order.
  while (waiting.size > 0) {
    const before = waiting.size;
    let problem = '';
    for (const [relation, entry] of waiting) {
      try {
        await connection.run(`create view ${quoted(relation)} as ${viewOf(lake, entry)}`);
        waiting.delete(relation);
      } catch (error) {
        problem = `${relation}: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    if (waiting.size === before) {
      instance.closeSync();
      throw new Error(`the manifest of run ${manifest.run} cannot be read: ${problem}`);
    }
  }
  return {
    manifest,
    rows: async (query) => (await connection.runAndReadAll(query)).getRowObjects(),
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
};

/** One line for each table: rows and a hash of all their cells, without what only tells of a run. */
export type World = Readonly<Record<string, string>>;

export const emptyWorld: World = {};

/** Hashes every table of the current snapshot, ledger and quarantine too. `{}` before the first commit. */
export const world = async (dataFolder: string, at?: number): Promise<World> => {
  const opened = await openWorld(dataFolder, at);
  if (opened === undefined) return emptyWorld;
  try {
    const lines: Record<string, string> = {};
    for (const [relation, entry] of Object.entries(opened.manifest.relations).sort()) {
      if (diaries.has(relation)) continue;
      const columns = entry.columns.map((c) => c.name).filter((column) => !passing.has(column));
      // A structure of no columns is no value: count alone then.
      const cells = columns.length === 0 ? '0' : `row(${columns.map(name).join(', ')})`;
      const [row] = await opened.rows(
        `select count(*)::varchar || ' rows ' || coalesce(sum(hash(${cells}))::varchar, '-') as line from ${quoted(relation)}`,
      );
      lines[relation] = String(row?.line);
    }
    return lines;
  } finally {
    opened.close();
  }
};

/** Tables in which two worlds differ, as sentences without a cell. */
export const differences = (a: World, b: World): readonly string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .sort()
    .filter((relation) => a[relation] !== b[relation])
    .map((relation) => `${relation}: ${a[relation] ?? 'absent'} | ${b[relation] ?? 'absent'}`);

export const sameWorld = (a: World, b: World): boolean => differences(a, b).length === 0;

/** What must hold in any committed snapshot: keys are unique, no file is out of balance. */
export const brokenRules = async (dataFolder: string): Promise<readonly string[]> => {
  const opened = await openWorld(dataFolder);
  if (opened === undefined) return [];
  try {
    const broken: string[] = [];
    for (const [relation, entry] of Object.entries(opened.manifest.relations)) {
      // These keep every version of a row, and the refused ones.
      if (entry.key.length === 0 || relation.startsWith('bronze_parts.')) continue;
      const keys = entry.key.map(name).join(', ');
      const [row] = await opened.rows(
        `select count(*) as n from (select ${keys} from ${quoted(relation)} group by all having count(*) > 1)`,
      );
      if (Number(row?.n) > 0) broken.push(`${relation}: ${row?.n} keys more than once`);
    }
    const [balance] = await opened.rows(
      'select count(*) as n from meta.file where read <> loaded + duplicate + superseded + blank + quarantined',
    );
    if (Number(balance?.n) > 0) broken.push(`meta.file: ${balance?.n} files out of balance`);
    return broken;
  } finally {
    opened.close();
  }
};
