import { join } from 'node:path';
import { type Compiled, type Effects, hashFile, sql } from '../base/index.ts';
import { type Engine, openDuckDB } from '../engine/index.ts';
import { openReceiptLog, peekHeader, type ReceiptLog } from '../ingest/index.ts';
import { readSnapshot, relationQuery, type Snapshot } from '../lake/index.ts';
import { type KnownFile, type Plan, type PlannedSource, planRun } from '../plan/index.ts';
import { listLocalFiles } from '../source/index.ts';
import { builtFromHash } from './build/build-models.ts';
import { ledgerRelations } from './ledger/ledger-relations.ts';
import { type FileRow, readFileRow } from './load/file-row.ts';
import { openSeenFiles } from './load/seen-files.ts';
import { memoryLimitOf } from './memory-limit.ts';
import { openProject, type Project, projectFolders } from './open-project.ts';
import { withoutWrites } from './read-only.ts';
import { readWithHash } from './read-with.ts';
import { requireProject } from './require-project.ts';

export type PlanOptions = {
  readonly projectFolder: string;
  readonly packageFolder: string;
  readonly version: string;
  readonly signal?: AbortSignal | undefined;
};

/** Files of the drop zone with their hashes, and the headers of those that may be read; an untouched one is not hashed again. */
const listSources = async (
  project: Project,
  isDone: (path: string, sha256: string) => boolean,
  effects: Effects,
): Promise<readonly PlannedSource[]> => {
  const { folders, config } = project;
  const { settings } = config;
  const listing = await listLocalFiles(
    folders.project,
    { patterns: settings['sources.local'], ignore: settings.ignore },
    effects,
  );
  const seen = await openSeenFiles(folders.data, effects);
  const files: PlannedSource[] = [];
  for (const file of listing.files) {
    const { path, absolutePath, sizeBytes, fingerprint } = file;
    const sha256 = seen.hashOf(path, fingerprint) ?? (await hashFile(absolutePath, effects));
    const header = isDone(path, sha256) ? undefined : await peekHeader(file, effects);
    files.push({ path, sha256, sizeBytes, header });
  }
  const unsafe = listing.unsafe.map(({ path, what }) => ({
    path,
    sha256: null,
    sizeBytes: 0,
    unsafe: what,
  }));
  return [...files, ...unsafe];
};

const readFileRows = async (
  engine: Engine,
  snapshot: Snapshot | undefined,
): Promise<readonly FileRow[]> => {
  const { relation } = ledgerRelations.file;
  if (snapshot?.manifest.relations[relation] === undefined) return [];
  return (await engine.rows(sql`select * from (${relationQuery(snapshot, relation)})`)).map(
    readFileRow,
  );
};

/** What the ledger says of each path as it was received: an archive with several files is one path. */
const knownFiles = (
  project: Project,
  log: ReceiptLog,
  rows: readonly FileRow[],
): ReadonlyMap<string, KnownFile> => {
  const readWith = readWithHash(project);
  const known = new Map<string, KnownFile>();
  for (const [path, receipt] of log.current()) {
    const members = rows.filter((row) => row.receipt === receipt.seq);
    const worst = members.find((row) => row.status === 'set_aside') ?? members[0];
    if (worst === undefined) continue;
    const { feed, status, reason, read_with: before } = worst;
    known.set(path, { path, feed, status, reason, isReadDifferently: before !== readWith });
  }
  return known;
};

const findBehind = (project: Project, snapshot: Snapshot | undefined): ReadonlySet<string> =>
  new Set(
    project.graph.models
      .filter(
        (model) =>
          snapshot?.manifest.relations[model.relation]?.builtFrom !== builtFromHash(project, model),
      )
      .map((model) => model.relation),
  );

/** Says what a run would do with the files that lie there, from their names, bytes and headers. Nothing is changed. */
export const planProject = async (
  options: PlanOptions,
  effects: Effects,
): Promise<Compiled<Plan>> => {
  const world = withoutWrites(effects);
  const { projectFolder, signal } = options;
  await requireProject(projectFolder, effects);
  // Nothing that a plan asks is large enough to spill.
  const tempFolder = join(projectFolders(projectFolder).temp, effects.newId());
  const engine = await openDuckDB({
    memoryLimitBytes: await memoryLimitOf({ projectFolder }, effects),
    tempFolder,
    signal,
  });
  try {
    const compiled = await openProject({ ...options, engine }, world);
    if (compiled.kind === 'problems') return compiled;
    const project = compiled.value;
    const { folders, config, contracts, graph } = project;
    const snapshot = await readSnapshot(folders.lake, {}, world);
    const rows = await readFileRows(engine, snapshot);
    const log = await openReceiptLog(folders.archive, config.settings.timezone, world);
    const receipts = new Set(rows.map((row) => row.receipt));
    const pending = [...log.current().values()].filter((receipt) => !receipts.has(receipt.seq));
    const received = new Map([...log.current()].map(([path, { sha256 }]) => [path, sha256]));
    const known = knownFiles(project, log, rows);
    const isDone = (path: string, sha256: string): boolean =>
      received.get(path) === sha256 && known.get(path)?.status !== 'set_aside';
    const value = planRun({
      files: await listSources(project, isDone, world),
      received,
      known,
      pending: pending.map((receipt) => receipt.path),
      contracts,
      graph,
      behind: findBehind(project, snapshot),
    });
    return { kind: 'ok', value };
  } finally {
    await engine[Symbol.asyncDispose]();
  }
};
