import { join } from 'node:path';
import { joinSql, quoteName, quotePath, quoteText, type Sql, sql } from '../base/index.ts';
import {
  bronzeColumns,
  bronzePosition,
  bronzeQuery,
  idRule,
  longestObject,
  numberRepeats,
} from '../ingest/index.ts';
import { ledgerQuery } from './ledger/ledger.ts';
import { ledgerRelations } from './ledger/ledger-relations.ts';
import { appendBronze, publishBronze } from './load/bronze-relation.ts';
import type { FileRow } from './load/file-row.ts';
import { reopenFile } from './load/find-orphans.ts';
import type { LoadedFile } from './load/load-context.ts';
import { recordRefusals, writeRecords } from './load/record-refusals.ts';
import type { ReplayFilter } from './run-options.ts';
import type { Session } from './run-session.ts';

/** What was read again. `passed` counts records that the contract takes today; some may wait for their student. */
export type Replayed = {
  readonly tried: number;
  readonly passed: number;
  readonly refused: number;
  /** Open records that were not tried: their file is set aside, replaced, or no longer fits its feed. */
  readonly skipped: number;
  /** Open records whose file this run read again as a whole: they came in, or were refused, with it. */
  readonly reread: number;
  readonly fileIds: readonly string[];
};

const replayedName = sql`load.replayed`;

/** True for the records of `file`: its path, or the end of it. */
export const isOfFile = (column: Sql, file: string): Sql =>
  sql`(${column} = ${quoteText(file)} or ends_with(${column}, ${quoteText(`/${file}`)}))`;

/** True for records that one of the reasons refused. */
export const hasReason = (code: string): Sql =>
  sql`len(list_filter(reasons, r -> r.code = ${quoteText(code)})) > 0`;

const openRecords = ({ draft }: Session, filter: ReplayFilter): Sql => {
  const conditions = [
    sql`state = 'open'`,
    // An orphan stands in bronze and comes in by itself; a file of this run was read just now.
    sql`stage <> 'silver'`,
    sql`not exists (select 1 from load.refusals as r where r.record_id = q.record_id)`,
    ...(filter.reason === undefined ? [] : [hasReason(filter.reason)]),
    ...(filter.feed === undefined ? [] : [sql`feed = ${quoteText(filter.feed)}`]),
    ...(filter.file === undefined ? [] : [isOfFile(sql`file`, filter.file)]),
    ...(filter.run === undefined ? [] : [sql`run_id = ${filter.run}`]),
  ];
  return sql`select file_id, "row" from (${ledgerQuery(draft, ledgerRelations.quarantine)}) as q
    where ${joinSql(conditions, ' and ')} order by file_id, "row"`;
};

const rowsByFile = async (
  session: Session,
  filter: ReplayFilter,
): Promise<ReadonlyMap<string, readonly number[]>> => {
  const found = new Map<string, number[]>();
  for (const { file_id: id, row } of await session.engine.rows(openRecords(session, filter))) {
    const fileId = String(id);
    const rows = found.get(fileId) ?? [];
    rows.push(Number(row));
    found.set(fileId, rows);
  }
  return found;
};

/** Opens the file of a record from the archive, unless its rows may not come in any more. */
const openReplayed = async (
  { load, log }: Session,
  row: FileRow | undefined,
): Promise<LoadedFile | undefined> => {
  if (row === undefined || row.status !== 'loaded') return undefined;
  const receipts = log.receipts();
  const receipt = receipts.find((one) => one.seq === row.receipt);
  if (receipt === undefined) return undefined;
  const file = await reopenFile(load, row, receipt);
  if (file === undefined || file.contract.feed !== row.feed) return undefined;
  const isCurrent = log.current().get(receipt.path)?.seq === receipt.seq;
  return file.contract.loadStrategy === 'replaceBatch' && !isCurrent ? undefined : file;
};

/** The rows of a file as today's contract reads them, in a temp part: ids may depend on all of them. */
const readWhole = async (
  session: Session,
  { contract, context, report, row }: LoadedFile,
): Promise<Sql> => {
  const { load, log } = session;
  const receipt = log.receipts().find((one) => one.seq === row.receipt);
  const query = bronzeQuery(contract, context, {
    report,
    file: {
      fileId: row.file_id,
      path: row.path,
      receipt: row.receipt,
      receivedOn: row.received_on,
      receivedAt: receipt?.received_at ?? row.received_on,
      batchDate: row.batch_date,
      run: load.run,
    },
  });
  const folder = join(load.tempFolder, load.effects.newId());
  await load.effects.fs.makeFolder(folder);
  const written = await load.engine.writeParts(query, { folder, prefix: 'whole' });
  const paths = joinSql(written.map((part) => quotePath(part.path)));
  const added = context.drift.added.map((column) => column.name);
  const columns = bronzeColumns(contract, added).map(({ name }) => {
    const expression = bronzePosition(name);
    return expression === undefined ? quoteName(name) : sql`${expression} as ${quoteName(name)}`;
  });
  const part = sql`(select ${joinSql(columns)} from read_parquet([${paths}], hive_partitioning = false))`;
  return idRule(contract, context.positions).kind === 'whole-row'
    ? numberRepeats(contract, part, added)
    : sql`select * from ${part}`;
};

