import { joinSql, quoteName, quoteText, type Sql, sql, trustedSql } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';
import { createTable, type Engine } from '../../engine/index.ts';
import type { Draft } from '../../lake/index.ts';
import { type Change, changedAll, changedRows, noChange } from '../build/change.ts';
import type { Sizes } from '../build/sizes.ts';
import { ledgerQuery } from '../ledger/ledger.ts';
import { ledgerRelations } from '../ledger/ledger-relations.ts';
import {
  type CandidateOptions,
  candidatesNear,
  createCandidates,
  createInferred,
  createKnown,
  createVersions,
  knownRows,
  orphanQuery,
} from './create-candidates.ts';
import { stageFeed, stageNothing } from './stage-feed.ts';
import { stageNames } from './stage-names.ts';

export type FeedState = {
  readonly contract: Contract;
  /** Files whose rows are new in this run. */
  readonly newFileIds: readonly string[];
  /** Files that this run read, so that nothing is known of who waits in them. */
  readonly readFileIds: readonly string[];
  /** True when every accepted row must be applied: nothing was before, or all is built anew. */
  readonly full: boolean;
  /** True when no row of it can come in with this run, nor go: it costs next to nothing. */
  readonly idle: boolean;
};

export type StagingRequest = {
  readonly engine: Engine;
  readonly draft: Draft;
  readonly feeds: readonly FeedState[];
  readonly contracts: readonly Contract[];
  /** Feeds with a roster: references to an unknown member wait as orphans. */
  readonly rosters: ReadonlySet<string>;
  readonly currentReceipts: ReadonlyMap<string, readonly number[]>;
  /** Rows that are read again in this run: query of (feed, file_id, row). */
  readonly replayed?: Sql | undefined;
  readonly timeZone: string;
  /** What models read of staging, schema-qualified: nothing else is made. */
  readonly reads: ReadonlySet<string>;
  readonly sizes?: Sizes | undefined;
};

const candidateOptions = (request: StagingRequest, contract: Contract): CandidateOptions => ({
  contract,
  rosters: request.rosters,
  currentReceipts: request.currentReceipts.get(contract.feed) ?? [],
  timeZone: request.timeZone,
});

/** Open orphans of earlier files whose member is known by now, and replayed rows: they come in with this run. */
const promotedRows = (
  request: StagingRequest,
  { contract, full, readFileIds }: FeedState,
): Sql | undefined => {
  const { draft } = request;
  if (draft.relation(ledgerRelations.quarantine.relation) === undefined) return undefined;
  const open = sql`select file_id, "row" from (${ledgerQuery(draft, ledgerRelations.quarantine)})
    where feed = ${quoteText(contract.feed)} and stage = 'silver' and state = 'open'`;
  // All rows are applied: those of files that were read just now are new, replayed ones are counted by themselves.
  if (full)
    return sql`${open} and file_id not in (${joinSql(['', ...readFileIds].map(quoteText))})`;
  if (request.replayed === undefined) return open;
  return sql`${open} union select file_id, "row" from (${request.replayed}) where feed = ${quoteText(contract.feed)}`;
};

const countOf = async (engine: Engine, relation: Sql): Promise<number> =>
  Number((await engine.rows(sql`select count(*) as n from ${relation}`))[0]?.n ?? 0);

const noRows = sql`select cast(null as varchar) as _file_id, cast(null as bigint) as _source_row where false`;

/**
 * Finds who waits for an unknown member: `stage.<feed>_promoted` holds earlier orphans that found
 * theirs, `stage.<feed>_orphans` those that wait still and those of new files, `stage.<feed>_waiting` who of
 * them is on record.
 */
const createOrphans = async (request: StagingRequest, state: FeedState): Promise<void> => {
  const { engine } = request;
  const { contract, full, newFileIds } = state;
  const { feed } = contract;
  const names = stageNames(feed);
  const { waiting } = names;
  const promoted = sql`stage.${quoteName(`${feed}_promoted`)}`;
  const options = candidateOptions(request, contract);
  const open = promotedRows(request, state);
  const waitingRows =
    open === undefined
      ? noRows
      : sql`select file_id as _file_id, "row" as _source_row from (${open})`;
  const isWaiting = (await createTable(engine, waiting, waitingRows)) > 0;
  // Only files with orphans are read; most runs have none.
  const known = sql`select b._file_id, b._source_row from (${knownRows(options)}) as b
    semi join ${waiting} as w on w._file_id = b._file_id and w._source_row = b._source_row`;
  await engine.execute(sql`create or replace table ${promoted} as ${isWaiting ? known : noRows}`);
  const fresh = orphanQuery(options, full ? undefined : newFileIds);
  const still = sql`select b._file_id, b._source_row, b._source_line from ${names.bronze} as b
    semi join (select * from ${waiting} except select * from ${promoted}) as w
      on w._file_id = b._file_id and w._source_row = b._source_row`;
  await engine.execute(
    sql`create or replace table ${names.orphans} as ${isWaiting && !full ? sql`${fresh} union ${still}` : fresh}`,
  );
};

