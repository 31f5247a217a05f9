import { joinSql, quoteName, quoteText, type Sql, sql, trustedSql } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';
import { createTable, type Engine, keyBounds } from '../../engine/index.ts';
import { bronzeViewColumns } from '../../ingest/index.ts';
import { type StageNames, stageNames } from './stage-names.ts';
import { keyList, winnerOrder, withPathVersions } from './winner-order.ts';

export type StageOptions = {
  readonly contract: Contract;
  /** Files whose rows are new in this run. */
  readonly newFileIds: readonly string[];
  /** True when nothing was applied before: every accepted row is new. */
  readonly full: boolean;
  /** Query of (_file_id, _source_row) of earlier rows that come in only now, if any. */
  readonly promoted: Sql | undefined;
  /** A query of the candidates, without some whose key is none of these. */
  readonly candidatesNear: (keys: Sql) => Promise<Sql>;
};

/** How many rows of one file won, repeated another or were superseded, against "all its rows won" (fresh) or before. */
export type FileDelta = {
  readonly fileId: string;
  readonly loaded: number;
  readonly duplicate: number;
  readonly superseded: number;
};

const rankRows = (contract: Contract, rows: Sql): Sql => {
  const window = sql`(partition by ${keyList(contract)} order by ${winnerOrder(contract)})`;
  return sql`select *, row_number() over ${window} as _place, first_value(_row_hash) over ${window} as _winner_hash,
      first_value(hash(_row_hash, _source_file, _source_row)) over ${window} as _winner_seen
    from (${withPathVersions(contract, rows)})`;
};

/** Upserted members keep a history of all versions, so a row that loses may still change it. */
const appliesEveryKey = (contract: Contract): boolean => contract.loadStrategy === 'upsert';

const createFresh = async (
  engine: Engine,
  names: StageNames,
  options: StageOptions,
): Promise<void> => {
  const isNewFile =
    options.newFileIds.length === 0
      ? sql`false`
      : sql`_file_id in (${joinSql(options.newFileIds.map(quoteText))})`;
  const isPromoted =
    options.promoted === undefined
      ? sql`false`
      : sql`(_file_id, _source_row) in (${options.promoted})`;
  const isFresh = options.full ? sql`true` : sql`(${isNewFile} or ${isPromoted})`;
  await engine.execute(
    sql`create or replace view ${names.fresh} as select * from ${names.candidates} where ${isFresh}`,
  );
  const key = keyList(options.contract);
  const none = sql`select * from ${names.candidates} where false`;
  // Keys first, whole rows then: most of a day's keys are new, and what is left of them spans little. Where nothing was
  // before, none is looked for: ten million keys in memory would only push other tables out of it.
  const rows = options.full ? sql`(${none})` : names.fresh;
  await createTable(engine, names.freshKeys, sql`select ${key} from ${rows}`);
  const near = options.full ? none : await options.candidatesNear(names.freshKeys);
  const before = sql`select * from (${near}) where not ${isFresh}`;
  await createTable(
    engine,
    names.claimed,
    sql`select ${key} from (${before}) where (${key}) in (select ${key} from ${names.freshKeys})`,
  );
  const bounds = await keyBounds(engine, names.claimed, {
    columns: options.contract.key,
    of: sql`earlier`,
  });
  const earlier = options.full
    ? none
    : sql`select * from (${before}) as earlier where (${key}) in (select ${key} from ${names.claimed}) and ${bounds}`;
  await engine.execute(sql`create or replace table ${names.earlier} as ${earlier}`);
};

/** What ranking says of a row, under the names that say it was so before this run. */
const asBefore = (ranked: Sql): Sql =>
  sql`select * exclude (_place, _winner_hash, _winner_seen, _is_current_of_path),
    _place as _place_before, _winner_hash as _row_winner_hash_before, _winner_seen as _row_seen_before
    from (${ranked})`;

const createRanked = async (
  engine: Engine,
  names: StageNames,
  contract: Contract,
): Promise<void> => {
  const key = keyList(contract);
  await engine.execute(sql`create or replace table ${names.contested} as
    select ${key} from ${names.fresh} group by ${key} having count(*) > 1
    union
    select ${key} from ${names.earlier}`);
  // No join of new and old rows: a join on file and row with a condition compares every pair.
  const before = asBefore(rankRows(contract, sql`select * from ${names.earlier}`));
  const claims = sql`select *, false as _is_fresh from (${before})
    union all by name
    select *, true as _is_fresh from ${names.fresh} where (${key}) in (select ${key} from ${names.contested})`;
  await engine.execute(sql`create or replace table ${names.ranked} as
    select *, max(_row_seen_before) over (partition by ${key}) as _winner_seen_before
    from (${rankRows(contract, claims)})`);
};

