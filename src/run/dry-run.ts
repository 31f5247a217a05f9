import { join, relative } from 'node:path';
import { type Compiled, type Effects, type FileEffects, sql } from '../base/index.ts';
import { type Engine, openDuckDB } from '../engine/index.ts';
import { openReceiptLog } from '../ingest/index.ts';
import {
  type Lease,
  type Manifest,
  openLease,
  type RunHandle,
  type RunLock,
  type Snapshot,
} from '../lake/index.ts';
import { applyDiscards } from './apply-discards.ts';
import { applyFeeds } from './apply-feeds.ts';
import { memoryLimitOf } from './memory-limit.ts';
import { openProject, type Project, projectFolders } from './open-project.ts';
import { withoutWrites } from './read-only.ts';
import { hasFilesAside, reportRun } from './report-run.ts';
import { requireProject } from './require-project.ts';
import type { ProgressEvent, RunReport } from './run-report.ts';
import { openSession, type Session } from './run-session.ts';
import { takeIn } from './take-in.ts';
import { warnOfProject } from './warn-project.ts';

export type DryRunOptions = {
  readonly projectFolder: string;
  readonly packageFolder: string;
  readonly version: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined;
};

/** Why records of a file would be refused: code, column, how many, and the first line. */
export type DryReason = {
  readonly file: string;
  readonly code: string;
  readonly column: string | null;
  readonly records: number;
  readonly first_line: number;
};

/** What a run would read, as a run reports it, without tables. */
export type DryRun = { readonly report: RunReport; readonly reasons: readonly DryReason[] };

/** Files that are not in the scratch folder are read from the project's own; everything is written to the scratch. */
const readThrough = (effects: Effects, folders: ReadonlyMap<string, string>): Effects => {
  const { fs } = effects;
  const resolve = async (path: string): Promise<string> => {
    for (const [scratch, own] of folders) {
      if (!path.startsWith(`${scratch}/`) || (await fs.stat(path)) !== undefined) continue;
      return join(own, relative(scratch, path));
    }
    return path;
  };
  const through: FileEffects = {
    ...fs,
    open: async (path, mode) => fs.open(mode === 'read' ? await resolve(path) : path, mode),
    readText: async (path) => fs.readText(await resolve(path)),
    stat: async (path) => fs.stat(await resolve(path)),
  };
  return { ...effects, fs: through };
};

/** The snapshot as seen from another lake folder: its parts stay where they are. */
const seenFrom = (snapshot: Snapshot, lakeFolder: string): Snapshot => {
  const relations: Manifest['relations'] = Object.fromEntries(
    Object.entries(snapshot.manifest.relations).map(([name, entry]) => [
      name,
      entry.kind === 'view'
        ? entry
        : {
            ...entry,
            parts: entry.parts.map((part) => ({
              ...part,
              path: relative(lakeFolder, join(snapshot.lakeFolder, part.path)),
            })),
          },
    ]),
  );
  return { ...snapshot, lakeFolder, manifest: { ...snapshot.manifest, relations } };
};

const noLock: RunLock = {
  tookOver: undefined,
  describe: async () => undefined,
  verify: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
};

const handleOf = (run: number): RunHandle => ({
  run,
  unfinished: undefined,
  heartbeat: async () => undefined,
  at: () => undefined,
  finish: async () => undefined,
});

const readReasons = async (engine: Engine): Promise<readonly DryReason[]> => {
  const rows = await engine.rows(
    sql`select file, reason.code as code, reason."column" as "column", count(*) as n, min(line) as first_line
      from (select file, line, unnest(reasons) as reason from load.refusals)
      group by all order by file, n desc, code, "column"`,
  );
  return rows.map((row) => ({
    file: String(row.file),
    code: String(row.code),
    column: row.column === null ? null : String(row.column),
    records: Number(row.n),
    first_line: Number(row.first_line),
  }));
};