/** Schemas of the temp relations that a run works with. */
export const createWorkSchemas = (engine: Engine): Promise<void> =>
  engine.execute(
    joinSql(
      [
        'stage',
        'staging',
        'delta',
        'build',
        'scoped',
        'reference',
        'bronze',
        'bronze_parts',
        'silver',
        'gold',
        'compat',
        'meta',
        'quarantine',
      ].map((schema) => sql`create schema if not exists ${trustedSql(schema)}`),
      '; ',
    ),
  );

/** Finds who of a feed waits for a member, and its candidates. */
export const prepareFeed = async (request: StagingRequest, state: FeedState): Promise<void> => {
  await createOrphans(request, state);
  await createCandidates(request.engine, candidateOptions(request, state.contract));
};

/** Makes the members known that a feed refers to, as their own feeds stand by now. */
export const createKnownMembers = async (
  request: Pick<StagingRequest, 'engine' | 'contracts'>,
  contract: Contract,
): Promise<void> => {
  const referred = new Set(contract.relationships.map((relationship) => relationship.feed));
  for (const other of request.contracts)
    if (referred.has(other.feed)) await createKnown(request.engine, other);
};

/** Stages one feed that is not idle; returns how many orphans came in. */
export const stageOne = async (request: StagingRequest, state: FeedState): Promise<number> => {
  const { contract, full, newFileIds } = state;
  const name = sql`stage.${quoteName(`${contract.feed}_promoted`)}`;
  const promoted = await countOf(request.engine, name);
  await stageFeed(request.engine, {
    contract,
    newFileIds,
    full,
    promoted: promoted > 0 ? sql`select _file_id, _source_row from ${name}` : undefined,
    candidatesNear: (keys) => candidatesNear(request, candidateOptions(request, contract), keys),
  });
  return promoted;
};

/** Stages a feed of which no row comes in or goes: its candidates, and nothing that changed. */
export const stageIdle = async (
  request: StagingRequest,
  { contract }: FeedState,
): Promise<void> => {
  const { orphans } = stageNames(contract.feed);
  await request.engine.execute(
    sql`create or replace table ${orphans} as select *, cast(null as bigint) as _source_line from (${noRows})`,
  );
  await createCandidates(request.engine, candidateOptions(request, contract));
  await stageNothing(request.engine, contract);
};

/** `delta.staging_<of>`: the keys of what changed, under another name of the feed's staging. */
const createDeltaView = (engine: Engine, of: string, rows: Sql): Promise<void> =>
  engine.execute(
    sql`create or replace view delta.${quoteName(`staging_${of}`)} as select * from ${rows}`,
  );

/** How many members only facts name, where a model asks for them. */
const finishInferred = async (
  request: StagingRequest,
  contract: Contract,
  referring: readonly Contract[],
): Promise<number> => {
  const { engine, feeds, rosters, reads } = request;
  if (!reads.has(`staging.${contract.feed}_inferred`)) return 0;
  const busy = referring.filter(({ feed }) =>
    feeds.some((one) => one.contract.feed === feed && !one.idle),
  );
  const hasRoster = rosters.has(contract.feed);
  const inferred = await createInferred(engine, {
    target: contract,
    referring: busy,
    hasRoster,
    whole: false,
  });
  await createDeltaView(engine, `${contract.feed}_inferred`, stageNames(contract.feed).inferred);
  return inferred;
};

/**
 * Finishes staging when every feed stands: versions, members known only from facts, and what changed,
 * for the models that read them.
 */
export const finishStaging = async (
  request: StagingRequest,
): Promise<ReadonlyMap<string, Change>> => {
  const { engine, contracts, feeds } = request;
  const changes = new Map<string, Change>();
  for (const contract of contracts) {
    const { feed } = contract;
    const state = feeds.find((one) => one.contract.feed === feed);
    const names = stageNames(feed);
    const referring = contracts.filter((other) =>
      other.relationships.some((relationship) => relationship.feed === feed),
    );
    if (request.reads.has(`staging.${feed}_versions`)) {
      await createVersions(engine, candidateOptions(request, contract));
      await createDeltaView(engine, `${feed}_versions`, names.delta);
    }
    const inferred = await finishInferred(request, contract, referring);
    const rows = state?.idle === true ? 0 : await countOf(engine, names.delta);
    const change = state?.full === true ? changedAll : changedRows(rows);
    changes.set(`staging.${feed}`, change);
    changes.set(`staging.${feed}_versions`, change);
    const inferredFull = referring.some((other) =>
      feeds.some((one) => one.contract.feed === other.feed && one.full),
    );
    changes.set(
      `staging.${feed}_inferred`,
      inferredFull ? changedAll : inferred > 0 ? changedRows(inferred) : noChange,
    );
  }
  return changes;
};
