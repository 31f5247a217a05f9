import { quoteName, quoteText, type Sql, sql, trustedSql } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';
import type { Engine } from '../../engine/index.ts';
import type { Draft } from '../../lake/index.ts';
import { type Change, changedAll, changedRows, noChange } from '../build/change.ts';
import { ledgerQuery } from '../ledger/ledger.ts';
import { ledgerRelations } from '../ledger/ledger-relations.ts';
import {
  type CandidateOptions,
  createCandidates,
  createInferred,
  createKnown,
  createVersions,
} from './create-candidates.ts';
import { stageFeed } from './stage-feed.ts';
import { stageNames } from './stage-names.ts';

export type FeedState = {
  readonly contract: Contract;
  /** Files whose rows are new in this run. */
  readonly newFileIds: readonly string[];
  /** True when every accepted row must be applied: nothing was before, or all is built anew. */
  readonly full: boolean;
};

export type StagingRequest = {
  readonly engine: Engine;
  readonly draft: Draft;
  readonly feeds: readonly FeedState[];
  readonly contracts: readonly Contract[];
  /** Feeds with a roster: references to an unknown member wait as orphans. */
  readonly rosters: ReadonlySet<string>;
  readonly currentReceipts: ReadonlyMap<string, readonly number[]>;
  readonly timeZone: string;
};

const candidateOptions = (request: StagingRequest, contract: Contract): CandidateOptions => ({
  contract,
  rosters: request.rosters,
  currentReceipts: request.currentReceipts.get(contract.feed) ?? [],
  timeZone: request.timeZone,
});

/** Open orphans of earlier files whose member is known by now: they come in with this run. */
const promotedRows = (request: StagingRequest, contract: Contract): Sql | undefined => {
  const { draft } = request;
  if (draft.relation(ledgerRelations.quarantine.relation) === undefined) return undefined;
  const open = sql`select file_id, "row" from (${ledgerQuery(draft, ledgerRelations.quarantine)})
    where feed = ${quoteText(contract.feed)} and stage = 'silver' and state = 'open'`;
  return open;
};

/** Makes `stage.<feed>_promoted`: (_file_id, _source_row) of orphans that found their member. */
const createPromoted = async (request: StagingRequest, contract: Contract): Promise<number> => {
  const { engine } = request;
  const name = sql`stage.${quoteName(`${contract.feed}_promoted`)}`;
  const open = promotedRows(request, contract);
  const none = sql`select cast(null as varchar) as _file_id, cast(null as bigint) as _source_row where false`;
  const waiting = sql`stage.${quoteName(`${contract.feed}_waiting`)}`;
  await engine.execute(
    sql`create or replace table ${waiting} as ${open === undefined ? none : sql`select file_id as _file_id, "row" as _source_row from (${open})`}`,
  );
  const [count] = await engine.rows(sql`select count(*) as n from ${waiting}`);
  const { candidates } = stageNames(contract.feed);
  // Only files with orphans are read; most runs have none.
  await engine.execute(
    Number(count?.n ?? 0) === 0
      ? sql`create or replace table ${name} as ${none}`
      : sql`create or replace table ${name} as select c._file_id, c._source_row from ${candidates} as c
          semi join ${waiting} as w on w._file_id = c._file_id and w._source_row = c._source_row`,
  );
  const [promoted] = await engine.rows(sql`select count(*) as n from ${name}`);
  return Number(promoted?.n ?? 0);
};

/** Schemas of the temp relations that a run works with. */
export const createWorkSchemas = async (engine: Engine): Promise<void> => {
  for (const schema of ['stage', 'staging', 'delta', 'build', 'scoped', 'reference', 'bronze', 'bronze_parts', 'silver', 'gold', 'compat', 'meta', 'quarantine']) {
    await engine.execute(sql`create schema if not exists ${trustedSql(schema)}`);
  }
};

/** Prepares the members that rosters know and the candidates of every feed. */
export const prepareStaging = async (request: StagingRequest): Promise<void> => {
  const isReferredTo = (feed: string): boolean =>
    request.contracts.some((other) => other.relationships.some((one) => one.feed === feed));
  for (const contract of request.contracts)
    if (isReferredTo(contract.feed)) await createKnown(request.engine, contract);
  for (const contract of request.contracts)
    await createCandidates(request.engine, candidateOptions(request, contract));
};

/** Stages one feed; returns how many orphans came in. */
export const stageOne = async (request: StagingRequest, state: FeedState): Promise<number> => {
  const { contract, full, newFileIds } = state;
  const promoted = full ? 0 : await createPromoted(request, contract);
  const name = sql`stage.${quoteName(`${contract.feed}_promoted`)}`;
  await stageFeed(request.engine, {
    contract,
    newFileIds,
    full,
    promoted: promoted > 0 ? sql`select _file_id, _source_row from ${name}` : undefined,
  });
  return promoted;
};

const createDeltaViews = async (engine: Engine, contract: Contract): Promise<void> => {
  const { feed } = contract;
  const names = stageNames(feed);
  await engine.execute(
    sql`create or replace view delta.${quoteName(`staging_${feed}_versions`)} as select * from ${names.delta}`,
  );
  await engine.execute(
    sql`create or replace view delta.${quoteName(`staging_${feed}_inferred`)} as select * from ${names.inferred}`,
  );
};

const countOf = async (engine: Engine, relation: Sql): Promise<number> =>
  Number((await engine.rows(sql`select count(*) as n from ${relation}`))[0]?.n ?? 0);

/**
 * Finishes staging when every feed stands: versions, members known only from facts, and what changed,
 * for the models that read them.
 */
export const finishStaging = async (request: StagingRequest): Promise<ReadonlyMap<string, Change>> => {
  const { engine, contracts, rosters, feeds } = request;
  const changes = new Map<string, Change>();
  for (const contract of contracts) {
    const state = feeds.find((one) => one.contract.feed === contract.feed);
    const names = stageNames(contract.feed);
    const referring = contracts.filter((other) =>
      other.relationships.some((relationship) => relationship.feed === contract.feed),
    );
    await createVersions(engine, candidateOptions(request, contract));
    await createInferred(engine, contract, referring, rosters.has(contract.feed));
    await createDeltaViews(engine, contract);
    const change =
      state?.full === true ? changedAll : changedRows(await countOf(engine, names.delta));
    changes.set(`staging.${contract.feed}`, change);
    changes.set(`staging.${contract.feed}_versions`, change);
    const inferredFull = referring.some((other) =>
      feeds.some((one) => one.contract.feed === other.feed && one.full),
    );
    const inferred = await countOf(engine, names.inferred);
    changes.set(
      `staging.${contract.feed}_inferred`,
      inferredFull ? changedAll : inferred > 0 ? changedRows(inferred) : noChange,
    );
  }
  return changes;
};
