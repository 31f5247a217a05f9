import { join } from 'node:path';
import {
  type Compiled,
  type Effects,
  joinSql,
  pipelineError,
  quoteText,
  type Sql,
  sql,
} from '../base/index.ts';
import { readProjectConfig } from '../contract/index.ts';
import { type Engine, openDuckDB } from '../engine/index.ts';
import { openReceiptLog, type ReceiptLog } from '../ingest/index.ts';
import {
  acquireRunLock,
  type Draft,
  nextRun,
  openDraft,
  type RunHandle,
  type RunLock,
  readSnapshot,
  type Snapshot,
} from '../lake/index.ts';
import { refuseRows } from './apply-discards.ts';
import { runErrors } from './errors.ts';
import { appendLedger, ledgerDefinition, timestamp } from './ledger/ledger.ts';
import { ledgerRelations } from './ledger/ledger-relations.ts';
import { memoryLimitOf } from './memory-limit.ts';
import { projectFolders } from './open-project.ts';
import { type RecordPlace, recordsAt } from './quarantine-list.ts';
import { refreshWarehouse } from './refresh-warehouse.ts';
import { unfinishedRows } from './write-ledger.ts';

export type DiscardOptions = {
  readonly projectFolder: string;
  readonly version: string;
  readonly place: RecordPlace;
  readonly because: string;
  readonly waitSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type DiscardReport = {
  readonly run_id: number;
  readonly discarded: number;
  readonly snapshot: number;
  readonly records: readonly string[];
};

type Target = {
  readonly recordId: string;
  readonly fileId: string;
  readonly file: string;
  readonly feed: string;
  readonly row: number;
  /** True for an orphan: its row stands in bronze. */
  readonly isInBronze: boolean;
};

type Work = {
  readonly options: DiscardOptions;
  readonly engine: Engine;
  readonly lock: RunLock;
  readonly log: ReceiptLog;
};

/** The open records of the line in the newest version of its file. */
const findTargets = async (
  engine: Engine,
  draft: Draft,
  place: RecordPlace,
): Promise<readonly Target[]> => {
  const { relation } = ledgerRelations.quarantine;
  const record = `${place.file}:${place.line}`;
  const hint = 'schoolhouse quarantine list --all tells the places of all of them.';
  if (draft.relation(relation) === undefined) {
    throw pipelineError(runErrors, 'quarantine.no-record', { record }, { hint });
  }
  await engine.execute(sql`create schema if not exists quarantine`);
  await engine.execute(sql`create or replace view quarantine.record as ${draft.query(relation)}`);
  const rows = await engine.rows(recordsAt(place));
  const [first] = rows;
  if (first === undefined)
    throw pipelineError(runErrors, 'quarantine.no-record', { record }, { hint });
  const newest = rows.filter((row) => row.file_id === first.file_id);
  const open = newest.filter((row) => row.state === 'open');
  if (open.length === 0) {
    const state = String(newest[0]?.state);
    throw pipelineError(runErrors, 'quarantine.not-open', { record, state });
  }
  return open.map((row) => ({
    recordId: String(row.record_id),
    fileId: String(row.file_id),
    file: String(row.file),
    feed: String(row.feed),
    row: Number(row.row),
    isInBronze: row.stage === 'silver',
  }));
};

/** Notes the decision where it survives the lake: in the receipts of the archive. */
const appendReceipts = async (
  { log, options }: Work,
  targets: readonly Target[],
  { run, by }: { readonly run: number; readonly by: string },
): Promise<void> => {
  const receipts = log.receipts();
  await log.append(
    targets.flatMap(({ fileId, file, row }) => {
      const receipt = receipts.find((one) => one.seq === Number(fileId.split(':')[0]));
      if (receipt === undefined) return [];
      const { sha256, source, size, mtime, batch_date } = receipt;
      return [
        {
          ...{ run, sha256, path: file, source, size, mtime, batch_date, row, by },
          action: 'discarded' as const,
          because: options.because,
        },
      ];
    }),
  );
};

const discardedQuery = (
  ids: Sql,
  { run, because, by }: { readonly run: number; readonly because: string; readonly by: string },
): Sql => {
  const own = sql`record_id in (${ids})`;
  return sql`select * replace (
      case when ${own} then 'discarded' else state end as state,
      case when ${own} then ${run} else resolved_run end as resolved_run,
      case when ${own} then ${quoteText(because)} else because end as because,
      case when ${own} then ${quoteText(by)} else "by" end as "by")
    from quarantine.record`;
};

const writeDiscard = async (
  { options, engine, lock, log }: Work,
  { base, handle }: { readonly base: Snapshot; readonly handle: RunHandle },
  effects: Effects,
): Promise<DiscardReport> => {
  const { run } = handle;
  const folders = projectFolders(options.projectFolder);
  const startedAt = effects.now();
  const draft = await openDraft(folders.lake, { run, base, engine, lock }, effects);
  try {
    const targets = await findTargets(engine, draft, options.place);
    const by = effects.process.user;
    await appendReceipts({ options, engine, lock, log }, targets, { run, by });
    const waiting = targets.filter((target) => target.isInBronze);
    for (const { feed, fileId, row } of waiting)
      await refuseRows(draft, { feed, fileId, rows: [row] });
    const ids = joinSql(targets.map((target) => quoteText(target.recordId)));
    await engine.execute(
      sql`create or replace temp table discarded as ${discardedQuery(ids, { run, by, because: options.because })}`,
    );
    await draft.write(ledgerDefinition(ledgerRelations.quarantine), sql`select * from discarded`);
    const now = effects.now();
    await appendLedger(draft, ledgerRelations.run, [
      ...unfinishedRows({ handle, options, base }),
      {
        run_id: run,
        command: effects.process.command,
        started_at: timestamp(startedAt),
        finished_at: timestamp(now),
        seconds: (now.getTime() - startedAt.getTime()) / 1000,
        status: 'ok',
        as_of: base.manifest.asOf,
        snapshot: waiting.length > 0 ? run : null,
        error_code: null,
        stopped_at: null,
        version: options.version,
      },
    ]);
    const manifest = await draft.commit({
      asOf: base.manifest.asOf,
      kind: waiting.length > 0 ? 'data' : 'ledger',
      complete: base.manifest.complete,
      committedAt: now.toISOString(),
    });
    await refreshWarehouse(
      folders.data,
      { manifest, lakeFolder: folders.lake, warnings: [] },
      effects,
    );
    return {
      run_id: run,
      discarded: targets.length,
      snapshot: run,
      records: targets.map((one) => one.recordId),
    };
  } finally {
    await draft[Symbol.asyncDispose]();
  }
};

const discardLocked = async (work: Work, effects: Effects): Promise<DiscardReport> => {
  const folders = projectFolders(work.options.projectFolder);
  const base = await readSnapshot(folders.lake, {}, effects);
  if (base === undefined) throw pipelineError(runErrors, 'run.no-lake', {});
  const handle = await nextRun(folders.data, { atLeast: work.log.lastRun() }, effects);
  await work.lock.describe(handle.run);
  try {
    const report = await writeDiscard(work, { base, handle }, effects);
    await handle.finish('done');
    return report;
  } catch (error) {
    await handle.finish('failed').catch(() => undefined);
    throw error;
  }
};

/**
 * Gives up a refused record for good, with a reason. It still counts as quarantined, and stays discarded
 * when the lake is built anew. Throws `quarantine.no-record` and `quarantine.not-open`.
 */
export const discardRecord = async (
  options: DiscardOptions,
  effects: Effects,
): Promise<Compiled<DiscardReport>> => {
  const { projectFolder, waitSeconds, signal } = options;
  const config = await readProjectConfig(projectFolder, effects);
  if (config.kind === 'problems') return config;
  const folders = projectFolders(projectFolder);
  if ((await effects.fs.stat(folders.lake)) === undefined)
    throw pipelineError(runErrors, 'run.no-lake', {});
  const tempFolder = join(folders.temp, `engine-${effects.process.pid}`);
  const lock = await acquireRunLock(folders.data, { waitSeconds, signal }, effects);
  try {
    const engine = await openDuckDB({
      memoryLimitBytes: await memoryLimitOf({ projectFolder }, effects),
      tempFolder,
      signal,
    });
    try {
      const log = await openReceiptLog(folders.archive, config.value.settings.timezone, effects);
      return { kind: 'ok', value: await discardLocked({ options, engine, lock, log }, effects) };
    } finally {
      await engine[Symbol.asyncDispose]();
      await effects.fs.removeTree(tempFolder).catch(() => undefined);
    }
  } finally {
    await lock[Symbol.asyncDispose]();
  }
};
