import { join } from 'node:path';
import { type Compiled, type Effects, sql } from '../base/index.ts';
import { type Engine, openDuckDB } from '../engine/index.ts';
import { openReceiptLog, sweepArchiveDrafts } from '../ingest/index.ts';
import {
  acquireRunLock,
  collectGarbage,
  nextRun,
  type RunHandle,
  type RunLock,
  readSnapshot,
  type Snapshot,
  sweepKilled,
} from '../lake/index.ts';
import type { Model } from '../model/index.ts';
import { applyDiscards } from './apply-discards.ts';
import { type Applied, applyFeeds } from './apply-feeds.ts';
import { type BuildReport, buildModels, builtFromHash } from './build/build-models.ts';
import type { Change } from './build/change.ts';
import { runChecks } from './check/run-checks.ts';
import { describeTakeOver, explainFailure } from './explain-failure.ts';
import { ledgerNames } from './ledger/ledger.ts';
import { openProject, type Project, projectFolders } from './open-project.ts';
import { defaultMemoryBytes } from './open-reader.ts';
import { refreshWarehouse } from './refresh-warehouse.ts';
import { replayRecords } from './replay-records.ts';
import { hasFilesAside, reportRun } from './report-run.ts';
import type { RunOptions } from './run-options.ts';
import type { CheckReport, RunReport } from './run-report.ts';
import { inStep, openSession, type Session } from './run-session.ts';
import { createInferred } from './stage/create-candidates.ts';
import { type Intake, takeIn } from './take-in.ts';
import { writeLedger } from './write-ledger.ts';

const nothingBuilt: BuildReport = { models: [], asOf: null };

/** True when a stored model is missing or was built from something else than it would be now. */
const isBehind = ({ project, draft }: Session): boolean =>
  project.graph.models.some((model) => {
    const stored = draft.relation(model.relation);
    return stored === undefined || stored.builtFrom !== builtFromHash(project, model);
  });

const isApplied = ({ project, appliedIn, book }: Session): boolean =>
  project.contracts.every((contract) => {
    const applied = appliedIn.get(contract.feed);
    return [...book.rows().values()].every(
      (row) =>
        row.feed !== contract.feed ||
        row.status !== 'loaded' ||
        (applied !== undefined && row.run_id <= applied),
    );
  });

/** An as-of that was asked for once does not stay: the next run without the flag finds it again. */
const isAsOfMoved = ({ options, base, wasAsOfAsked }: Session): boolean =>
  options.asOf === undefined ? wasAsOfAsked : options.asOf !== base?.manifest.asOf;

const hasWork = (session: Session, intake: Intake): boolean =>
  intake.loaded.length > 0 ||
  intake.aside.length > 0 ||
  intake.skipped.length > 0 ||
  (intake.replayed?.tried ?? 0) > 0 ||
  !isApplied(session) ||
  isBehind(session) ||
  isAsOfMoved(session) ||
  // A pointer that was lost or damaged is put right by a commit.
  (session.base?.warnings.length ?? 0) > 0;

/** With `--only`, models that read other feeds' staging wait. */
const waitingModels = ({ options, project }: Session): ((model: Model) => boolean) => {
  const { only } = options;
  if (only === undefined) return () => false;
  const waiting = new Set<string>();
  for (const model of project.graph.models) {
    const feeds = model.reads
      .filter((relation) => relation.startsWith('staging.'))
      .map((relation) => relation.slice('staging.'.length).replace(/_(versions|inferred)$/, ''));
    if (feeds.some((feed) => !only.includes(feed)) || model.reads.some((r) => waiting.has(r))) {
      waiting.add(model.relation);
    }
  }
  return (model) => waiting.has(model.relation);
};

