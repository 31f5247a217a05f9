import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import * as fsp from 'node:fs/promises';
import { hostname, totalmem, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Effects, FileEffects, FileFacts, OpenFile, ProcessFacts } from './effects.ts';
import { silentLog } from './log.ts';

const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ENOENT' || error.code === 'ENOTDIR');

const orWhenMissing = async <T>(action: Promise<T>, otherwise: T): Promise<T> => {
  try {
    return await action;
  } catch (error) {
    if (isMissing(error)) return otherwise;
    throw error;
  }
};

const flags = {
  read: constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  draft: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
  append: constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
};

const openFile = async (path: string, mode: keyof typeof flags): Promise<OpenFile> => {
  const handle = await fsp.open(path, flags[mode], 0o600);
  return {
    read: async (buffer, position) =>
      (await handle.read(buffer, 0, buffer.length, position)).bytesRead,
    write: async (chunk) => {
      await handle.appendFile(chunk);
    },
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
};

const syncPath = async (path: string): Promise<void> => {
  const handle = await fsp.open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const stat = async (path: string): Promise<FileFacts | undefined> => {
  const facts = await orWhenMissing(fsp.lstat(path, { bigint: true }), undefined);
  if (facts === undefined) return undefined;
  return {
    kind: facts.isFile()
      ? 'file'
      : facts.isDirectory()
        ? 'folder'
        : facts.isSymbolicLink()
          ? 'link'
          : 'other',
    sizeBytes: Number(facts.size),
    modifiedAt: new Date(Number(facts.mtimeMs)),
    fingerprint: `${facts.dev}:${facts.ino}:${facts.size}:${facts.mtimeNs}:${facts.ctimeNs}`,
  };
};

const writeText = async (
  path: string,
  text: string,
  options: { replace?: boolean } = {},
): Promise<void> => {
  const handle = await fsp.open(path, options.replace === true ? 'w' : 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const nodeFiles: FileEffects = {
  open: openFile,
  readText: (path) => fsp.readFile(path, 'utf8'),
  writeText,
  list: async (folder) => (await orWhenMissing(fsp.readdir(folder), [])).sort(),
  stat,
  rename: (from, to) => fsp.rename(from, to),
  link: (from, to) => fsp.link(from, to),
  unlink: (path) => orWhenMissing(fsp.unlink(path), undefined),
  removeTree: (path) => fsp.rm(path, { recursive: true, force: true }),
  makeFolder: (path) => fsp.mkdir(path, { recursive: true, mode: 0o700 }),
  syncFile: syncPath,
  syncFolder: syncPath,
  setMode: (path, mode) => fsp.chmod(path, mode),
  touch: (path, at) => fsp.utimes(path, at, at),
  freeBytes: async (path) => {
    let folder = path;
    while ((await stat(folder)) === undefined && dirname(folder) !== folder)
      folder = dirname(folder);
    const facts = await fsp.statfs(folder);
    return facts.bavail * facts.bsize;
  },
};

let bootId: string | undefined;
const readBootId = async (): Promise<string> => {
  bootId ??= (
    await orWhenMissing(fsp.readFile('/proc/sys/kernel/random/boot_id', 'utf8'), 'unknown')
  ).trim();
  return bootId;
};

const startOf = async (pid: number): Promise<string | undefined> => {
  const text = await orWhenMissing(fsp.readFile(join('/proc', String(pid), 'stat'), 'utf8'), '');
  if (text !== '') return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  try {
    process.kill(pid, 0);
    return 'unknown';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
      ? 'unknown'
      : undefined;
  }
};

const userName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? process.env.LOGNAME ?? 'unknown';
  }
};

const memoryBytes = (): number => {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
};

/** The real world. Loads the boot id first, so that locks can name it without waiting. */
export const nodeEffects = async (): Promise<Effects> => {
  const facts: ProcessFacts = {
    pid: process.pid,
    host: hostname(),
    bootId: await readBootId(),
    user: userName(),
    memoryBytes: memoryBytes(),
    command: `schoolhouse ${process.argv[2] ?? ''}`.trim(),
    startOf,
  };
  return {
    fs: nodeFiles,
    now: () => new Date(),
    newId: randomUUID,
    env: process.env,
    log: silentLog,
    process: facts,
    point: async () => undefined,
  };
};
