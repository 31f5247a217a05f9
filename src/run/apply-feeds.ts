import { joinSql, quoteName, quoteText, sayCount, sql } from '../base/index.ts';
import type { Contract } from '../contract/index.ts';
import type { Change } from './build/change.ts';
import {
  feedsWithWaiting,
  loadedRows,
  membersFirst,
  stagingRequest,
  stateOf,
} from './feed-states.ts';
import { ledgerQuery } from './ledger/ledger.ts';
import { ledgerRelations } from './ledger/ledger-relations.ts';
import { recordOrphans } from './load/find-orphans.ts';
import type { LoadedFile } from './load/load-context.ts';
import type { AsideFile } from './load/load-files.ts';
import { countReplayed, settleReplayed } from './replay-records.ts';
import { inStep, publishAllBronze, type Session } from './run-session.ts';
import { replacedFiles } from './settle-quarantine.ts';
import { filesWithoutUniqueKey, readFileDeltas } from './stage/stage-feed.ts';
import {
  createKnownMembers,
  type FeedState,
  finishStaging,
  prepareFeed,
  type StagingRequest,
  stageIdle,
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
  const name = sql`stage.${quoteName(`${feed}_promoted`)}`;
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
  const { contract, newFileIds } = state;
  const bad = await filesWithoutUniqueKey(session.engine, contract, newFileIds);
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
 * Of a batch that was replaced nothing counts any more: its rows are superseded, and who of it waited for
 * a member waits no longer.
 */
const supersedeBatches = async (session: Session, contract: Contract): Promise<void> => {
  const { engine, draft, book } = session;
  const gone = replacedFiles(session).filter(
    (fileId) => book.rows().get(fileId)?.feed === contract.feed,
  );
  if (contract.loadStrategy !== 'replaceBatch' || gone.length === 0) return;
  const ids = joinSql(gone.map(quoteText));
  const waiting =
    draft.relation(ledgerRelations.quarantine.relation) === undefined
      ? []
      : await engine.rows(
          sql`insert into load.promoted select record_id from (${ledgerQuery(draft, ledgerRelations.quarantine)})
            where stage = 'silver' and state = 'open' and file_id in (${ids}) returning regexp_replace(record_id, ':[0-9]+$', '') as file_id`,
        );
  for (const fileId of gone) {
    const row = book.rows().get(fileId);
    if (row === undefined) continue;
    const orphans = waiting.filter((one) => one.file_id === fileId).length;
    const superseded = row.loaded + row.duplicate + orphans;
    if (superseded === 0) continue;
    book.add(fileId, {
      loaded: -row.loaded,
      duplicate: -row.duplicate,
      quarantined: -orphans,
      superseded,
    });
  }
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
    text: `${sayCount(orphans)} of ${sayCount(rows)} rows of ${contract.feed} belong to nobody on the roster, more than ${percent} %. None of them was loaded.`,
    hint: `Deliver the roster: the next run with a new file tries again. To let them wait, in schoolhouse.yaml: quarantine: { orphan_budget: ${Math.ceil((orphans * 100) / rows)} }`,
  });
};

const stageFeedFully = async (
  session: Session,
  request: StagingRequest,
  given: { readonly state: FeedState; readonly loaded: readonly LoadedFile[] },
): Promise<Pick<Applied, 'promoted' | 'replayed' | 'aside'> & { readonly state: FeedState }> => {
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
  }
  if (promoted > 0) await countPromoted(session, contract.feed);
  await recordFeedOrphans(session, request, { state, loaded: given.loaded });
  for (const { fileId, ...change } of await readFileDeltas(session.engine, contract)) {
    session.book.add(fileId, change);
  }
  await supersedeBatches(session, contract);
  const replayed = await settleReplayed(session, contract.feed, { isFull: state.full });
  return { promoted: state.full ? promoted : promoted - replayed, replayed, aside, state };
};

/**
 * Applies the rows of every feed: who is known, who waits, who wins each key. Leaves the staging
 * relations for the models, and the counts of every file in the book. Feeds that others refer to come first:
 * a roster that is set aside makes nobody known.
 */
export const applyFeeds = async (
  session: Session,
  loaded: readonly LoadedFile[],
): Promise<Applied> => {
  const { project, engine } = session;
  await engine.execute(sql`create or replace table load.promoted (record_id varchar)`);
  return inStep(session, 'stage', async () => {
    const feeds: FeedState[] = [];
    let promoted = 0;
    let replayed = 0;
    const aside: AsideFile[] = [];
    const waiting = await feedsWithWaiting(session);
    for (const contract of membersFirst(project.contracts)) {
      const request = { ...stagingRequest(session), feeds };
      const state = stateOf(session, contract, waiting);
      if (state.idle) {
        await stageIdle(request, state);
        feeds.push(state);
        continue;
      }
      await createKnownMembers(request, contract);
      await prepareFeed(request, state);
      const result = await stageFeedFully(session, request, { state, loaded });
      promoted += result.promoted;
      replayed += result.replayed;
      aside.push(...result.aside);
      feeds.push(result.state);
    }
    const request = { ...stagingRequest(session), feeds };
    const changes = await finishStaging(request);
    await warnOfMembers(session, loaded);
    const fullFeeds = new Set(
      feeds.filter((state) => state.full).map((state) => state.contract.feed),
    );
    return { changes, fullFeeds, rosters: request.rosters, promoted, replayed, aside };
  });
};
