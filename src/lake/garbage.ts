import { join } from 'node:path';
import type { Effects } from '../base/index.ts';
import { guardDisk } from './guard-disk.ts';
import {
  draftsFolder,
  listPartFiles,
  listRuns,
  manifestName,
  retiredName,
  runOfPart,
} from './layout.ts';
import { endLeases, readLeases } from './lease.ts';
import type { Manifest } from './manifest.ts';
import { parseManifest } from './parse-manifest.ts';
import { openManifest, readManifests } from './read-snapshot.ts';

export type GarbageOptions = {
  /** Data commits to keep, beside `current` and the last complete one. */
  readonly keep: number;
  /** Days that parts stay after the last manifest that named them was given up. */
  readonly graceDays: number;
  /** The run that collects: its own parts and drafts stay. */
  readonly run: number;
};

export type GarbageReport = {
  readonly manifests: number;
  readonly parts: number;
  /** Bytes of the removed parts. */
  readonly bytes: number;
};

/** The runs whose manifests stay, out of those that `current` reaches (newest first). */
const chooseKept = (reached: readonly Manifest[], keep: number): ReadonlySet<number> => {
  const data = reached.filter((manifest) => manifest.kind === 'data');
  const oldest = data[Math.min(keep, data.length) - 1]?.run ?? 0;
  const complete = reached.find((manifest) => manifest.complete);
  const kept = reached.filter((manifest) => manifest.run >= oldest).map((manifest) => manifest.run);
  const current = reached[0]?.run;
  return new Set([
    ...kept,
    ...(complete === undefined ? [] : [complete.run]),
    ...(current === undefined ? [] : [current]),
  ]);
};

/** Gives up a manifest: it can no longer be opened, but its parts stay until its grace is over. */
const retire = async (lakeFolder: string, run: number, effects: Effects): Promise<void> => {
  const target = join(lakeFolder, retiredName(run));
  await effects.fs.touch(join(lakeFolder, manifestName(run)), effects.now());
  await effects.fs.rename(join(lakeFolder, manifestName(run)), target);
};

const partsOf = (manifest: Manifest): readonly string[] =>
  Object.values(manifest.relations).flatMap((entry) =>
    entry.kind === 'parts' ? entry.parts.map((part) => part.path) : [],
  );

/** Retired manifests whose parts stay: in their grace, or leased. The others are deleted. */
const readRetired = async (
  lakeFolder: string,
  { graceDays, leased }: { readonly graceDays: number; readonly leased: ReadonlySet<number> },
  effects: Effects,
): Promise<readonly Manifest[]> => {
  const kept: Manifest[] = [];
  for (const run of await listRuns(lakeFolder, 'retired', effects)) {
    const path = join(lakeFolder, retiredName(run));
    const since = (await effects.fs.stat(path))?.modifiedAt ?? new Date(0);
    const days = (effects.now().getTime() - since.getTime()) / 86_400_000;
    const parsed = parseManifest(await effects.fs.readText(path));
    if (parsed.kind === 'ok' && (days < graceDays || leased.has(run))) kept.push(parsed.manifest);
    else await effects.fs.unlink(path);
  }
  return kept;
};

const sweepParts = async (
  lakeFolder: string,
  { named, run }: { readonly named: ReadonlySet<string>; readonly run: number },
  effects: Effects,
): Promise<{ readonly parts: number; readonly bytes: number }> => {
  let parts = 0;
  let bytes = 0;
  for (const path of await listPartFiles(lakeFolder, effects)) {
    if (named.has(path) || runOfPart(path.split('/').at(-1) ?? '') === run) continue;
    const full = join(lakeFolder, path);
    bytes += (await effects.fs.stat(full))?.sizeBytes ?? 0;
    await effects.fs.unlink(full);
    parts += 1;
  }
  return { parts, bytes };
};

