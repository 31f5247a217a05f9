import { join } from 'node:path';
import { z } from 'zod';
import type { Effects } from '../base/index.ts';
import { guardDisk } from './guard-disk.ts';
import { draftsFolder, listPartFiles, listRuns, runOfPart } from './layout.ts';
import { isProcessAlive, processIdentity } from './process-identity.ts';
import { readCurrent } from './read-snapshot.ts';

const runFile = z.strictObject({
  run: z.number().int().min(1),
  state: z.enum(['running', 'done', 'failed', 'interrupted']),
  step: z.string(),
  startedAt: z.string(),
  heartbeatAt: z.string(),
  command: z.string(),
  ...processIdentity,
});

/** What `run.json` tells of the newest run: all that is visible of it while it works. Times are UTC, ISO 8601. */
export type RunFile = Readonly<z.infer<typeof runFile>>;

const runFilePath = (dataFolder: string): string => join(dataFolder, 'run.json');

/** The newest run's own account, or undefined when there is none or it cannot be read. */
export const readRunFile = async (
  dataFolder: string,
  effects: Pick<Effects, 'fs'>,
): Promise<RunFile | undefined> => {
  const path = runFilePath(dataFolder);
  if ((await effects.fs.stat(path))?.kind !== 'file') return undefined;
  try {
    return runFile.parse(JSON.parse(await effects.fs.readText(path)));
  } catch {
    return undefined;
  }
};

/** Whether a run works now, was killed, or has ended. For readers: the next writer asks its lock. */
export type RunState =
  | { readonly kind: 'none' }
  | { readonly kind: 'running'; readonly file: RunFile }
  | { readonly kind: 'killed'; readonly file: RunFile }
  | { readonly kind: 'ended'; readonly file: RunFile };

/** What `data/run.json` tells of the newest run: a running one whose process is gone counts as killed. Takes no lock. */
export const readRunState = async (
  dataFolder: string,
  effects: Pick<Effects, 'fs' | 'process'>,
): Promise<RunState> => {
  const file = await readRunFile(dataFolder, effects);
  if (file === undefined) return { kind: 'none' };
  if (file.state !== 'running') return { kind: 'ended', file };
  return { kind: (await isProcessAlive(file, effects)) ? 'running' : 'killed', file };
};

/** The highest run number that any file of the project tells of; 0 when there is none. */
const highestRun = async (dataFolder: string, effects: Pick<Effects, 'fs'>): Promise<number> => {
  const lakeFolder = join(dataFolder, 'lake');
  const drafts = await effects.fs.list(join(lakeFolder, draftsFolder));
  const parts = await listPartFiles(lakeFolder, effects);
  const numbers = [
    (await readCurrent(lakeFolder, effects))?.run ?? 0,
    (await readRunFile(dataFolder, effects))?.run ?? 0,
    ...(await listRuns(lakeFolder, 'manifests', effects)),
    ...(await listRuns(lakeFolder, 'retired', effects)),
    ...drafts.map(Number).filter(Number.isSafeInteger),
    ...parts.map((path) => runOfPart(path.split('/').at(-1) ?? '') ?? 0),
  ];
  return numbers.reduce((highest, number) => Math.max(highest, number), 0);
};

export type RunHandle = {
  readonly run: number;
  /** The run before, when it did not end well; a killed one's file still says that it is running. */
  readonly unfinished: RunFile | undefined;
  /** Tells the step that the run is at; costs a small write. */
  readonly heartbeat: (step: string) => Promise<void>;
  /** Says what the step works on now. Written when the run ends there, so it costs nothing. */
  readonly at: (what: string) => void;
  /** Ends the run; one that is not done keeps the step at which it stopped. */
  readonly finish: (state: 'done' | 'failed' | 'interrupted') => Promise<void>;
};

/**
 * Takes the next run number, which was never used and never will be: written to `run.json` and synced
 * before this returns. `atLeast` is the highest number known elsewhere. The caller holds the lock.
 */
export const nextRun = async (
  dataFolder: string,
  { atLeast }: { readonly atLeast: number },
  effects: Effects,
): Promise<RunHandle> => {
  const before = await readRunFile(dataFolder, effects);
  const run = 1 + Math.max(atLeast, await highestRun(dataFolder, effects));
  const startedAt = effects.now().toISOString();
  const { pid, host, bootId, command } = effects.process;
  const start = (await effects.process.startOf(pid)) ?? '';
  const path = runFilePath(dataFolder);
  const write = (state: RunFile['state'], step: string): Promise<void> =>
    guardDisk({ act: 'write', path }, effects, async () => {
      const heartbeatAt = effects.now().toISOString();
      const file: RunFile = {
        ...{ run, state, step, startedAt, heartbeatAt, command },
        ...{ pid, host, bootId, start },
      };
      const draft = `${path}.${pid}`;
      await effects.fs.writeText(draft, `${JSON.stringify(file)}\n`, { replace: true });
      await effects.fs.rename(draft, path);
    });
  let step = 'start';
  let what: string | undefined;
  await guardDisk({ act: 'write', path }, effects, async () => {
    await effects.fs.makeFolder(dataFolder);
    await write('running', step);
    await effects.fs.syncFolder(dataFolder);
  });
  return {
    run,
    unfinished: before?.state === 'done' ? undefined : before,
    heartbeat: (next) => {
      step = next;
      what = undefined;
      return write('running', step);
    },
    at: (now) => {
      what = now;
    },
    finish: (state) => {
      const stoppedAt = what === undefined ? step : `${step} (${what})`;
      return write(state, state === 'done' ? 'end' : stoppedAt);
    },
  };
};
