import { joinSql, quoteText, type Sql, sql } from '../../base/index.ts';
import { type Contract, matchFeed } from '../../contract/index.ts';
import { openArchived, type Receipt } from '../../ingest/index.ts';
import { stageNames } from '../stage/stage-names.ts';
import type { FileRow } from './file-row.ts';
import type { LoadContext, LoadedFile } from './load-context.ts';
import { fileIdOf } from './load-files.ts';
import { readingContext } from './reading-context.ts';
import { recordRefusals, writeRecords } from './record-refusals.ts';
import { scanSettings } from './scan-settings.ts';

export type OrphanRequest = {
  readonly contract: Contract;
  readonly rosters: ReadonlySet<string>;
  readonly fileIds: readonly string[];
  readonly loaded: ReadonlyMap<string, LoadedFile>;
  readonly rows: ReadonlyMap<string, FileRow>;
  readonly receipts: ReadonlyMap<number, Receipt>;
};

/** Opens a file version of an earlier run from the archive, as it was read then. */
export const reopenFile = async (
  load: LoadContext,
  row: FileRow,
  receipt: Receipt,
): Promise<LoadedFile | undefined> => {
  const scanned = await openArchived(
    { sha256: receipt.sha256, path: receipt.path },
    {
      archiveFolder: load.project.folders.archive,
      tempFolder: load.tempFolder,
      settingsFor: scanSettings(load.project.contracts),
    },
    load.effects,
  );
  if (scanned.kind === 'set_aside') return undefined;
  const member = scanned.members.find(
    (_, index) => fileIdOf(receipt, scanned.members, index) === row.file_id,
  );
  if (member === undefined || member.outcome.kind !== 'scanned') return undefined;
  const { report } = member.outcome;
  const match = matchFeed(load.project.contracts, member.path, report.plain.columns);
  if (match.kind !== 'matched') return undefined;
  const { contract, header, drift } = match;
  const context = readingContext(load, receipt, { positions: header.columns, drift });
  return { row, contract, context, report, changes: [] };
};

/**
 * Records rows of these files whose member no roster knows, with their raw text. Returns how many per
 * file. They stay in bronze and come in by themselves once the member arrives.
 */
export const recordOrphans = async (
  load: LoadContext,
  request: OrphanRequest,
): Promise<ReadonlyMap<string, number>> => {
  const { contract, rosters, fileIds } = request;
  const column = contract.relationships.find((one) => rosters.has(one.feed))?.column;
  if (column === undefined || fileIds.length === 0) return new Map();
  const list = joinSql(fileIds.map(quoteText));
  const table: Sql = sql`load.orphans`;
  const { orphans, waiting } = stageNames(contract.feed);
  await load.engine.execute(
    sql`create or replace table ${table} as select * from ${orphans}
      where _file_id in (${list}) and (_file_id, _source_row) not in (select * from ${waiting})`,
  );
  const counts = await load.engine.rows(
    sql`select _file_id, count(*) as n from ${table} group by _file_id order by _file_id`,
  );
  const found = new Map<string, number>();
  for (const { _file_id: id } of counts) {
    const fileId = String(id);
    const row = request.rows.get(fileId);
    const receipt = row === undefined ? undefined : request.receipts.get(row.receipt);
    const file =
      request.loaded.get(fileId) ??
      (row === undefined || receipt === undefined
        ? undefined
        : await reopenFile(load, row, receipt));
    if (file === undefined) throw new Error(`file ${fileId} cannot be opened again`);
    const places = await load.engine.rows(
      sql`select _source_row as place from ${table} where _file_id = ${quoteText(fileId)} order by place`,
    );
    const recordsPath = await writeRecords(
      file.report,
      places.map((one) => Number(one.place)),
      load,
    );
    found.set(
      fileId,
      await recordRefusals(load, file, { recordsPath, stage: { kind: 'orphan', column } }),
    );
  }
  return found;
};
