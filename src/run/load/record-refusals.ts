import { join } from 'node:path';
import { joinSql, quoteText, type Sql, sql } from '../../base/index.ts';
import { explainQuery, extractRecords, type ScanReport, typeMisfits } from '../../ingest/index.ts';
import { ledgerRelations } from '../ledger/ledger-relations.ts';
import { rowsQuery } from '../ledger/rows-query.ts';
import type { LoadContext, LoadedFile } from './load-context.ts';

const refusals = sql`load.refusals`;

/** Makes the empty temp relation of this run's refused records. */
export const createRefusals = async ({ engine }: Pick<LoadContext, 'engine'>): Promise<void> => {
  await engine.execute(sql`create schema if not exists load`);
  await engine.execute(
    sql`create or replace table ${refusals} as ${rowsQuery(ledgerRelations.quarantine, [])}`,
  );
};

/** Writes records asked for by row as JSON lines, as the scan writes those that it refuses itself. */
export const writeRecords = async (
  report: ScanReport,
  rows: Iterable<number>,
  { tempFolder, effects }: Pick<LoadContext, 'tempFolder' | 'effects'>,
): Promise<string> => {
  const path = join(tempFolder, `${effects.newId()}.records.jsonl`);
  const file = await effects.fs.open(path, 'draft');
  try {
    let text = '';
    for await (const record of extractRecords(report.plain, rows, effects)) {
      text += `${JSON.stringify(record)}\n`;
      if (text.length < 1 << 20) continue;
      await file.write(text);
      text = '';
    }
    await file.write(text);
  } finally {
    await file.close();
  }
  return path;
};

export type RefusalStage =
  | { readonly kind: 'read' }
  | { readonly kind: 'orphan'; readonly column: string };

/** Adds records of one file to the refusals, with every reason of each. Returns how many. */
export const recordRefusals = async (
  load: LoadContext,
  file: LoadedFile,
  { recordsPath, stage }: { readonly recordsPath: string; readonly stage: RefusalStage },
): Promise<number> => {
  const { row, contract, context, report } = file;
  const explained = explainQuery(contract, context, {
    recordsPath,
    recordsBytes: (await load.effects.fs.stat(recordsPath))?.sizeBytes ?? 0,
    columns: report.plain.columns,
  });
  const reasons: Sql =
    stage.kind === 'orphan'
      ? sql`[{'code': 'orphan', 'column': cast(${quoteText(stage.column)} as varchar)}]`
      : sql`reasons`;
  const where: Sql =
    stage.kind === 'orphan' ? sql`'silver'` : sql`case when _at_scan then 'scan' else 'type' end`;
  const before = await countRefusals(load);
  await load.engine.execute(sql`insert into ${refusals}
    select ${quoteText(`${row.file_id}:`)} || cast("row" as varchar), ${load.run}, ${quoteText(contract.feed)},
      ${quoteText(row.file_id)}, ${quoteText(row.path)}, "row", line, byte_offset, byte_length, ${where},
      ${reasons}, raw_record, 'open', null, null, null
    from (${explained})`);
  return (await countRefusals(load)) - before;
};

/** Columns of a file in which a cell does not fit the type, as its refused records tell. */
export const findMisfits = async (
  { engine }: Pick<LoadContext, 'engine'>,
  { row, contract }: Pick<LoadedFile, 'row' | 'contract'>,
): Promise<readonly string[]> => {
  const misfits = typeMisfits(contract).map(
    ({ code, column }) => sql`(${quoteText(code)}, ${quoteText(column)})`,
  );
  if (misfits.length === 0) return [];
  const rows = await engine.rows(
    sql`select distinct reason."column" as name
      from (select unnest(reasons) as reason from ${refusals} where file_id = ${quoteText(row.file_id)})
      where (reason.code, reason."column") in (${joinSql(misfits)}) order by name`,
  );
  return rows.map(({ name }) => String(name));
};

const countRefusals = async ({ engine }: LoadContext): Promise<number> => {
  const [row] = await engine.rows(sql`select count(*) as n from ${refusals}`);
  return Number(row?.n ?? 0);
};