const build = async (
  session: Session,
  applied: Applied,
): Promise<{ report: BuildReport; checks: readonly CheckReport[] }> => {
  const { project, engine, draft, options, base, effects } = session;
  const changes = new Map<string, Change>(applied.changes);
  const views = new Map(
    project.graph.models.filter((m) => m.refresh.kind === 'view').map((m) => [m.relation, m]),
  );
  const report = await inStep(session, 'build', () =>
    buildModels(
      {
        project,
        context: {
          engine,
          draft,
          lakeFolder: project.folders.lake,
          contracts: new Map(project.contracts.map((one) => [one.feed, one])),
          fullFeeds: new Set(applied.fullFeeds),
          inferEverything: (target) =>
            createInferred(engine, {
              target,
              referring: project.contracts.filter((other) =>
                other.relationships.some((one) => one.feed === target.feed),
              ),
              hasRoster: applied.rosters.has(target.feed),
              whole: true,
            }),
          views,
          changes,
        },
        asOf: options.asOf,
        previousAsOf: options.fullRefresh === true ? undefined : base?.manifest.asOf,
        until: options.until ?? 'gold',
        isWaiting: waitingModels(session),
        onProgress: options.onProgress ?? (() => undefined),
      },
      effects,
    ),
  );
  await effects.point('checks');
  const built = new Set(report.models.map((model) => model.name));
  const checks = await inStep(session, 'checks', () =>
    runChecks(
      {
        engine,
        models: new Map(project.graph.models.map((model) => [model.relation, model])),
        changes,
        whole: options.fullRefresh === true,
      },
      project.graph.checks.filter(
        (check) =>
          check.reads.every(
            (relation) => draft.relation(relation) !== undefined || changes.has(relation),
          ) &&
          (options.fullRefresh === true ||
            built.has(check.owner) ||
            check.reads.some((relation) => built.has(relation))),
      ),
    ),
  );
  return { report, checks };
};

type Commit = {
  readonly intake: Intake;
  readonly applied: Applied | undefined;
  readonly report: BuildReport;
  readonly checks: readonly CheckReport[];
  readonly startedAt: Date;
};

/** On a failed check only what is told about the run is committed. */
const revertData = ({ draft }: Session): void => {
  for (const name of draft.names()) if (!ledgerNames.includes(name)) draft.revert(name);
};

const commit = async (session: Session, facts: Commit): Promise<RunReport> => {
  const { draft, base, project, effects, options, book, handle } = session;
  const failed = facts.checks.filter(
    (check) => check.severity === 'error' && check.failed_rows > 0,
  );
  const isData = failed.length === 0;
  const hasAside = hasFilesAside(session, facts.intake);
  const status = isData && !hasAside ? 'ok' : 'data';
  const asOf = isData ? facts.report.asOf : (base?.manifest.asOf ?? null);
  return inStep(session, 'commit', async () => {
    if (isData) book.verify();
    else revertData(session);
    if (isData) await draft.compact({ maxParts: 8, maxPartitions: 2 });
    await writeLedger(session, {
      intake: facts.intake,
      applied: isData ? facts.applied : undefined,
      models: isData ? facts.report.models : [],
      checks: facts.checks,
      status,
      startedAt: facts.startedAt,
      asOf,
      errorCode: isData ? null : 'run.checks-failed',
      isData,
    });
    const manifest = await draft.commit({
      asOf,
      kind: isData ? 'data' : 'ledger',
      complete: isData && (options.until ?? 'gold') === 'gold' && options.only === undefined,
      committedAt: effects.now().toISOString(),
    });
    const snapshot = { manifest, lakeFolder: project.folders.lake, warnings: [] };
    await refreshWarehouse(project.folders.data, snapshot, effects);
    await collectGarbage(
      project.folders.lake,
      {
        keep: project.config.settings['lake.keep'],
        graceDays: project.config.settings['lake.grace_days'],
        run: handle.run,
      },
      effects,
    );
    return reportRun(session, {
      ...facts,
      models: facts.report.models,
      status,
      asOf,
      snapshot: isData ? handle.run : null,
    });
  });
};

/** New files, and what `quarantine replay` asks for; records that were discarded stay out. */
const takeInAll = async (session: Session): Promise<Intake> => {
  const intake = await takeIn(session);
  await applyDiscards(session, intake.loaded);
  const { replay } = session.options;
  if (replay === undefined) return intake;
  const replayed = await inStep(session, 'replay', () => replayRecords(session, replay));
  return { ...intake, replayed };
};

