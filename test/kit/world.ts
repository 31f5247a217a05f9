import type { Row, SchoolProject } from './school-project.ts';

/** Relation or question → its rows as JSON lines, sorted. */
type World = Readonly<Record<string, readonly string[]>>;

// Where a row was read from is no part of what it says: a rebuilt lake numbers receipts anew.
const lineage = ['_source_file', '_source_row', '_batch_date'];

const lines = (rows: readonly Row[]): readonly string[] =>
  rows
    .map((row) => JSON.stringify(row, (_, cell) => (typeof cell === 'bigint' ? `${cell}` : cell)))
    .sort();

const tablesQuery = `select table_schema || '.' || table_name as relation, string_agg('"' || column_name || '"', ', ' order by column_name) as columns
  from information_schema.columns
  where table_schema in ('silver', 'gold', 'compat') and column_name not in (${lineage.map((name) => `'${name}'`).join(', ')})
  group by 1 order by 1`;

/** All of silver, gold and compat, row for row. */
export const readTables = (project: Pick<SchoolProject, 'read'>): Promise<World> =>
  project.read(async (rows) => {
    const world: Record<string, readonly string[]> = {};
    for (const { relation, columns } of await rows(tablesQuery)) {
      world[String(relation)] = lines(await rows(`select ${columns} from ${relation}`));
    }
    return world;
  });

const currentFiles = `select f.* from meta.file as f where f.status <> 'skipped'
  and f.receipt = (select max(o.receipt) from meta.file as o where o.path = f.path)`;

/** Counts and refused rows of the current version of every file. */
const readLedger = (project: Pick<SchoolProject, 'read'>): Promise<World> =>
  project.read(async (rows) => ({
    'meta.file': lines(
      await rows(
        `select path, sha256, feed, status, reason, read, loaded, duplicate, superseded, blank, quarantined from (${currentFiles})`,
      ),
    ),
    'quarantine.record': lines(
      await rows(
        `select feed, file, row, line, byte_offset, byte_length, stage, reasons, raw_record from quarantine.record
         where state = 'open' and file_id in (select file_id from (${currentFiles}))`,
      ),
    ),
  }));

/** The tables, and what was counted and refused, without numbers of runs and receipts. */
export const readWorld = async (project: Pick<SchoolProject, 'read'>): Promise<World> => ({
  ...(await readTables(project)),
  ...(await readLedger(project)),
});