const readFiles = async (session: Session, startedAt: Date): Promise<DryRun> => {
  const intake = await takeIn(session);
  await applyDiscards(session, intake.loaded);
  await warnOfProject(session, intake.loaded);
  const applied = await applyFeeds(session, intake.loaded);
  session.book.verify();
  const isAside = hasFilesAside(session, intake);
  const status = isAside ? 'data' : intake.loaded.length > 0 ? 'ok' : 'nothing';
  const ending = { intake, applied, models: [], checks: [], asOf: null, snapshot: null, startedAt };
  const report = reportRun(session, { ...ending, status });
  return { report: { ...report, run_id: null }, reasons: await readReasons(session.engine) };
};

type Scratch = {
  readonly project: Project;
  readonly lease: Lease | undefined;
  readonly root: string;
};

const readInScratch = async (
  options: DryRunOptions,
  { project, lease, root, engine }: Scratch & { readonly engine: Engine },
  effects: Effects,
): Promise<DryRun> => {
  const own = project.folders;
  const folders = {
    project: own.project,
    data: join(root, 'data'),
    archive: join(root, 'archive'),
    lake: join(root, 'lake'),
    temp: join(root, 'tmp'),
  };
  for (const folder of [folders.data, folders.archive, folders.lake, folders.temp])
    await effects.fs.makeFolder(folder);
  const index = join(own.archive, 'index.jsonl');
  if ((await effects.fs.stat(index))?.kind === 'file') {
    await effects.fs.writeText(
      join(folders.archive, 'index.jsonl'),
      await effects.fs.readText(index),
    );
  }
  const world = readThrough(
    effects,
    new Map([
      [folders.data, own.data],
      [folders.archive, own.archive],
    ]),
  );
  const log = await openReceiptLog(folders.archive, project.config.settings.timezone, world);
  const base = lease === undefined ? undefined : seenFrom(lease.snapshot, folders.lake);
  const handle = handleOf(1 + Math.max(log.lastRun(), base?.manifest.run ?? 0));
  const session = await openSession(
    { options, project: { ...project, folders }, engine, handle, lock: noLock, base },
    world,
  );
  try {
    return await readFiles(session, effects.now());
  } finally {
    await session.draft[Symbol.asyncDispose]();
  }
};

/** Removes the scratch folder, and `data/tmp` when it was made for it. */
const clean = async (
  root: string,
  made: string | undefined,
  tempFolder: string,
  effects: Effects,
): Promise<void> => {
  await effects.fs.removeTree(root);
  const isOurs = made !== undefined && made !== root;
  if (isOurs && (await effects.fs.list(tempFolder)).length === 0)
    await effects.fs.removeTree(tempFolder);
};

/**
 * Reads what a run would read, in a scratch folder that is removed: balance and reasons of every file.
 * Archive, lake and ledger stay as they are; nobody who runs is kept waiting.
 */
export const dryRun = async (
  options: DryRunOptions,
  effects: Effects,
): Promise<Compiled<DryRun>> => {
  await requireProject(options.projectFolder, effects);
  const { temp, lake } = projectFolders(options.projectFolder);
  const lease = await openLease(lake, {}, effects);
  const root = join(temp, lease?.id ?? effects.newId());
  const made = await effects.fs.makeFolder(root);
  try {
    const tempFolder = join(root, 'engine');
    const { signal } = options;
    const engine = await openDuckDB({
      memoryLimitBytes: await memoryLimitOf({ projectFolder: options.projectFolder }, effects),
      tempFolder,
      signal,
    });
    try {
      await engine.execute(sql`set preserve_insertion_order = true`);
      const project = await openProject({ ...options, engine }, withoutWrites(effects));
      if (project.kind === 'problems') return project;
      const value = await readInScratch(
        options,
        { project: project.value, lease, root, engine },
        effects,
      );
      return { kind: 'ok', value };
    } finally {
      await engine[Symbol.asyncDispose]();
    }
  } finally {
    await clean(root, made, temp, effects);
    await lease?.[Symbol.asyncDispose]();
  }
};