const work = async (session: Session, startedAt: Date): Promise<RunReport> => {
  const intake = await takeInAll(session);
  const { project, base, effects } = session;
  if (!hasWork(session, intake)) {
    if (base !== undefined) await refreshWarehouse(project.folders.data, base, effects);
    const hasAside = hasFilesAside(session, intake);
    return reportRun(session, {
      intake,
      applied: undefined,
      models: [],
      checks: [],
      status: hasAside ? 'data' : 'nothing',
      asOf: base?.manifest.asOf ?? null,
      snapshot: null,
      startedAt,
    });
  }
  if (session.options.until === 'bronze') {
    return commit(session, {
      intake,
      applied: undefined,
      report: { ...nothingBuilt, asOf: base?.manifest.asOf ?? null },
      checks: [],
      startedAt,
    });
  }
  const applied = await applyFeeds(session, intake.loaded);
  const { report, checks } = await build(session, applied);
  return commit(session, { intake, applied, report, checks, startedAt });
};

type Opened = { readonly project: Project; readonly lock: RunLock; readonly engine: Engine };

/** The snapshot below this run. A full refresh does without one that cannot be opened. */
const openBase = async (
  { project }: Opened,
  options: RunOptions,
  effects: Effects,
): Promise<Snapshot | undefined> => {
  try {
    return await readSnapshot(project.folders.lake, {}, effects);
  } catch (error) {
    if (options.fullRefresh === true) return undefined;
    throw error;
  }
};

const runLocked = async (
  opened: Opened,
  options: RunOptions,
  effects: Effects,
): Promise<RunReport> => {
  const { project, lock, engine } = opened;
  const { folders } = project;
  const startedAt = effects.now();
  const log = await openReceiptLog(folders.archive, project.config.settings.timezone, effects);
  const handle: RunHandle = await nextRun(folders.data, { atLeast: log.lastRun() }, effects);
  await lock.describe(handle.run);
  try {
    await sweepKilled(folders.data, { run: handle.run }, effects);
    await sweepArchiveDrafts(folders.archive, effects);
    const base = await openBase(opened, options, effects);
    const session = await openSession({ options, project, engine, handle, lock, base }, effects);
    for (const { code, text } of base?.warnings ?? []) session.load.warn({ code, text });
    if (handle.killed !== undefined) {
      session.load.warn({
        code: 'run_killed',
        text: `Run ${handle.killed.run} was killed at ${handle.killed.step}; nothing of it was committed. This run goes on from its archive.`,
      });
    }
    const takeOver = describeTakeOver(lock);
    if (takeOver !== undefined) session.load.warn({ code: 'lock_taken_over', text: takeOver });
    try {
      const report = await work(session, startedAt);
      await handle.finish('done');
      return report;
    } catch (error) {
      throw await explainFailure(error, base, effects);
    } finally {
      await session.draft[Symbol.asyncDispose]();
      await effects.fs.removeTree(session.load.tempFolder).catch(() => undefined);
    }
  } catch (error) {
    await handle
      .finish(options.signal?.aborted === true ? 'interrupted' : 'failed')
      .catch(() => undefined);
    throw error;
  }
};

/**
 * One run: takes in new files, brings every model that is behind up to date, checks, commits. Returns the
 * report, or every problem of the project's files. Throws the first technical failure; nothing is then changed.
 */
export const runProject = async (
  options: RunOptions,
  effects: Effects,
): Promise<Compiled<RunReport>> => {
  const folders = projectFolders(options.projectFolder);
  const tempFolder = join(folders.temp, `engine-${effects.process.pid}`);
  const engine = await openDuckDB({
    memoryLimitBytes: options.memoryLimitBytes ?? defaultMemoryBytes(),
    threads: options.threads,
    tempFolder,
    signal: options.signal,
  });
  try {
    await engine.execute(sql`set preserve_insertion_order = true`);
    const project = await openProject({ ...options, engine }, effects);
    if (project.kind === 'problems') return project;
    const lock = await acquireRunLock(
      folders.data,
      { waitSeconds: options.waitSeconds, signal: options.signal },
      effects,
    );
    try {
      return {
        kind: 'ok',
        value: await runLocked({ project: project.value, lock, engine }, options, effects),
      };
    } finally {
      await lock[Symbol.asyncDispose]();
    }
  } finally {
    await engine[Symbol.asyncDispose]();
    await effects.fs.removeTree(tempFolder).catch(() => undefined);
  }
};
