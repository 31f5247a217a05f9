import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type Effects, pipelineError } from '../base/index.ts';
import { lakeErrors } from './errors.ts';
import { readersFolder } from './layout.ts';
import { isProcessAlive, processIdentity } from './process-identity.ts';
import { readCurrent, readSnapshot, type Snapshot } from './read-snapshot.ts';

const leaseFile = z.strictObject({ snapshot: z.number().int(), ...processIdentity });

/** A snapshot whose parts stay while it is read. */
export type Lease = {
  readonly snapshot: Snapshot;
  /** Names the reader's spill folder `data/tmp/<id>`; undefined where the lake cannot be written. */
  readonly id: string | undefined;
  /** Throws `lake.lease-ended` once the snapshot was erased under its reader. */
  readonly verify: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

const touchSeconds = 30;
const deadSeconds = 600;

/** Writes the lease; false when the folder cannot be written, which is no error for a reader. */
const writeLease = async (path: string, run: number, effects: Effects): Promise<boolean> => {
  const { pid, host, bootId } = effects.process;
  const start = (await effects.process.startOf(pid)) ?? '';
  try {
    await effects.fs.makeFolder(join(path, '..'));
    const text = JSON.stringify({ snapshot: run, pid, host, bootId, start });
    await effects.fs.writeText(path, `${text}\n`, { replace: true });
    await effects.fs.touch(path, effects.now());
    return true;
  } catch {
    effects.log.debug('lake.no-lease', { run });
    return false;
  }
};

/**
 * Opens the current snapshot (or `at`) and keeps its parts from garbage until it is closed. Undefined
 * when nothing was ever committed. Writes the lease, reads `current` again, repeats if it moved.
 */
export const openLease = async (
  folder: string,
  { at }: { readonly at?: number | undefined },
  effects: Effects,
): Promise<Lease | undefined> => {
  const lakeFolder = resolve(folder);
  const id = effects.newId();
  const path = join(lakeFolder, readersFolder, `${id}.json`);
  const remove = (): Promise<void> => effects.fs.unlink(path).catch(() => undefined);
  const open = async (): Promise<{ snapshot: Snapshot; isLeased: boolean } | undefined> => {
    for (;;) {
      const before = await readCurrent(lakeFolder, effects);
      const snapshot = await readSnapshot(lakeFolder, { at }, effects);
      if (snapshot === undefined) return undefined;
      const isLeased = await writeLease(path, snapshot.manifest.run, effects);
      const after = await readCurrent(lakeFolder, effects);
      if (before?.text === after?.text) return { snapshot, isLeased };
    }
  };
  const opened = await open().catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  if (opened === undefined) return undefined;
  const { snapshot, isLeased } = opened;
  const touch = (): void => {
    effects.fs.touch(path, effects.now()).catch(() => effects.log.debug('lake.lease-not-touched'));
  };
  const timer = isLeased ? setInterval(touch, touchSeconds * 1000).unref() : undefined;
  return {
    snapshot,
    id: isLeased ? id : undefined,
    verify: async () => {
      if (!isLeased || (await effects.fs.stat(path)) !== undefined) return;
      throw pipelineError(lakeErrors, 'lake.lease-ended', { run: snapshot.manifest.run });
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      if (isLeased) await remove();
    },
  };
};

export type LiveLease = { readonly id: string; readonly snapshot: number };

/**
 * Leases of readers that live; files of dead ones are removed. A lease is dead ten minutes after it was
 * last touched. One from the future (the clock was set back) lives as long as its process.
 */
export const readLeases = async (
  lakeFolder: string,
  effects: Effects,
): Promise<readonly LiveLease[]> => {
  const live: LiveLease[] = [];
  for (const name of await effects.fs.list(join(lakeFolder, readersFolder))) {
    const path = join(lakeFolder, readersFolder, name);
    const facts = await effects.fs.stat(path);
    if (facts?.kind !== 'file') continue;
    const age = (effects.now().getTime() - facts.modifiedAt.getTime()) / 1000;
    const parsed = leaseFile.safeParse(await readJson(path, effects));
    const isLive =
      parsed.success &&
      (age >= 0 ? age <= deadSeconds : await isProcessAlive(parsed.data, effects));
    if (isLive) live.push({ id: name.replace(/\.json$/, ''), snapshot: parsed.data.snapshot });
    else if (age > deadSeconds || parsed.success) await effects.fs.unlink(path);
  }
  return live;
};

const readJson = async (path: string, effects: Effects): Promise<unknown> => {
  try {
    return JSON.parse(await effects.fs.readText(path));
  } catch {
    return undefined;
  }
};

/** Ends every lease: its reader finds out by `verify`. For erasure only. */
export const endLeases = (lakeFolder: string, effects: Effects): Promise<void> =>
  effects.fs.removeTree(join(lakeFolder, readersFolder));