/** Rows that the scan itself refuses, whatever the contract says. */
const refusedByScan = async (
  { engine, effects }: Session,
  { report }: LoadedFile,
): Promise<ReadonlySet<number>> => {
  if (report.refusedPath === undefined) return new Set();
  const bytes = (await effects.fs.stat(report.refusedPath))?.sizeBytes ?? 0;
  const rows = await engine.rows(
    sql`select "row" from read_json(${quotePath(report.refusedPath)}, format = 'newline_delimited',
      maximum_object_size = ${longestObject(bytes)}, columns = {'row': 'BIGINT'})`,
  );
  return new Set(rows.map(({ row }) => Number(row)));
};

/** Reads records of one file again; returns how many pass now. */
const replayFile = async (
  session: Session,
  file: LoadedFile,
  rows: readonly number[],
): Promise<number> => {
  const { engine, draft, load } = session;
  const { contract } = file;
  const wanted = joinSql(rows.map((one) => sql`${one}`));
  const accepted = sql`select * from (${await readWhole(session, file)}) where _source_row in (${wanted}) and not _refused and not _blank`;
  const table = sql`load.replaying`;
  await engine.execute(sql`create or replace table ${table} as ${accepted}`);
  const passed = (await engine.rows(sql`select _source_row as place from ${table}`)).map(
    ({ place }) => Number(place),
  );
  if (passed.length > 0) {
    await appendBronze(draft, file, sql`select * from ${table} order by _source_row`);
    await engine.execute(
      sql`insert into ${replayedName} select ${quoteText(contract.feed)}, _file_id, _source_row from ${table}`,
    );
    await publishBronze(engine, draft, contract);
  }
  const atScan = await refusedByScan(session, file);
  const again = rows.filter((one) => !passed.includes(one) && !atScan.has(one));
  if (again.length > 0) {
    const recordsPath = await writeRecords(file.report, again, load);
    await recordRefusals(load, file, { recordsPath, stage: { kind: 'read' } });
  }
  return passed.length;
};

/**
 * Reads open records of the quarantine again, from the archive and with today's contract. Those that pass
 * become a bronze part of their file, for staging to take in; the others stay open with today's reasons.
 * Files that this run took in already (`justRead`) are left: their rows stand in bronze.
 */
export const replayRecords = async (
  session: Session,
  filter: ReplayFilter,
  justRead: ReadonlySet<string>,
): Promise<Replayed> => {
  const { engine, book } = session;
  await engine.execute(
    sql`create or replace table ${replayedName} (feed varchar, file_id varchar, "row" bigint)`,
  );
  const counts = { tried: 0, passed: 0, skipped: 0, reread: 0 };
  const fileIds: string[] = [];
  for (const [fileId, rows] of await rowsByFile(session, filter)) {
    if (justRead.has(fileId)) {
      counts.reread += rows.length;
      continue;
    }
    const file = await openReplayed(session, book.rows().get(fileId));
    if (file === undefined) {
      counts.skipped += rows.length;
      continue;
    }
    counts.tried += rows.length;
    counts.passed += await replayFile(session, file, rows);
    fileIds.push(fileId);
  }
  return { ...counts, refused: counts.tried - counts.passed, fileIds };
};

/** The rows that a replay took into bronze: query of (feed, file_id, row); undefined when this run replays nothing. */
export const replayedRows = ({ options }: Pick<Session, 'options'>): Sql | undefined =>
  options.replay === undefined ? undefined : sql`select feed, file_id, "row" from ${replayedName}`;

/** Counts replayed rows of a feed with their files as loaded; for a feed whose rows are all applied anew. */
export const countReplayed = async (
  { engine, book, options }: Session,
  feed: string,
): Promise<void> => {
  if (options.replay === undefined) return;
  const rows = await engine.rows(
    sql`select file_id, count(*) as n from ${replayedName} where feed = ${quoteText(feed)} group by file_id`,
  );
  for (const { file_id: id, n } of rows)
    book.add(String(id), { quarantined: -Number(n), loaded: Number(n) });
};

/**
 * Settles a feed's replayed rows once it is staged. Rows whose student is unknown wait as orphans; the
 * others are resolved. Returns how many are.
 */
export const settleReplayed = async (
  session: Session,
  feed: string,
  { isFull }: { readonly isFull: boolean },
): Promise<number> => {
  const { engine, options, book, load, project } = session;
  if (options.replay === undefined) return 0;
  const own = sql`select file_id || ':' || cast("row" as varchar) as record_id, file_id, "row" from ${replayedName} where feed = ${quoteText(feed)}`;
  if (isFull) {
    await engine.execute(
      sql`insert into load.promoted select record_id from (${own}) where record_id not in (select record_id from load.refusals)`,
    );
  } else {
    const contract = project.contracts.find((one) => one.feed === feed);
    const column = contract?.relationships[0]?.column;
    const waiting = await engine.rows(
      sql`select file_id, "row" from (${own}) where record_id not in (select record_id from load.promoted) order by file_id, "row"`,
    );
    for (const fileId of new Set(waiting.map((row) => String(row.file_id)))) {
      const file = await openReplayed(session, book.rows().get(fileId));
      if (file === undefined || column === undefined) continue;
      const rows = waiting.filter((row) => row.file_id === fileId).map(({ row }) => Number(row));
      const recordsPath = await writeRecords(file.report, rows, load);
      await recordRefusals(load, file, { recordsPath, stage: { kind: 'orphan', column } });
    }
  }
  const [count] = await engine.rows(
    sql`select count(*) as n from (${own}) where record_id in (select record_id from load.promoted)`,
  );
  return Number(count?.n ?? 0);
};
