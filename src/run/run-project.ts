import { join } from 'node:path';
import { type Compiled, type Effects, problems, sql } from '../base/index.ts';
import { type Engine, openDuckDB } from '../engine/index.ts';
import { openReceiptLog, sweepArchiveDrafts } from '../ingest/index.ts';
import {
  acquireRunLock,
  nextRun,
  type RunHandle,
  type RunLock,
  readSnapshot,
  type Snapshot,
  sweepKilled,
} from '../lake/index.ts';
import { describeKilled } from './describe-killed.ts';
import { describeTakeOver, explainFailure } from './explain-failure.ts';
import { unknownNames } from './known-names.ts';
import { memoryLimitOf } from './memory-limit.ts';
import { openProject, type Project, projectFolders } from './open-project.ts';
import { requireProject } from './require-project.ts';
import type { RunOptions } from './run-options.ts';
import type { RunReport } from './run-report.ts';
import { openSession } from './run-session.ts';
import { workThrough } from './work-through.ts';

/** Drafts of caches that a killed run left. */
const sweepCaches = async (dataFolder: string, effects: Effects): Promise<void> => {
  for (const name of await effects.fs.list(dataFolder))
    if (/^(models|seen)\.json\.\d+$/.test(name)) await effects.fs.unlink(join(dataFolder, name));
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
    await sweepCaches(folders.data, effects);
    const base = await openBase(opened, options, effects);
    const session = await openSession({ options, project, engine, handle, lock, base }, effects);
    for (const { code, text } of base?.warnings ?? []) session.load.warn({ code, text });
    if (handle.unfinished?.state === 'running') {
      const committed = base?.manifest.run ?? 0;
      const isLost = handle.unfinished.run > committed;
      const next = isLost ? ' This run goes on from its archive.' : '';
      const text = describeKilled(handle.unfinished, committed) + next;
      session.load.warn({ code: 'run_killed', text });
    }
    const takeOver = describeTakeOver(lock);
    if (takeOver !== undefined) session.load.warn({ code: 'lock_taken_over', text: takeOver });
    try {
      const report = await workThrough(session, startedAt);
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
  await requireProject(options.projectFolder, effects);
  const folders = projectFolders(options.projectFolder);
  const tempFolder = join(folders.temp, `engine-${effects.process.pid}`);
  const engine = await openDuckDB({
    memoryLimitBytes: await memoryLimitOf(
      { projectFolder: options.projectFolder, asked: options.memoryLimitBytes },
      effects,
    ),
    threads: options.threads,
    tempFolder,
    signal: options.signal,
  });
  try {
    await engine.execute(sql`set preserve_insertion_order = true`);
    const project = await openProject({ ...options, engine }, effects);
    if (project.kind === 'problems') return project;
    const unknown = await unknownNames({ engine, project: project.value }, options, effects);
    if (unknown.length > 0) return problems(unknown);
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
