import { join } from 'node:path';
import { type Effects, sql } from '../base/index.ts';
import { readProjectConfig } from '../contract/index.ts';
import { type RunState, readRunState, readSnapshot } from '../lake/index.ts';
import { openReader, type Reader } from './open-reader.ts';
import { fileReason } from './reasons.ts';

export type LastRun = {
  readonly run_id: number;
  readonly command: string;
  readonly status: string;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly as_of: string | null;
  readonly snapshot: number | null;
  readonly error_code: string | null;
  readonly stopped_at: string | null;
};

export type FeedStatus = {
  readonly feed: string;
  readonly files: number;
  readonly newest_file: string;
  /** UTC, ISO. */
  readonly received_at: string | null;
  readonly received_on: string;
  /** Records that are in the warehouse. */
  readonly rows: number;
  /** Refused records that wait for a person or for their student. */
  readonly open: number;
};

export type AsideStatus = {
  readonly path: string;
  readonly feed: string | null;
  readonly reason: string;
  readonly is: string;
  readonly to_do: string;
};

/** What the newest run is doing, or how it ended without a commit. */
export type RunStory = {
  readonly kind: 'running' | 'killed' | 'failed' | 'interrupted';
  readonly run_id: number;
  readonly step: string;
  readonly pid: number;
  readonly command: string;
  readonly started_at: string;
  readonly heartbeat_at: string;
};

export type FailedCheck = {
  readonly name: string;
  readonly severity: string;
  readonly failed_rows: number;
};

export type ProjectStatus = {
  /** The school or district, as schoolhouse.yaml names it; null while that file cannot be read. */
  readonly name: string | null;
  /** The newest run, when it is not one that committed. */
  readonly story: RunStory | null;
  /** When a run last looked and found nothing to do, UTC; null when the last one had work. */
  readonly looked_at: string | null;
  readonly last_run: LastRun | null;
  /** Checks of the last run that returned rows. */
  readonly failed_checks: readonly FailedCheck[];
  readonly snapshot: {
    readonly run: number;
    readonly committed_at: string;
    readonly as_of: string | null;
  } | null;
  readonly feeds: readonly FeedStatus[];
  readonly set_aside: readonly AsideStatus[];
};

const storyOf = (state: RunState, lastCommitted: number): RunStory | null => {
  if (state.kind === 'none') return null;
  const { run, step, pid, command, startedAt, heartbeatAt } = state.file;
  const facts = {
    run_id: run,
    step,
    pid,
    command,
    started_at: startedAt,
    heartbeat_at: heartbeatAt,
  };
  // Killed or failed after its commit: that its tables are there is what counts.
  if (state.kind !== 'running' && run <= lastCommitted) return null;
  if (state.kind !== 'ended') return { kind: state.kind, ...facts };
  const { state: ending } = state.file;
  if (ending === 'done' || ending === 'running') return null;
  return { kind: ending, ...facts };
};

const text = (cell: unknown): string | null =>
  cell === null || cell === undefined ? null : String(cell);
const utc = (cell: unknown): string | null => {
  const said = text(cell);
  return said === null ? null : `${said.replace(' ', 'T')}Z`;
};

const readLastRun = async (reader: Reader): Promise<LastRun | null> => {
  const { rows } = await reader.query('select * from meta.run order by run_id desc limit 1');
  const [row] = rows;
  if (row === undefined) return null;
  return {
    run_id: Number(row.run_id),
    command: String(row.command),
    status: String(row.status),
    started_at: utc(row.started_at) ?? '',
    finished_at: utc(row.finished_at),
    as_of: text(row.as_of),
    snapshot: row.snapshot === null ? null : Number(row.snapshot),
    error_code: text(row.error_code),
    stopped_at: text(row.stopped_at),
  };
};

