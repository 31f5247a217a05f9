import { join, resolve } from 'node:path';
import { type Effects, pipelineError } from '../base/index.ts';
import { lakeErrors } from './errors.ts';
import { listRuns, manifestName } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { lakeFormat, parseManifest } from './parse-manifest.ts';

type World = Pick<Effects, 'fs'>;

export type SnapshotWarning = { readonly code: string; readonly text: string };

/** One committed state of the lake. It never changes; `lakeFolder` is absolute. */
export type Snapshot = {
  readonly manifest: Manifest;
  readonly lakeFolder: string;
  readonly warnings: readonly SnapshotWarning[];
};

/** What `current` names from the first commit's beginning to its rename. No run has this number. */
export const nothingCommitted = 0;

/** What `current` holds: its exact text, and the run that it names when it is sound. */
export type Current = { readonly text: string; readonly run: number | undefined };

/** Reads the pointer `current`, or undefined when there is none. */
export const readCurrent = async (
  lakeFolder: string,
  effects: World,
): Promise<Current | undefined> => {
  const path = join(lakeFolder, 'current');
  if ((await effects.fs.stat(path))?.kind !== 'file') return undefined;
  const text = await effects.fs.readText(path);
  const run = /^(0|[1-9]\d{0,14})\n$/.exec(text)?.[1];
  return { text, run: run === undefined ? undefined : Number(run) };
};

type Opened =
  | { readonly kind: 'ok'; readonly manifest: Manifest }
  | { readonly kind: 'newer'; readonly format: number }
  | { readonly kind: 'damaged'; readonly reason: string };

/** Reads one manifest file; a missing one is `damaged`. Sizes of parts are not looked at. */
export const openManifest = async (
  lakeFolder: string,
  run: number,
  effects: World,
): Promise<Opened> => {
  const path = join(lakeFolder, manifestName(run));
  if ((await effects.fs.stat(path))?.kind !== 'file')
    return { kind: 'damaged', reason: 'it is missing' };
  const parsed = parseManifest(await effects.fs.readText(path));
  if (parsed.kind === 'ok' && parsed.manifest.run !== run)
    return { kind: 'damaged', reason: 'it is the manifest of another run' };
  return parsed;
};

type CutPart = {
  readonly part: string;
  readonly expectedBytes: number;
  readonly foundBytes: number | null;
};

/** The first part whose size is not the manifest's, or undefined when all are there and whole. */
const findCutPart = async (
  lakeFolder: string,
  manifest: Manifest,
  effects: World,
): Promise<CutPart | undefined> => {
  const parts = Object.values(manifest.relations).flatMap((entry) =>
    entry.kind === 'parts' ? entry.parts : [],
  );
  const abreast = 64;
  for (let start = 0; start < parts.length; start += abreast) {
    const some = parts.slice(start, start + abreast);
    const facts = await Promise.all(some.map((p) => effects.fs.stat(join(lakeFolder, p.path))));
    for (const [index, part] of some.entries()) {
      const found = facts[index];
      const foundBytes = found?.kind === 'file' ? found.sizeBytes : null;
      if (foundBytes !== part.bytes)
        return { part: part.path, expectedBytes: part.bytes, foundBytes };
    }
  }
  return undefined;
};

/** The newest snapshot older than `below` whose manifest and part sizes verify. */
const findLastGood = async (
  lakeFolder: string,
  below: number,
  effects: World,
): Promise<Manifest | undefined> => {
  const runs = (await listRuns(lakeFolder, 'manifests', effects)).filter((run) => run < below);
  for (const run of runs.reverse()) {
    const opened = await openManifest(lakeFolder, run, effects);
    if (opened.kind !== 'ok') continue;
    if ((await findCutPart(lakeFolder, opened.manifest, effects)) === undefined)
      return opened.manifest;
  }
  return undefined;
};

const rebuildHint =
  'The archive has every row: schoolhouse run --full-refresh builds the lake anew.';

const goodHint = (good: Manifest | undefined): string =>
  good === undefined
    ? rebuildHint
    : `The last good snapshot is ${good.run}: schoolhouse query --at ${good.run}. ${rebuildHint}`;