const stagedColumns = (contract: Contract): readonly string[] => [
  ...contract.columns.map((column) => column.name),
  '_source_file',
  '_source_row',
  '_source_line',
  '_batch_date',
  '_file_id',
  '_run_id',
  '_ingested_at',
  '_received_on',
];

const columnList = (contract: Contract): Sql => joinSql(stagedColumns(contract).map(quoteName));

/**
 * The rows that win: those of keys that only one row claims, and the first of the others. Where no key
 * is claimed twice, nothing is asked of ten million rows, and the engine's guess of their number holds.
 */
const winners = async (
  engine: Engine,
  names: StageNames,
  {
    of,
    columns,
    key,
    ranked,
  }: { readonly of: Sql; readonly columns: Sql; readonly key: Sql; readonly ranked: Sql },
): Promise<Sql> => {
  const [contested] = await engine.rows(sql`select count(*) as n from ${names.contested}`);
  if (Number(contested?.n ?? 0) === 0) return sql`select ${columns} from ${of}`;
  return sql`select ${columns} from ${of} where (${key}) not in (select ${key} from ${names.contested})
    union all
    select ${columns} from ${names.ranked} where ${ranked}`;
};

const createStaging = async (
  engine: Engine,
  names: StageNames,
  options: StageOptions,
): Promise<void> => {
  const { contract, full } = options;
  const key = keyList(contract);
  const columns = columnList(contract);
  const isChange = appliesEveryKey(contract)
    ? sql`true`
    : sql`_winner_seen_before is distinct from _winner_seen`;
  const rows = await winners(engine, names, {
    of: names.fresh,
    columns,
    key,
    ranked: sql`_place = 1 and ${isChange}`,
  });
  // A first load is read straight from its parts; a copy of ten million rows would cost seconds.
  // Staged again when a file is set aside after all: then as before, a view or a table.
  await engine.execute(
    full
      ? sql`create or replace view ${names.staging} as ${rows}`
      : sql`create or replace table ${names.staging} as ${rows}`,
  );
  await engine.execute(
    full
      ? sql`create or replace table ${names.delta} as select ${key} from ${names.fresh} where false`
      : sql`create or replace table ${names.delta} as select ${key} from ${names.staging}`,
  );
};

/**
 * Finds who wins each key that this run touches and leaves `staging.<feed>` (winners that change what
 * is loaded; on `full` all of them) and `delta.staging_<feed>` (their keys). Cost follows the new rows:
 * only keys that more than one row claims are ranked. Needs the candidates of the feed.
 */
export const stageFeed = async (engine: Engine, options: StageOptions): Promise<void> => {
  const names = stageNames(options.contract.feed);
  await createFresh(engine, names, options);
  await createRanked(engine, names, options.contract);
  await createStaging(engine, names, options);
};

/** Leaves what staging a feed without news leaves: nothing that changed. Needs the candidates of the feed. */
export const stageNothing = async (engine: Engine, contract: Contract): Promise<void> => {
  const names = stageNames(contract.feed);
  const columns = bronzeViewColumns(contract);
  const empty = (wanted: readonly string[]): Sql =>
    joinSql(
      wanted.flatMap((name) =>
        columns
          .filter((column) => column.name === name)
          .map(({ type }) => sql`cast(null as ${trustedSql(type)}) as ${quoteName(name)}`),
      ),
    );
  await engine.execute(
    sql`create or replace table ${names.staging} as select ${empty(stagedColumns(contract))} where false;
      create or replace table ${names.delta} as select ${empty(contract.key)} where false`,
  );
};

/**
 * Makes `staging.<feed>` hold every winner, whatever this run changed: for a model that is built whole.
 * The counts of files and `delta.staging_<feed>` stay as they are.
 */
