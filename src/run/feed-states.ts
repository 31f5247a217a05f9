import { joinSql, sql } from '../base/index.ts';
import { type Contract, studentFeed } from '../contract/index.ts';
import { ledgerQuery } from './ledger/ledger.ts';
import { ledgerRelations } from './ledger/ledger-relations.ts';
import type { FileRow } from './load/file-row.ts';
import { replayedRows } from './replay-records.ts';
import type { Session } from './run-session.ts';
import type { FeedState, StagingRequest } from './stage/stage-feeds.ts';

/** The files of a feed whose rows count. */
export const loadedRows = (session: Session, feed: string): readonly FileRow[] =>
  [...session.book.rows().values()].filter((row) => row.feed === feed && row.status === 'loaded');

/** Feeds that others refer to and that have an accepted file, unless members are always inferred. */
const findRosters = (session: Session): ReadonlySet<string> => {
  const infer = session.project.config.settings['students.infer'];
  const referred = new Set(
    session.project.contracts.flatMap((contract) => contract.relationships.map((one) => one.feed)),
  );
  return new Set(
    [...referred].filter((feed) => {
      if (feed === studentFeed && infer === 'true') return false;
      if (feed === studentFeed && infer === 'false') return true;
      return loadedRows(session, feed).length > 0;
    }),
  );
};

/** True when an earlier run applied rows of this roster: every feed is marked as applied, also an empty one. */
const hadRoster = (session: Session, feed: string): boolean => {
  const applied = session.appliedIn.get(feed);
  if (applied === undefined) return false;
  if (feed === studentFeed && session.project.config.settings['students.infer'] === 'false')
    return true;
  return loadedRows(session, feed).some((row) => row.run_id <= applied);
};

/** True when a file of this run replaces an older version of its path whose rows were applied. */
const replacesBatch = (rows: readonly FileRow[], applied: number | undefined): boolean =>
  rows.some(
    (row) =>
      row.run_id > (applied ?? 0) &&
      rows.some((older) => older.path === row.path && older.receipt < row.receipt),
  );

/**
 * Which rows of a feed are new, or that all must be looked at again: when its roster came only with this
 * run, and when a batch was replaced, whose older rows go.
 */
const feedState = (
  session: Session,
  { feed, relationships, loadStrategy }: Contract,
  newRosters: ReadonlySet<string>,
): Omit<FeedState, 'contract' | 'idle'> => {
  const applied = session.appliedIn.get(feed);
  const isFlipped = relationships.some((one) => newRosters.has(one.feed));
  const rows = loadedRows(session, feed);
  return {
    full:
      applied === undefined ||
      isFlipped ||
      (loadStrategy === 'replaceBatch' && replacesBatch(rows, applied)),
    newFileIds: rows
      .filter((row) => applied === undefined || row.run_id > applied)
      .map((row) => row.file_id),
    readFileIds: rows.filter((row) => row.run_id === session.load.run).map((row) => row.file_id),
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

/** The contracts so that each comes after those it refers to; a circle keeps its order. */
export const membersFirst = (contracts: readonly Contract[]): readonly Contract[] => {
  const ordered: Contract[] = [];
  let left = [...contracts];
  while (left.length > 0) {
    const waiting = new Set(left.map((contract) => contract.feed));
    const isFree = ({ feed, relationships }: Contract): boolean =>
      !relationships.some((one) => one.feed !== feed && waiting.has(one.feed));
    const next = left.find(isFree) ?? left[0];
    if (next === undefined) break;
    ordered.push(next);
    left = left.filter((contract) => contract !== next);
  }
  return ordered;
};

/** What staging asks for, as the files stand now: one that is set aside changes who has a roster. */
export const stagingRequest = (session: Session): Omit<StagingRequest, 'feeds'> => ({
  engine: session.engine,
  draft: session.draft,
  contracts: session.project.contracts,
  rosters: findRosters(session),
  currentReceipts: currentReceipts(session),
  replayed: replayedRows(session),
  timeZone: session.project.config.settings.timezone,
  reads: new Set(session.project.graph.models.flatMap((model) => model.reads)),
  sizes: session.options.sizes,
});

/** Feeds of which rows may come in beside those of new files: some wait for a member, or are read again. */
export const feedsWithWaiting = async (session: Session): Promise<ReadonlySet<string>> => {
  const { engine, draft } = session;
  const { quarantine } = ledgerRelations;
  const replayed = replayedRows(session);
  const waiting = [
    ...(draft.relation(quarantine.relation) === undefined
      ? []
      : [
          sql`select feed from (${ledgerQuery(draft, quarantine)}) where stage = 'silver' and state = 'open'`,
        ]),
    ...(replayed === undefined ? [] : [sql`select feed from (${replayed})`]),
  ];
  if (waiting.length === 0) return new Set();
  const rows = await engine.rows(
    sql`select distinct feed from (${joinSql(waiting, ' union all ')})`,
  );
  return new Set(rows.map((row) => String(row.feed)));
};

/** What of a feed is to be staged in this run. */
export const stateOf = (
  session: Session,
  contract: Contract,
  waiting: ReadonlySet<string>,
): FeedState => {
  const newRosters = [...findRosters(session)].filter((feed) => !hadRoster(session, feed));
  const state = feedState(session, contract, new Set(newRosters));
  const rows = state.full ? loadedRows(session, contract.feed).length : state.newFileIds.length;
  return { contract, ...state, idle: rows === 0 && !waiting.has(contract.feed) };
};