/** Opens the manifest of `run` and verifies the sizes of its parts; undefined when it is damaged. */
const openSnapshot = async (
  lakeFolder: string,
  run: number,
  effects: World,
): Promise<Manifest | undefined> => {
  const opened = await openManifest(lakeFolder, run, effects);
  switch (opened.kind) {
    case 'damaged':
      return undefined;
    case 'newer': {
      const good = await findLastGood(lakeFolder, run, effects);
      const facts = { manifest: manifestName(run), format: opened.format, known: lakeFormat };
      throw pipelineError(lakeErrors, 'lake.newer-format', facts, {
        hint: `Install the newest version: npm install -g schoolhouse@latest. ${goodHint(good)}`,
      });
    }
    case 'ok': {
      const cut = await findCutPart(lakeFolder, opened.manifest, effects);
      if (cut === undefined) return opened.manifest;
      const good = await findLastGood(lakeFolder, run, effects);
      throw pipelineError(lakeErrors, 'lake.part-cut', { ...cut, run }, { hint: goodHint(good) });
    }
    default:
      return opened satisfies never;
  }
};

/**
 * Manifests that `current` reaches by parent, newest first. Where a parent is no longer kept, the
 * chain goes on with the next older one; what lies between a manifest and its parent was never committed.
 */
export const readManifests = async (
  lakeFolder: string,
  effects: World,
): Promise<readonly Manifest[]> => {
  const current = await readCurrent(lakeFolder, effects);
  const runs = await listRuns(lakeFolder, 'manifests', effects);
  let next = current?.run ?? runs.at(-1) ?? 0;
  const reached: Manifest[] = [];
  for (const run of [...runs].reverse()) {
    if (run > next) continue;
    const opened = await openManifest(lakeFolder, run, effects);
    if (opened.kind !== 'ok') continue;
    reached.push(opened.manifest);
    next = opened.manifest.parent ?? 0;
  }
  return reached;
};

export type SnapshotSummary = Omit<Manifest, 'relations'>;

/** The snapshots that can be read with `at`, newest first. */
export const listSnapshots = async (
  lakeFolder: string,
  effects: World,
): Promise<readonly SnapshotSummary[]> =>
  (await readManifests(lakeFolder, effects)).map(({ relations: _, ...summary }) => summary);

/** The snapshot `at`, which must be one that was committed and is kept. */
const readKept = async (lakeFolder: string, at: number, effects: World): Promise<Snapshot> => {
  const kept = (await readManifests(lakeFolder, effects)).map((m) => m.run);
  const manifest = kept.includes(at) ? await openSnapshot(lakeFolder, at, effects) : undefined;
  if (manifest !== undefined) return { manifest, lakeFolder, warnings: [] };
  const text = kept.length === 0 ? 'none' : [...kept].reverse().join(', ');
  throw pipelineError(lakeErrors, 'lake.unknown-snapshot', { run: at, kept: text });
};

/**
 * The snapshot that `current` names, or `at`; undefined when nothing was ever committed. With `current`
 * or its manifest damaged: the newest one that verifies, with a warning. Throws when a part is missing
 * or cut, when the format is newer than this program, and when `current` is there but no manifest verifies.
 */
export const readSnapshot = async (
  folder: string,
  { at }: { readonly at?: number | undefined },
  effects: World,
): Promise<Snapshot | undefined> => {
  const lakeFolder = resolve(folder);
  if (at !== undefined) return readKept(lakeFolder, at, effects);
  const current = await readCurrent(lakeFolder, effects);
  if (current?.run === nothingCommitted) return undefined;
  if (current?.run !== undefined) {
    const manifest = await openSnapshot(lakeFolder, current.run, effects);
    if (manifest !== undefined) return { manifest, lakeFolder, warnings: [] };
  }
  const manifests = await listRuns(lakeFolder, 'manifests', effects);
  if (current === undefined && manifests.length === 0) return undefined;
  const good = await findLastGood(lakeFolder, Number.POSITIVE_INFINITY, effects);
  if (good === undefined) {
    // Neither a pointer nor a sound manifest: there is nothing that could have been committed.
    if (current === undefined) return undefined;
    const facts = { manifests: manifests.length };
    throw pipelineError(lakeErrors, 'lake.no-good-snapshot', facts, { hint: rebuildHint });
  }
  const what =
    current === undefined
      ? 'The pointer current is missing'
      : current.run === undefined
        ? 'The pointer current is damaged'
        : `The manifest of snapshot ${current.run} is missing or damaged`;
  const text = `${what}; snapshot ${good.run}, the newest one that verifies, is used.`;
  return { manifest: good, lakeFolder, warnings: [{ code: 'lake.current-damaged', text }] };
};
