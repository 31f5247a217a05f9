import { joinSql, quoteName, quoteText, type Sql, sql } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';
import { createTable, type Engine } from '../../engine/index.ts';
import { bronzeViewColumns, bronzeViewQuery } from '../../ingest/index.ts';
import { nearRows, type ScopeContext } from '../build/scope-context.ts';
import { bronzeParts } from '../load/bronze-relation.ts';
import { stageNames } from './stage-names.ts';
import { keyList } from './winner-order.ts';

export type CandidateOptions = {
  readonly contract: Contract;
  /** Feeds that have a roster: a row that refers to an unknown member of one waits as an orphan. */
  readonly rosters: ReadonlySet<string>;
  /** Receipt that is the current version of each path; only replaceBatch feeds lose older ones. */
  readonly currentReceipts: readonly number[];
  readonly timeZone: string;
};

/** `known.<feed>`: the ids of a roster, from every accepted row ever received. */
export const createKnown = async (engine: Engine, contract: Contract): Promise<void> => {
  const names = stageNames(contract.feed);
  await engine.execute(
    sql`create or replace table ${names.known} as select distinct ${keyList(contract)} from ${names.bronze}`,
  );
};

const isCurrentVersion = (options: CandidateOptions): Sql =>
  options.contract.loadStrategy !== 'replaceBatch'
    ? sql`true`
    : options.currentReceipts.length === 0
      ? sql`false`
      : sql`_receipt in (${joinSql(options.currentReceipts.map((receipt) => sql`${receipt}`))})`;

/** SQL that is true for a row whose every member on a roster is known. */
const refersToKnown = ({ contract, rosters }: CandidateOptions): Sql => {
  const conditions = contract.relationships
    .filter((relationship) => rosters.has(relationship.feed))
    .map(
      ({ column, feed, toColumn }) =>
        sql`(${quoteName(column)} is null or ${quoteName(column)} in (select ${quoteName(toColumn)} from ${stageNames(feed).known}))`,
    );
  return conditions.length === 0 ? sql`true` : joinSql(conditions, ' and ');
};

/** The rows that may win a key, of a relation like the feed's bronze. Needs `stage.<feed>_orphans`. */
const candidatesOf = async (
  engine: Engine,
  options: CandidateOptions,
  bronze: Sql,
): Promise<Sql> => {
  const names = stageNames(options.contract.feed);
  const [waiting] = await engine.rows(sql`select count(*) as n from ${names.orphans}`);
  // Where nobody waits, ten million rows are not asked whether their member is known.
  const isKnown =
    Number(waiting?.n ?? 0) === 0
      ? sql`true`
      : sql`not exists (select 1 from ${names.orphans} as o where o._file_id = b._file_id and o._source_row = b._source_row)`;
  // What files added to the contract's columns stays in bronze.
  const columns = joinSql(bronzeViewColumns(options.contract).map(({ name }) => quoteName(name)));
  return sql`select ${columns} from ${bronze} as b where ${isCurrentVersion(options)} and ${isKnown}`;
};

/** `stage.<feed>_candidates`: the rows that may win a key. */
export const createCandidates = async (
  engine: Engine,
  options: CandidateOptions,
): Promise<void> => {
  const names = stageNames(options.contract.feed);
  const rows = await candidatesOf(engine, options, names.bronze);
  await engine.execute(sql`create or replace view ${names.candidates} as ${rows}`);
};

/** A query of the candidates that leaves out parts of bronze which hold none of these keys. */
export const candidatesNear = async (
  request: Pick<ScopeContext, 'engine' | 'draft' | 'sizes'>,
  options: CandidateOptions,
  keys: Sql,
): Promise<Sql> => {
  const { contract } = options;
  const parts = bronzeParts(contract.feed);
  const { engine } = request;
  const context = { ...request, models: new Map() };
  const near = await nearRows(context, parts, { by: contract.key, groups: keys });
  return candidatesOf(engine, options, sql`(${bronzeViewQuery(contract, near)})`);
};