/** Everything but `kept` is retired; with `kept` and the retired ones, what may go is swept. */
const collect = async (
  lakeFolder: string,
  options: GarbageOptions & { readonly kept: readonly Manifest[] },
  effects: Effects,
): Promise<GarbageReport> => {
  const { kept, graceDays, run } = options;
  const leased = new Set((await readLeases(lakeFolder, effects)).map((lease) => lease.snapshot));
  const keptRuns = new Set(kept.map((manifest) => manifest.run));
  const all = await listRuns(lakeFolder, 'manifests', effects);
  const given = all.filter((one) => !keptRuns.has(one));
  if (given.length > 0) await effects.fs.makeFolder(join(lakeFolder, 'retired'));
  for (const one of given) await retire(lakeFolder, one, effects);
  const retired = await readRetired(lakeFolder, { graceDays, leased }, effects);
  const named = new Set([...kept, ...retired].flatMap(partsOf));
  const swept = await sweepParts(lakeFolder, { named, run }, effects);
  return { manifests: given.length, ...swept };
};

/**
 * Removes what nothing needs: manifests past `keep` (their parts after `graceDays` more and without a
 * reader's lease), and parts that no manifest names, as a killed run leaves them. Under the writer's lock.
 */
export const collectGarbage = async (
  lakeFolder: string,
  options: GarbageOptions,
  effects: Effects,
): Promise<GarbageReport> =>
  guardDisk({ act: 'clean', path: lakeFolder }, effects, async () => {
    await effects.point('garbage');
    const reached = await readManifests(lakeFolder, effects);
    // What a newer program wrote is not ours to judge.
    for (const one of await listRuns(lakeFolder, 'manifests', effects))
      if ((await openManifest(lakeFolder, one, effects)).kind === 'newer')
        return { manifests: 0, parts: 0, bytes: 0 };
    // Without one readable manifest nothing can be told from garbage.
    if (reached.length === 0) return { manifests: 0, parts: 0, bytes: 0 };
    const keptRuns = chooseKept(reached, options.keep);
    const kept = reached.filter((manifest) => keptRuns.has(manifest.run));
    return collect(lakeFolder, { ...options, kept }, effects);
  });

/**
 * Leaves nothing but one snapshot: ends every lease, then deletes all other manifests and all parts that
 * it does not name, at once. Smallest and largest keys in old manifests are personal too.
 */
export const eraseHistory = async (
  lakeFolder: string,
  { run }: { readonly run: number },
  effects: Effects,
): Promise<GarbageReport> =>
  guardDisk({ act: 'clean', path: lakeFolder }, effects, async () => {
    const opened = await openManifest(lakeFolder, run, effects);
    if (opened.kind !== 'ok') return { manifests: 0, parts: 0, bytes: 0 };
    await endLeases(lakeFolder, effects);
    // Not 0: a manifest's time may lie in the future when the clock was set back.
    const graceDays = Number.NEGATIVE_INFINITY;
    return collect(lakeFolder, { keep: 1, graceDays, run: 0, kept: [opened.manifest] }, effects);
  });

const removeOthers = async (
  folder: string,
  keep: (name: string) => boolean,
  effects: Effects,
): Promise<void> => {
  for (const name of await effects.fs.list(folder))
    if (!keep(name)) await effects.fs.removeTree(join(folder, name));
};

/**
 * Removes what killed runs and readers left beside parts: drafts in the lake, spill folders in
 * `data/tmp` without a living lease, half-written pointers and files. Under the writer's lock.
 */
export const sweepKilled = async (
  dataFolder: string,
  { run }: { readonly run: number },
  effects: Effects,
): Promise<void> =>
  guardDisk({ act: 'clean', path: dataFolder }, effects, async () => {
    const lakeFolder = join(dataFolder, 'lake');
    const own = String(run);
    const leases = new Set((await readLeases(lakeFolder, effects)).map((lease) => lease.id));
    await removeOthers(join(lakeFolder, draftsFolder), (name) => name === own, effects);
    await removeOthers(join(dataFolder, 'tmp'), (n) => n === own || leases.has(n), effects);
    for (const name of await effects.fs.list(lakeFolder))
      if (/^current\.\d+$/.test(name)) await effects.fs.unlink(join(lakeFolder, name));
    const left =
      /^(lock\.[0-9a-f-]{36}\.duckdb|(run\.lock|run\.json|warehouse\.json)\.\d+|warehouse\.\d+\.draft.*)$/;
    for (const name of await effects.fs.list(dataFolder))
      if (left.test(name)) await effects.fs.unlink(join(dataFolder, name));
  });
