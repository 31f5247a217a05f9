import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { type Effects, pipelineError } from '../base/index.ts';
import { type FileLock, openFileLock } from '../engine/index.ts';
import { lakeErrors } from './errors.ts';
import { guardDisk } from './guard-disk.ts';
import { isProcessAlive, processIdentity } from './process-identity.ts';

const holder = z.strictObject({
  id: z.string(),
  run: z.number().int().nullable(),
  command: z.string(),
  since: z.string(),
  ...processIdentity,
});

/** What `run.lock` says of the writer. It describes; the kernel lock decides. */
export type LockHolder = Readonly<z.infer<typeof holder>>;

type HolderFile =
  | { readonly kind: 'missing' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'half-written' }
  | { readonly kind: 'holder'; readonly holder: LockHolder };

/** Why a lock description of somebody else lay there although nobody held the lock. */
export type TookOver = 'stale' | 'foreign' | 'lost' | 'empty' | 'half-written';

export type RunLock = {
  /** Said once: the description that this lock replaced. */
  readonly tookOver:
    | { readonly reason: TookOver; readonly holder: LockHolder | undefined }
    | undefined;
  /** Tells others the number of the run that writes. */
  readonly describe: (run: number) => Promise<void>;
  /** Throws `lake.lock-lost` when the lock file is another one or describes somebody else. */
  readonly verify: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export type LockOptions = {
  /** How long to wait for another run; 0 refuses at once. */
  readonly waitSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

type Paths = { readonly folder: string; readonly lock: string; readonly holder: string };

/** Device and inode: what stays of the fingerprint when a file is written or renamed. */
const inodeOf = async (path: string, effects: Effects): Promise<string | undefined> =>
  (await effects.fs.stat(path))?.fingerprint.split(':').slice(0, 2).join(':');

const readHolder = async (path: string, effects: Effects): Promise<HolderFile> => {
  if ((await effects.fs.stat(path))?.kind !== 'file') return { kind: 'missing' };
  const text = await effects.fs.readText(path);
  if (text.trim() === '') return { kind: 'empty' };
  try {
    return { kind: 'holder', holder: holder.parse(JSON.parse(text)) };
  } catch {
    return { kind: 'half-written' };
  }
};

/** Makes the lock file as a draft and links it, so that nobody ever sees a half-made one. */
const makeLockFile = async (paths: Paths, effects: Effects): Promise<void> => {
  const draft = join(paths.folder, `lock.${effects.newId()}.duckdb`);
  const made = await openFileLock(draft);
  if (made.kind === 'held') made.release();
  try {
    await effects.fs.link(draft, paths.lock);
  } catch (error) {
    // Another process was faster: its file is as good.
    if ((await effects.fs.stat(paths.lock)) === undefined) throw error;
  } finally {
    await effects.fs.unlink(draft);
  }
};

/** Moves an invalid lock file away; one that became valid meanwhile is linked back. */
const replaceInvalid = async (paths: Paths, seen: string, effects: Effects): Promise<void> => {
  const aside = join(paths.folder, `lock.${effects.newId()}.duckdb`);
  try {
    await effects.fs.rename(paths.lock, aside);
  } catch (error) {
    if ((await effects.fs.stat(paths.lock)) === undefined) return;
    throw error;
  }
  if ((await inodeOf(aside, effects)) !== seen)
    await effects.fs.link(aside, paths.lock).catch(() => undefined);
  await effects.fs.unlink(aside);
};

/** Asks once for the kernel lock on the file that the path names, before and after. */
const tryLock = async (paths: Paths, effects: Effects): Promise<FileLock & { inode: string }> => {
  // A bound, so that a file that is broken again and again ends in an error and not in a circle.
  for (let round = 0; round < 20; round++) {
    const inode = await inodeOf(paths.lock, effects);
    if (inode === undefined) {
      await makeLockFile(paths, effects);
      continue;
    }
    const lock = await openFileLock(paths.lock, inode);
    if (lock.kind === 'busy') return { ...lock, inode };
    if (lock.kind === 'invalid') {
      await replaceInvalid(paths, inode, effects);
      continue;
    }
    if ((await inodeOf(paths.lock, effects)) === inode) return { ...lock, inode };
    lock.release();
  }
  throw pipelineError(lakeErrors, 'lake.lock-lost', { path: paths.lock });
};

const busyError = async (paths: Paths, effects: Effects) => {
  const found = await readHolder(paths.holder, effects);
  const known = found.kind === 'holder' ? found.holder : undefined;
  const facts = {
    run: known?.run ?? null,
    pid: known?.pid ?? null,
    command: known?.command ?? '',
    since: known?.since ?? '',
  };
  const hint = 'To wait for it: schoolhouse run --wait 600';
  return pipelineError(lakeErrors, 'run.locked', facts, { hint });
};

const explainTakeover = async (
  found: HolderFile,
  effects: Effects,
): Promise<RunLock['tookOver']> => {
  switch (found.kind) {
    case 'missing':
      return undefined;
    case 'empty':
    case 'half-written':
      return { reason: found.kind, holder: undefined };
    case 'holder': {
      const isForeign = found.holder.host !== effects.process.host;
      const isAlive = await isProcessAlive(found.holder, effects);
      return { reason: isForeign ? 'foreign' : isAlive ? 'lost' : 'stale', holder: found.holder };
    }
    default:
      return found satisfies never;
  }
};

const pollSeconds = 0.25;

/** Waits by counted rounds: the clock may be set while we wait. */
const waitForLock = async (
  paths: Paths,
  { waitSeconds = 0, signal }: LockOptions,
  effects: Effects,
): Promise<{ readonly release: () => void; readonly inode: string }> => {
  for (let waited = 0; ; waited += pollSeconds) {
    const lock = await tryLock(paths, effects);
    if (lock.kind === 'held') return lock;
    if (waited >= waitSeconds) throw await busyError(paths, effects);
    await wait(pollSeconds * 1000, undefined, signal === undefined ? {} : { signal });
  }
};

/**
 * Makes this process the one writer of a project's data, or throws `run.locked`. The kernel lock on
 * `lock.duckdb` decides and ends with the process; `run.lock` describes its holder. Nobody in the process
 * may open `lock.duckdb` meanwhile: closing any handle on it releases the lock.
 */
export const acquireRunLock = async (
  dataFolder: string,
  options: LockOptions,
  effects: Effects,
): Promise<RunLock> => {
  const paths: Paths = {
    folder: dataFolder,
    lock: join(dataFolder, 'lock.duckdb'),
    holder: join(dataFolder, 'run.lock'),
  };
  const { pid, host, bootId, command } = effects.process;
  const id = effects.newId();
  const lock = await guardDisk({ act: 'lock', path: paths.lock }, effects, async () => {
    await effects.fs.makeFolder(dataFolder);
    return waitForLock(paths, options, effects);
  });
  const since = effects.now().toISOString();
  const start = (await effects.process.startOf(pid)) ?? '';
  const describe = (run: number | null): Promise<void> =>
    guardDisk({ act: 'write', path: paths.holder }, effects, async () => {
      const text: LockHolder = { id, run, command, since, pid, host, bootId, start };
      const draft = `${paths.holder}.${pid}`;
      await effects.fs.writeText(draft, `${JSON.stringify(text)}\n`, { replace: true });
      await effects.fs.rename(draft, paths.holder);
    });
  const isOurs = async (): Promise<boolean> => {
    const found = await readHolder(paths.holder, effects);
    return found.kind === 'holder' && found.holder.id === id;
  };
  try {
    const tookOver = await explainTakeover(await readHolder(paths.holder, effects), effects);
    await describe(null);
    return {
      tookOver,
      describe,
      verify: async () => {
        if ((await inodeOf(paths.lock, effects)) === lock.inode && (await isOurs())) return;
        throw pipelineError(lakeErrors, 'lake.lock-lost', { path: paths.lock });
      },
      [Symbol.asyncDispose]: async () => {
        // A description that cannot be removed is stale to the next run, no more.
        const remove = async (): Promise<void> => {
          if (await isOurs()) await effects.fs.unlink(paths.holder);
        };
        await remove().catch(() => effects.log.debug('lake.run-lock-not-removed'));
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
};