/** Rows whose member on a roster is unknown, of these files or of all: (_file_id, _source_row, _source_line). */
export const orphanQuery = (
  options: CandidateOptions,
  fileIds: readonly string[] | undefined,
): Sql => {
  const ofFiles =
    fileIds === undefined
      ? sql`true`
      : fileIds.length === 0
        ? sql`false`
        : sql`_file_id in (${joinSql(fileIds.map(quoteText))})`;
  return sql`select _file_id, _source_row, _source_line from ${stageNames(options.contract.feed).bronze}
    where ${ofFiles} and ${isCurrentVersion(options)} and not (${refersToKnown(options)})`;
};

/** Rows of which every member on a roster is known. */
export const knownRows = (options: CandidateOptions): Sql =>
  sql`select * from ${stageNames(options.contract.feed).bronze} where ${isCurrentVersion(options)} and ${refersToKnown(options)}`;

/**
 * `staging.<feed>_versions`: all accepted versions of the touched keys, oldest first in
 * `_version_order`. A version that a later one of its own path dates earlier or equal is a corrected
 * mistake and left out. Needs `staging.<feed>`.
 */
export const createVersions = async (engine: Engine, options: CandidateOptions): Promise<void> => {
  const { contract } = options;
  const names = stageNames(contract.feed);
  const key = keyList(contract);
  const moment =
    contract.newestBy === undefined
      ? sql`cast(coalesce(_batch_date, _received_on) as timestamp)`
      : sql`coalesce(${quoteName(contract.newestBy)}, cast(coalesce(_batch_date, _received_on) as timestamp))`;
  const effectiveFrom =
    contract.newestBy === undefined
      ? sql`coalesce(_batch_date, _received_on)`
      : sql`coalesce(local_date(${quoteName(contract.newestBy)}, ${quoteText(options.timeZone)}), _batch_date, _received_on)`;
  const newest =
    contract.newestBy === undefined ? [] : [sql`${quoteName(contract.newestBy)} nulls first`];
  const order = joinSql([
    ...newest,
    sql`_batch_date nulls first`,
    sql`_source_file`,
    sql`_receipt`,
    sql`_source_row`,
  ]);
  await engine.execute(sql`create or replace view ${names.versions} as
    select * exclude (_moment, _next_moment),
      row_number() over (partition by ${key} order by ${order}) as _version_order
    from (
      select *, ${effectiveFrom} as _effective_from,
        min(_moment) over (partition by ${key}, _source_file order by _receipt
          range between 1 following and unbounded following) as _next_moment
      from (select *, ${moment} as _moment from ${names.candidates} where (${key}) in (select ${key} from ${names.staging})))
    where _next_moment is null or _next_moment > _moment`);
};

export type InferOptions = {
  /** The feed whose members may be known only from facts. */
  readonly target: Contract;
  /** Feeds that refer to it. */
  readonly referring: readonly Contract[];
  readonly hasRoster: boolean;
  /** Look at every row, not only at this run's. */
  readonly whole: boolean;
};

/** `staging.<feed>_inferred`: members that only facts name, none when the feed has a roster. Tells how many. */
export const createInferred = async (engine: Engine, options: InferOptions): Promise<number> => {
  const { target, referring, hasRoster, whole } = options;
  const names = stageNames(target.feed);
  const key = target.key[0] ?? 'id';
  const rowsOf = (feed: string): Sql =>
    whole ? stageNames(feed).candidates : stageNames(feed).fresh;
  const sources = hasRoster
    ? []
    : referring.flatMap((contract) =>
        contract.relationships
          .filter((relationship) => relationship.feed === target.feed)
          .map(
            ({ column }) =>
              sql`select ${quoteName(column)} as ${quoteName(key)} from ${rowsOf(contract.feed)} where ${quoteName(column)} is not null`,
          ),
      );
  const rows =
    sources.length === 0
      ? sql`select cast(null as varchar) as ${quoteName(key)} where false`
      : joinSql(sources, ' union ');
  return createTable(engine, names.inferred, sql`select distinct ${quoteName(key)} from (${rows})`);
};
