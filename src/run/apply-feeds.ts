import { joinSql, quoteText, type Sql, sql } from '../base/index.ts';
import type { Change } from './build/change.ts';
import { ledgerQuery } from './ledger/ledger.ts';
import { ledgerRelations } from './ledger/ledger-relations.ts';
import type { FileRow } from './load/file-row.ts';
import { recordOrphans } from './load/find-orphans.ts';
import type { LoadedFile } from './load/load-context.ts';
import type { AsideFile } from './load/load-files.ts';
import { countReplayed, replayedRows, settleReplayed } from './replay-records.ts';
import { inStep, publishAllBronze, type Session } from './run-session.ts';
import { filesWithoutUniqueKey, readFileDeltas } from './stage/stage-feed.ts';
import {
  type FeedState,
  finishStaging,
  prepareFeed,
  prepareStaging,
  type StagingRequest,
  stageOne,
} from './stage/stage-feeds.ts';
import { stageNames } from './stage/stage-names.ts';
import { setFilesAside } from './take-in.ts';
import { warnOfMembers } from './warn-changes.ts';

/** What staging did: what changed, for whom all must be built, who was promoted. */
export type Applied = {
  readonly changes: ReadonlyMap<string, Change>;
  readonly fullFeeds: ReadonlySet<string>;
  readonly rosters: ReadonlySet<string>;
  readonly promoted: number;
  /** Records that `quarantine replay` brought in. */
  readonly replayed: number;
  readonly aside: readonly AsideFile[];
};

const loadedRows = (session: Session, feed: string): readonly FileRow[] =>
  [...session.book.rows().values()].filter((row) => row.feed === feed && row.status === 'loaded');

/** Feeds that others refer to and that have an accepted file, unless members are always inferred. */
const findRosters = (session: Session): ReadonlySet<string> => {
  const infer = session.project.config.settings['students.infer'];
  const referred = new Set(
    session.project.contracts.flatMap((contract) => contract.relationships.map((one) => one.feed)),
  );
  return new Set(
    [...referred].filter((feed) => {
      if (feed === 'students' && infer === 'true') return false;
      if (feed === 'students' && infer === 'false') return true;
      return loadedRows(session, feed).length > 0;
    }),
  );
};

/** True when an earlier run applied rows of this roster: every feed is marked as applied, also an empty one. */
const hadRoster = (session: Session, feed: string): boolean => {
  const applied = session.appliedIn.get(feed);
  if (applied === undefined) return false;
  if (feed === 'students' && session.project.config.settings['students.infer'] === 'false')
    return true;
  return loadedRows(session, feed).some((row) => row.run_id <= applied);
};

/** Feeds whose roster came only with this run: all their rows must be looked at again. */
const feedState = (
  session: Session,
  feed: string,
  newRosters: ReadonlySet<string>,
): Omit<FeedState, 'contract'> => {
  const applied = session.appliedIn.get(feed);
  const contract = session.project.contracts.find((one) => one.feed === feed);
  const isFlipped = contract?.relationships.some((one) => newRosters.has(one.feed)) ?? false;
  const rows = loadedRows(session, feed);
  return {
    full: applied === undefined || isFlipped,
    newFileIds: rows
      .filter((row) => applied === undefined || row.run_id > applied)
      .map((row) => row.file_id),
  };
};

/** Current receipts by feed: the newest loaded version of each path. */
const currentReceipts = (session: Session): ReadonlyMap<string, readonly number[]> => {
  const newest = new Map<string, FileRow>();
  for (const row of session.book.rows().values()) {
    if (row.status !== 'loaded') continue;
    const before = newest.get(row.path);
    if (before === undefined || before.receipt < row.receipt) newest.set(row.path, row);
  }
  const byFeed = new Map<string, number[]>();
  for (const row of newest.values()) {
    const list = byFeed.get(row.feed ?? '') ?? [];
    list.push(row.receipt);
    byFeed.set(row.feed ?? '', list);
  }
  return byFeed;
};

const recordFeedOrphans = async (
  session: Session,
  request: StagingRequest,
  { state, loaded }: { readonly state: FeedState; readonly loaded: readonly LoadedFile[] },
): Promise<void> => {
  const { book, load, log } = session;
  const fileIds = state.full
    ? loadedRows(session, state.contract.feed).map((row) => row.file_id)
    : state.newFileIds;
  const found = await recordOrphans(load, {
    contract: state.contract,
    rosters: request.rosters,
    fileIds,
    loaded: new Map(loaded.map((file) => [file.row.file_id, file])),
    rows: book.rows(),
    receipts: new Map(log.receipts().map((receipt) => [receipt.seq, receipt])),
  });
  for (const [fileId, count] of found) book.add(fileId, { loaded: -count, quarantined: count });
};

