import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Effects, nodeEffects } from '../../src/base/index.ts';
import { openReader, type RunOptions, type RunReport, runProject } from '../../src/run/index.ts';
import { keepModels, lendModels } from './compiled-models.ts';

/** The checkout: contracts/ and models/ lie in it. */
export const packageFolder = fileURLToPath(new URL('../..', import.meta.url));

type Cell = string | number | bigint | boolean | null | object;
export type Row = Readonly<Record<string, Cell>>;

/** A project in a temp folder, run in this process with a clock of its own. */
export type SchoolProject = {
  readonly folder: string;
  /** Writes a file; the path is relative to data/raw. */
  readonly drop: (path: string, content: string | Uint8Array) => Promise<void>;
  /** Writes a file; the path is relative to the project. */
  readonly write: (path: string, content: string | Uint8Array) => Promise<void>;
  /** Removes a file or folder; the path is relative to the project. */
  readonly remove: (path: string) => Promise<void>;
  /** One run; throws the first problem of the project's files. */
  readonly run: (options?: Partial<RunOptions>) => Promise<RunReport>;
  /** One SELECT over the current snapshot, raw text of refused records included. */
  readonly rows: (text: string) => Promise<readonly Row[]>;
  /** Several questions to one snapshot. */
  readonly read: <T>(ask: (rows: SchoolProject['rows']) => Promise<T>) => Promise<T>;
  /** Sets the clock. */
  readonly setNow: (iso: string) => void;
  readonly effects: Effects;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

/** Real files and a clock that starts at noon of 2025-06-16 and moves a millisecond a look. */
const clockedEffects = async (): Promise<{ effects: Effects; setNow: (iso: string) => void }> => {
  const real = await nodeEffects();
  let at = Date.parse('2025-06-16T12:00:00Z');
  const now = (): Date => {
    at += 1;
    return new Date(at);
  };
  const setNow = (iso: string): void => {
    at = Date.parse(iso);
  };
  return { effects: { ...real, now, env: { TZ: 'UTC' } }, setNow };
};

const writeInto = async (path: string, content: string | Uint8Array): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

/** Makes an empty project in a temp folder. */
export const makeProject = async (
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<SchoolProject> => {
  const folder = await mkdtemp(join(tmpdir(), 'schoolhouse-test-'));
  const { effects, setNow } = await clockedEffects();
  await lendModels(folder);
  await mkdir(join(folder, 'data/raw'), { recursive: true });
  for (const [path, content] of Object.entries(files))
    await writeInto(join(folder, 'data/raw', path), content);
  const read: SchoolProject['read'] = async (ask) => {
    const reader = await openReader(
      { dataFolder: join(folder, 'data'), withValues: true },
      effects,
    );
    try {
      return await ask(async (text) => (await reader.query(text)).rows);
    } finally {
      await reader[Symbol.asyncDispose]();
    }
  };
  return {
    folder,
    effects,
    setNow,
    drop: (path, content) => writeInto(join(folder, 'data/raw', path), content),
    write: (path, content) => writeInto(join(folder, path), content),
    remove: (path) => rm(join(folder, path), { recursive: true, force: true }),
    run: async (options = {}) => {
      const result = await runProject(
        {
          projectFolder: folder,
          packageFolder,
          version: '0.0.0',
          threads: 1,
          ...options,
        },
        effects,
      );
      if (result.kind === 'problems') throw result.problems[0];
      if ((await effects.fs.list(join(folder, 'models'))).length === 0) await keepModels(folder);
      return result.value;
    },
    rows: (text) => read((rows) => rows(text)),
    read,
    [Symbol.asyncDispose]: async () => {
      await chmod(folder, 0o700);
      await rm(folder, { recursive: true, force: true });
    },
  };
};
