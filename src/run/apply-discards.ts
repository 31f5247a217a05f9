import { joinSql, quoteRelation, quoteText, type Sql, sql } from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import type { Draft, RelationDefinition } from '../lake/index.ts';
import { bronzeParts, publishBronze } from './load/bronze-relation.ts';
import type { FileRow } from './load/file-row.ts';
import type { LoadedFile } from './load/load-context.ts';
import { recordRefusals, writeRecords } from './load/record-refusals.ts';
import type { Session } from './run-session.ts';

type Discarded = {
  readonly fileId: string;
  readonly row: number;
  readonly run: number;
  readonly because: string | null;
  readonly by: string | null;
};

/** The records that were discarded, of every file version that has their bytes and path. */
const findDiscarded = ({ log, book }: Session): readonly Discarded[] => {
  const discards = log.receipts().filter((receipt) => receipt.action === 'discarded');
  if (discards.length === 0) return [];
  const keyOf = (one: { readonly path: string; readonly sha256: string | null }): string =>
    `${one.sha256}\u0000${one.path}`;
  const versions = new Map<string, FileRow[]>();
  for (const row of book.rows().values()) {
    versions.set(keyOf(row), [...(versions.get(keyOf(row)) ?? []), row]);
  }
  return discards.flatMap(({ run, row, because, by, ...receipt }) =>
    row === undefined
      ? []
      : (versions.get(keyOf(receipt)) ?? []).map((version) => ({
          ...{ fileId: version.file_id, row, run, because: because ?? null, by: by ?? null },
        })),
  );
};

/** Marks accepted rows of a file as refused in bronze; its other rows stay. Only their parts are written anew. */
export const refuseRows = async (
  draft: Draft,
  {
    feed,
    fileId,
    rows,
  }: { readonly feed: string; readonly fileId: string; readonly rows: readonly number[] },
): Promise<void> => {
  const name = bronzeParts(feed);
  const entry = draft.relation(name);
  if (entry?.kind !== 'parts') return;
  const { columns, key, partitionBy, sortBy, policy, builtFrom, materialise } = entry;
  const definition: RelationDefinition = {
    ...{ name, columns, key, partitionBy, sortBy, policy, builtFrom },
    ...(materialise === undefined ? {} : { materialise }),
  };
  const list = joinSql(rows.map((row) => sql`${row}`));
  const own = sql`_file_id = ${quoteText(fileId)} and _source_row in (${list})`;
  await draft.replaceRows(definition, {
    keys: sql`select ${quoteText(fileId)} as _file_id, unnest([${list}]) as _source_row`,
    insert: sql`select * replace (true as _refused) from (${draft.query(name)}) where ${own}`,
  });
};

const acceptedRows = async (
  engine: Engine,
  {
    feed,
    fileId,
    rows,
  }: { readonly feed: string; readonly fileId: string; readonly rows: readonly number[] },
): Promise<readonly number[]> => {
  const found = await engine.rows(
    sql`select _source_row as place from ${quoteRelation(`bronze.${feed}`)}
      where _file_id = ${quoteText(fileId)} and _source_row in (${joinSql(rows.map((row) => sql`${row}`))}) order by place`,
  );
  return found.map(({ place }) => Number(place));
};

const literal = (one: Discarded): Sql =>
  sql`(${quoteText(`${one.fileId}:${one.row}`)}, ${one.run}, ${quoteText(one.because)}, ${quoteText(one.by)})`;

/**
 * Keeps discarded records out of files that this run read: the receipts remember them, so they stay
 * discarded when the lake is built anew. Leaves `load.discarded` for the ledger.
 */
export const applyDiscards = async (
  session: Session,
  loaded: readonly LoadedFile[],
): Promise<void> => {
  const { engine, draft, book, load } = session;
  const discarded = findDiscarded(session);
  await engine.execute(
    sql`create or replace table load.discarded (record_id varchar, run_id bigint, because varchar, "by" varchar)`,
  );
  if (discarded.length === 0) return;
  await engine.execute(sql`insert into load.discarded values ${joinSql(discarded.map(literal))}`);
  for (const file of loaded) {
    const fileId = file.row.file_id;
    const { feed } = file.contract;
    const rows = discarded.filter((one) => one.fileId === fileId).map((one) => one.row);
    const accepted = rows.length === 0 ? [] : await acceptedRows(engine, { feed, fileId, rows });
    if (accepted.length === 0) continue;
    const recordsPath = await writeRecords(file.report, accepted, load);
    const count = await recordRefusals(load, file, { recordsPath, stage: { kind: 'read' } });
    await refuseRows(draft, { feed, fileId, rows: accepted });
    book.add(fileId, { loaded: -count, quarantined: count });
    await publishBronze(engine, draft, file.contract);
  }
};
