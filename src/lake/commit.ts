import { join } from 'node:path';
import { pipelineError } from '../base/index.ts';
import type { DraftContext } from './draft-context.ts';
import { lakeErrors } from './errors.ts';
import { guardDisk } from './guard-disk.ts';
import { listRuns, manifestName } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { formatManifest, lakeFormat, parseManifest } from './parse-manifest.ts';
import { nothingCommitted, readCurrent } from './read-snapshot.ts';

export type CommitFacts = {
  readonly asOf: string | null;
  /** `ledger` when only what is told about runs changed. */
  readonly kind: Manifest['kind'];
  readonly complete: boolean;
  /** UTC, ISO 8601. */
  readonly committedAt: string;
};

export type CommitGuard = {
  /** What `current` held when the draft was opened. */
  readonly currentText: string | undefined;
  /** Throws when the writer's lock is no longer its own. */
  readonly verifyLock: () => Promise<void>;
  /** Called once the new world is visible, whatever comes after. */
  readonly onVisible: () => void;
};

/** The manifest that a draft would commit. */
export const draftManifest = (context: DraftContext, facts: CommitFacts): Manifest => ({
  format: lakeFormat,
  run: context.run,
  parent: context.base?.manifest.run ?? null,
  ...facts,
  relations: Object.fromEntries([...context.relations].sort(([a], [b]) => (a < b ? -1 : 1))),
});

/** Manifests newer than the base were written by runs that never committed: `current` does not reach them. */
const removeUnreached = async ({ lakeFolder, base, effects }: DraftContext): Promise<void> => {
  const runs = await listRuns(lakeFolder, 'manifests', effects);
  const reached = base?.manifest.run ?? 0;
  for (const run of runs.filter((r) => r > reached))
    await effects.fs.unlink(join(lakeFolder, manifestName(run)));
};

const writeManifest = async (context: DraftContext, manifest: Manifest): Promise<void> => {
  const { effects, lakeFolder } = context;
  const path = join(lakeFolder, manifestName(manifest.run));
  const text = formatManifest(manifest);
  // What cannot be read back must never become the lake.
  const read = parseManifest(text);
  if (read.kind !== 'ok')
    throw new Error(`the manifest of run ${manifest.run} cannot be read back`);
  const act = { act: 'write', path, neededBytes: Buffer.byteLength(text) };
  await guardDisk(act, effects, async () => {
    await effects.point('manifest.write');
    const file = await effects.fs.open(path, 'draft');
    try {
      await file.write(text);
      await effects.point('manifest.fsync');
      await file.sync();
    } finally {
      await file.close();
    }
    await effects.fs.syncFolder(join(lakeFolder, 'manifests'));
  });
};

const refuseIfMoved = async (context: DraftContext, guard: CommitGuard): Promise<void> => {
  await guard.verifyLock();
  const now = await readCurrent(context.lakeFolder, context.effects);
  if (now?.text !== guard.currentText)
    throw pipelineError(lakeErrors, 'lake.moved-on', { run: context.run });
};

/** Writes `run` into the draft of `current` and returns the paths of both. */
const draftCurrent = async (
  { effects, lakeFolder }: DraftContext,
  run: number,
): Promise<{ readonly path: string; readonly draft: string }> => {
  const path = join(lakeFolder, 'current');
  const draft = join(lakeFolder, `current.${effects.process.pid}`);
  await effects.fs.writeText(draft, `${run}\n`, { replace: true });
  return { path, draft };
};

/**
 * A first commit begins with a `current` that names no run: a manifest without a `current` is then always
 * a lake whose pointer was lost, never a first run that stopped before its rename.
 */
const pointToNothing = async (context: DraftContext, guard: CommitGuard): Promise<void> => {
  const { fs } = context.effects;
  const { path, draft } = await draftCurrent(context, nothingCommitted);
  try {
    // Unlike a rename, a link never replaces the pointer of a run that committed meanwhile.
    await fs.link(draft, path);
  } catch (error) {
    await refuseIfMoved(context, guard);
    throw error;
  }
  await fs.unlink(draft);
  await fs.syncFolder(context.lakeFolder);
};

/** Replaces `current` by rename. Before it readers see the old world, after it the new one. */
const moveCurrent = async (context: DraftContext, guard: CommitGuard): Promise<void> => {
  const { effects, lakeFolder, run } = context;
  await guardDisk({ act: 'write', path: join(lakeFolder, 'current') }, effects, async () => {
    const { path, draft } = await draftCurrent(context, run);
    await effects.point('current.before-rename');
    await guard.verifyLock();
    try {
      await effects.fs.rename(draft, path);
    } catch (error) {
      // A rename that reports an error may have happened: the parts must then stay.
      const now = await readCurrent(lakeFolder, effects).catch(() => undefined);
      if (now?.run === run) guard.onVisible();
      throw error;
    }
    guard.onVisible();
    await effects.point('current.after-rename');
    await effects.fs.syncFolder(lakeFolder);
  });
};

/**
 * Makes the draft's parts the lake: syncs every folder that got a name, writes and syncs the manifest,
 * renames `current`. Throws without a change when another run committed meanwhile or the lock is lost.
 */
export const commitDraft = async (
  context: DraftContext,
  facts: CommitFacts,
  guard: CommitGuard,
): Promise<Manifest> => {
  const { effects, lakeFolder } = context;
  const manifest = draftManifest(context, facts);
  await refuseIfMoved(context, guard);
  await guardDisk({ act: 'write', path: lakeFolder }, effects, async () => {
    await removeUnreached(context);
    const made = await effects.fs.makeFolder(join(lakeFolder, 'manifests'));
    if (made !== undefined) context.unsynced.add(lakeFolder);
    // Longest first: a folder's own names are safe before the name of the folder is.
    const folders = [...context.unsynced].sort((a, b) => b.length - a.length);
    for (const folder of folders) await effects.fs.syncFolder(folder);
    if (context.base === undefined && guard.currentText === undefined)
      await pointToNothing(context, guard);
  });
  await writeManifest(context, manifest);
  await moveCurrent(context, guard);
  return manifest;
};