/** Counts promoted orphans with their files and notes them for the quarantine. */
const countPromoted = async (session: Session, feed: string): Promise<void> => {
  const name = `stage."${feed}_promoted"` as Sql;
  const rows = await session.engine.rows(
    sql`select _file_id, count(*) as n from ${name} group by _file_id`,
  );
  for (const row of rows) {
    const n = Number(row.n);
    session.book.add(String(row._file_id), { quarantined: -n, loaded: n });
  }
  await session.engine.execute(
    sql`insert into load.promoted select _file_id || ':' || cast(_source_row as varchar) from ${name}`,
  );
};

const setAsideRepeatedKeys = async (
  session: Session,
  state: FeedState,
  loaded: readonly LoadedFile[],
): Promise<readonly AsideFile[]> => {
  const bad = await filesWithoutUniqueKey(session.engine, state.contract);
  const own = loaded.filter((file) => bad.includes(file.row.file_id));
  if (own.length === 0) return [];
  const key = state.contract.key.join(', ');
  const aside = await setFilesAside(session, state.contract, own, {
    reason: 'key_not_unique',
    text: `More than 10 of its rows, and over 1 % of them, share their ${key} with a different row, so it is no key. None of its rows was loaded.`,
    hint: `Name the column that identifies a row: feeds.${state.contract.feed}.columns.${key}`,
  });
  await publishAllBronze(session, [state.contract]);
  return aside;
};

/**
 * Sets the new files of a feed aside when more of their rows than `quarantine.orphan_budget` percent
 * would wait for a member whom no roster knows.
 */
const setAsideOrphans = async (
  session: Session,
  { contract }: FeedState,
  loaded: readonly LoadedFile[],
): Promise<readonly AsideFile[]> => {
  const percent = session.project.config.settings['quarantine.orphan_budget'];
  const own = loaded.filter((file) => file.contract.feed === contract.feed);
  if (percent === null || own.length === 0) return [];
  const ids = joinSql(own.map((file) => quoteText(file.row.file_id)));
  const [row] = await session.engine.rows(
    sql`select count(*) as n from ${stageNames(contract.feed).orphans} where _file_id in (${ids})`,
  );
  const orphans = Number(row?.n ?? 0);
  const rows = own.reduce((sum, file) => sum + file.row.read - file.row.blank, 0);
  if (orphans * 100 <= percent * rows) return [];
  return setFilesAside(session, contract, own, {
    reason: 'budget',
    text: `${orphans.toLocaleString('en-US')} of ${rows.toLocaleString('en-US')} rows of ${contract.feed} belong to nobody on the roster, more than ${percent} %. None of them was loaded.`,
    hint: `Deliver the roster: the next run with a new file tries again. To let them wait, in schoolhouse.yaml: quarantine: { orphan_budget: ${Math.ceil((orphans * 100) / rows)} }`,
  });
};

const stageFeedFully = async (
  session: Session,
  request: StagingRequest,
  given: { readonly state: FeedState; readonly loaded: readonly LoadedFile[] },
): Promise<Pick<Applied, 'promoted' | 'replayed' | 'aside'>> => {
  const { contract } = given.state;
  const without = (aside: readonly AsideFile[]): FeedState => {
    const gone = new Set(aside.map((one) => one.row.file_id));
    return { ...given.state, newFileIds: given.state.newFileIds.filter((id) => !gone.has(id)) };
  };
  const orphaned = await setAsideOrphans(session, given.state, given.loaded);
  let state = without(orphaned);
  if (orphaned.length > 0) {
    await publishAllBronze(session, [contract]);
    await prepareFeed(request, state);
  }
  let promoted = await stageOne(request, state);
  const repeated = await setAsideRepeatedKeys(session, state, given.loaded);
  const aside = [...orphaned, ...repeated];
  if (repeated.length > 0) {
    state = without(aside);
    promoted = await stageOne(request, state);
  }
  if (state.full) {
    for (const row of loadedRows(session, contract.feed)) session.book.rebase(row.file_id);
    await countReplayed(session, contract.feed);
  } else if (promoted > 0) await countPromoted(session, contract.feed);
  await recordFeedOrphans(session, request, { state, loaded: given.loaded });
  for (const { fileId, ...change } of await readFileDeltas(session.engine, contract)) {
    session.book.add(fileId, change);
  }
  const replayed = await settleReplayed(session, contract.feed, { isFull: state.full });
  return { promoted: state.full ? 0 : promoted - replayed, replayed, aside };
};