const readFailedChecks = async (reader: Reader, run: number): Promise<readonly FailedCheck[]> => {
  const { rows } = await reader.query(
    sql`select check_name, severity, failed_rows from meta.check_result where run_id = ${run} and failed_rows > 0 order by check_name`,
  );
  return rows.map((row) => ({
    name: String(row.check_name),
    severity: String(row.severity),
    failed_rows: Number(row.failed_rows),
  }));
};

const readFeeds = async (reader: Reader): Promise<readonly FeedStatus[]> => {
  const { rows } = await reader.query(`
    select f.feed, count(*) as files, arg_max(f.path, f.receipt) as newest_file, max(f.received_on) as received_on,
      arg_max(r.started_at, f.receipt) as received_at, sum(f.loaded) as loaded, coalesce(max(q.n), 0) as open
    from meta.file as f
    left join meta.run as r on r.run_id = f.run_id
    left join (select feed, count(*) as n from quarantine.record where state = 'open' group by feed) as q on q.feed = f.feed
    where f.status = 'loaded' and f.feed is not null group by f.feed order by f.feed`);
  return rows.map((row) => ({
    feed: String(row.feed),
    files: Number(row.files),
    newest_file: String(row.newest_file),
    received_at: utc(row.received_at),
    received_on: String(row.received_on),
    rows: Number(row.loaded),
    open: Number(row.open),
  }));
};

/** Files whose newest version lies set aside. */
const readAside = async (reader: Reader): Promise<readonly AsideStatus[]> => {
  const { rows } = await reader.query(`
    select path, feed, reason from (
      select path, feed, reason, status, row_number() over (partition by path order by receipt desc) as place from meta.file)
    where place = 1 and status = 'set_aside' order by path`);
  return rows.map((row) => {
    const reason = String(row.reason);
    const { is, toDo } = fileReason(reason);
    return {
      ...{ path: String(row.path), feed: text(row.feed), reason, is },
      to_do: toDo.replaceAll('<feed>', text(row.feed) ?? '<feed>'),
    };
  });
};

const lookedAt = (state: RunState, lastCommitted: number): string | null =>
  state.kind === 'ended' && state.file.state === 'done' && state.file.run > lastCommitted
    ? state.file.heartbeatAt
    : null;

type Committed = Omit<ProjectStatus, 'name' | 'story' | 'looked_at'>;

const nothing: Committed = {
  last_run: null,
  failed_checks: [],
  snapshot: null,
  feeds: [],
  set_aside: [],
};

const readCommitted = async (reader: Reader): Promise<Committed> => {
  const { run, committedAt, asOf } = reader.snapshot.manifest;
  const lastRun = await readLastRun(reader);
  return {
    last_run: lastRun,
    failed_checks: lastRun === null ? [] : await readFailedChecks(reader, lastRun.run_id),
    snapshot: { run, committed_at: committedAt, as_of: asOf },
    feeds: await readFeeds(reader),
    set_aside: await readAside(reader),
  };
};

/**
 * How the project stands: the run that works or was killed, the last one that committed, and per feed what
 * came and what waits. Works without a lake, too. Nothing is changed and nobody is waited for.
 */
export const readStatus = async (
  {
    projectFolder,
    signal,
  }: { readonly projectFolder: string; readonly signal?: AbortSignal | undefined },
  effects: Effects,
): Promise<ProjectStatus> => {
  const dataFolder = join(projectFolder, 'data');
  const config = await readProjectConfig(projectFolder, effects);
  const name = config.kind === 'ok' ? config.value.settings.name : null;
  const state = await readRunState(dataFolder, effects);
  const snapshot = await readSnapshot(join(dataFolder, 'lake'), {}, effects);
  if (snapshot === undefined)
    return { name, story: storyOf(state, 0), looked_at: lookedAt(state, 0), ...nothing };
  const reader = await openReader({ dataFolder, withValues: false, signal }, effects);
  try {
    const committed = await readCommitted(reader);
    const { run } = reader.snapshot.manifest;
    return { name, story: storyOf(state, run), looked_at: lookedAt(state, run), ...committed };
  } finally {
    await reader[Symbol.asyncDispose]();
  }
};