export const stageEverything = async (engine: Engine, contract: Contract): Promise<void> => {
  const names = stageNames(contract.feed);
  const key = keyList(contract);
  const columns = columnList(contract);
  await engine.execute(sql`create or replace table ${names.contested} as
    select ${key} from ${names.candidates} group by ${key} having count(*) > 1`);
  const claims = sql`select * from ${names.candidates} where (${key}) in (select ${key} from ${names.contested})`;
  await engine.execute(
    sql`create or replace table ${names.ranked} as ${rankRows(contract, claims)}`,
  );
  await engine.execute(sql`drop table if exists ${names.staging}`);
  const rows = await winners(engine, names, {
    of: names.candidates,
    columns,
    key,
    ranked: sql`_place = 1`,
  });
  await engine.execute(sql`create or replace view ${names.staging} as ${rows}`);
};

/** Adds the winners of more keys (a relation with the key columns) to an incremental `staging.<feed>`. */
export const extendStaging = async (
  engine: Engine,
  contract: Contract,
  keys: Sql,
): Promise<void> => {
  const names = stageNames(contract.feed);
  const key = keyList(contract);
  const missing = sql`select ${key} from ${keys} where (${key}) not in (select ${key} from ${names.staging})`;
  const [count] = await engine.rows(sql`select count(*) as n from (${missing})`);
  // Most often there are none, and then ten million rows are not read.
  if (Number(count?.n ?? 0) === 0) return;
  const wanted = sql`select * from ${names.candidates} where (${key}) in (${missing})`;
  await engine.execute(
    sql`insert into ${names.staging} select ${columnList(contract)} from (${rankRows(contract, wanted)}) where _place = 1`,
  );
};

const outcome = (place: Sql, winnerHash: Sql, kind: 'loaded' | 'duplicate' | 'superseded'): Sql => {
  switch (kind) {
    case 'loaded':
      return sql`count(*) filter (${place} = 1)`;
    case 'duplicate':
      return sql`count(*) filter (${place} > 1 and _row_hash = ${winnerHash})`;
    case 'superseded':
      return sql`count(*) filter (${place} > 1 and _row_hash <> ${winnerHash})`;
    default:
      return kind satisfies never;
  }
};

/** What staging changed in the counts of each file; a fresh row counted as loaded before. */
export const readFileDeltas = async (
  engine: Engine,
  contract: Contract,
): Promise<readonly FileDelta[]> => {
  const names = stageNames(contract.feed);
  const now = (kind: 'loaded' | 'duplicate' | 'superseded'): Sql =>
    outcome(sql`_place`, sql`_winner_hash`, kind);
  const before = (kind: 'loaded' | 'duplicate' | 'superseded'): Sql =>
    outcome(sql`_place_before`, sql`_row_winner_hash_before`, kind);
  const rows = await engine.rows(sql`select _file_id,
      ${now('loaded')} - ${before('loaded')} - count(*) filter (_is_fresh) as loaded,
      ${now('duplicate')} - ${before('duplicate')} as duplicate,
      ${now('superseded')} - ${before('superseded')} as superseded
    from ${names.ranked} group by _file_id order by _file_id`);
  return rows.map((row) => ({
    fileId: String(row._file_id),
    loaded: Number(row.loaded),
    duplicate: Number(row.duplicate),
    superseded: Number(row.superseded),
  }));
};

/** Files of this run in which more than 10 rows, and over 1 %, share their id with a different row; who waits for a member counts, too. */
export const filesWithoutUniqueKey = async (
  engine: Engine,
  contract: Contract,
  fileIds: readonly string[],
): Promise<readonly string[]> => {
  const names = stageNames(contract.feed);
  const key = keyList(contract);
  const [waiting] = await engine.rows(sql`select count(*) as n from ${names.orphans}`);
  const own = sql`${names.bronze} where _file_id in (${joinSql(['', ...fileIds].map(quoteText))})`;
  // Where nobody waits, only rows of contested keys are looked at.
  const isWhole = Number(waiting?.n ?? 0) > 0;
  const claims = isWhole ? own : sql`${names.ranked} where _is_fresh`;
  const all = isWhole ? own : names.fresh;
  const rows = await engine.rows(sql`select clashes._file_id from (
      select _file_id, sum(n) as n from (
        select _file_id, count(*) as n from ${claims}
        group by _file_id, ${key} having count(distinct _row_hash) > 1)
      group by _file_id) as clashes
    inner join (select _file_id, count(*) as n from ${all} group by _file_id) as sizes
      on sizes._file_id = clashes._file_id
    where clashes.n * 100 > sizes.n and clashes.n > 10`);
  return rows.map((row) => String(row._file_id));
};