/**
 * Applies the rows of every feed: who is known, who waits, who wins each key. Leaves the staging
 * relations for the models, and the counts of every file in the book.
 */
export const applyFeeds = async (
  session: Session,
  loaded: readonly LoadedFile[],
): Promise<Applied> => {
  const { project, engine, draft } = session;
  const rosters = findRosters(session);
  const knownRosters = new Set([...rosters].filter((feed) => hadRoster(session, feed)));
  const newRosters = new Set([...rosters].filter((feed) => !knownRosters.has(feed)));
  await engine.execute(sql`create or replace table load.promoted (record_id varchar)`);
  const feeds = project.contracts.map((contract) => ({
    contract,
    ...feedState(session, contract.feed, newRosters),
  }));
  const request: StagingRequest = {
    engine,
    draft,
    feeds,
    contracts: project.contracts,
    rosters,
    currentReceipts: currentReceipts(session),
    replayed: replayedRows(session),
    timeZone: project.config.settings.timezone,
  };
  return inStep(session, 'stage', async () => {
    await prepareStaging(request);
    let promoted = 0;
    let replayed = 0;
    const aside: AsideFile[] = [];
    for (const state of feeds) {
      const result = await stageFeedFully(session, request, { state, loaded });
      promoted += result.promoted;
      replayed += result.replayed;
      aside.push(...result.aside);
    }
    const changes = await finishStaging(request);
    await warnOfMembers(session, loaded);
    const fullFeeds = new Set(
      feeds.filter((state) => state.full).map((state) => state.contract.feed),
    );
    return { changes, fullFeeds, rosters, promoted, replayed, aside };
  });
};

/** File versions that a newer loaded version of their path replaced. */
export const replacedFiles = ({ book }: Session): readonly string[] => {
  const loaded = [...book.rows().values()].filter((row) => row.status === 'loaded');
  const newest = new Map<string, number>();
  for (const { path, receipt } of loaded)
    newest.set(path, Math.max(receipt, newest.get(path) ?? receipt));
  return loaded
    .filter((row) => row.receipt < (newest.get(row.path) ?? 0))
    .map((row) => row.file_id);
};

/** File versions whose records of earlier runs tell nothing any more. */
export type Outdated = {
  /** A newer version of their path was loaded. */
  readonly replaced: readonly string[];
  /** This run read them again as a whole: what it refused is told anew. */
  readonly reread: readonly string[];
};

/**
 * Writes what this run refused, and what it took in after all, into the quarantine. An open record of a
 * replaced version is resolved: the newer one has it right, or its own record; orphans of it wait on. So
 * is one of a file that was read again, where it is not refused again.
 */
export const quarantineQuery = (session: Session, { replaced, reread }: Outdated): Sql => {
  const { run } = session.load;
  const isOf = (files: readonly string[]): Sql =>
    files.length === 0 ? sql`false` : sql`z.file_id in (${joinSql(files.map(quoteText))})`;
  const isReplaced = sql`(z.state = 'open' and z.stage <> 'silver' and ${isOf(replaced)})`;
  const isReread = sql`(z.state = 'open' and z.run_id <> ${run} and ${isOf(reread)})`;
  return sql`select z.* replace (
      case when ${isReplaced} or ${isReread} then 'resolved' else z.state end as state,
      case when ${isReplaced} or ${isReread} then ${run} else z.resolved_run end as resolved_run,
      case when ${isReread} then 'The file was read again.'
        when ${isReplaced} then 'A newer version of the file was loaded.' else z.because end as because)
    from (${recordsQuery(session)}) as z`;
};

const recordsQuery = ({ draft, load }: Session): Sql => {
  const before = ledgerQuery(draft, ledgerRelations.quarantine);
  return sql`select q.* replace (
      case when p.record_id is null then q.state else 'resolved' end as state,
      case when p.record_id is null then q.resolved_run else ${load.run} end as resolved_run)
    from (${before}) as q
    left join load.promoted as p on p.record_id = q.record_id
    where not exists (select 1 from load.refusals as r where r.record_id = q.record_id)
    union all by name
    select r.* replace (
      case when d.record_id is null then r.state else 'discarded' end as state,
      d.run_id as resolved_run, d.because as because, d."by" as "by")
    from load.refusals as r
    left join load.discarded as d on d.record_id = r.record_id`;
};
