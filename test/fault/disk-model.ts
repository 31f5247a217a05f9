import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { JournalEntry } from './journal.ts';

/**
 * How a disk may look after the power went. `strict`: only what was synced, names of a folder too.
 * `names first`: every name is there, files hold only what was synced (a rename that overtook its data).
 * `some`: of each folder's unsynced names and each file's unsynced bytes a random part.
 */
export type LossMode = 'strict' | 'names first' | 'some';

/** A file as the disk knows it, with the journal's copy of its safe bytes, if any; or a folder. */
type Inode = { readonly kind: 'file'; safe: string | undefined } | { readonly kind: 'folder' };

type NameChange =
  | { readonly kind: 'add'; readonly name: string; readonly inode: Inode }
  | { readonly kind: 'remove'; readonly name: string };

type DiskFolder = {
  readonly names: Map<string, Inode>;
  /** Changes of names that no sync of the folder has made safe. */
  readonly pending: NameChange[];
  readonly safeNames: Map<string, Inode>;
};

export type Disk = { readonly folders: Map<string, DiskFolder> };

const folderOf = (disk: Disk, path: string): DiskFolder => {
  const known = disk.folders.get(path);
  if (known !== undefined) return known;
  const made = { names: new Map(), pending: [], safeNames: new Map() };
  disk.folders.set(path, made);
  return made;
};

const add = (disk: Disk, path: string, inode: Inode): void => {
  const folder = folderOf(disk, dirname(path));
  const name = basename(path);
  folder.names.set(name, inode);
  folder.pending.push({ kind: 'add', name, inode });
};

const remove = (disk: Disk, path: string): void => {
  const folder = folderOf(disk, dirname(path));
  const name = basename(path);
  folder.names.delete(name);
  folder.pending.push({ kind: 'remove', name });
};

/** A file that is not known yet was made by the engine: nothing of it is safe. */
const inodeAt = (disk: Disk, path: string): Inode => {
  const known = folderOf(disk, dirname(path)).names.get(basename(path));
  if (known !== undefined) return known;
  const made: Inode = { kind: 'file', safe: undefined };
  add(disk, path, made);
  return made;
};

const replay = (changes: readonly NameChange[], onto: Map<string, Inode>): void => {
  for (const change of changes) {
    if (change.kind === 'add') onto.set(change.name, change.inode);
    else onto.delete(change.name);
  }
};

const removeTree = (disk: Disk, path: string): void => {
  for (const [folder, { names }] of disk.folders) {
    if (folder !== path && !folder.startsWith(`${path}/`)) continue;
    for (const name of [...names.keys()]) remove(disk, join(folder, name));
  }
  remove(disk, path);
};

/** Folders from `top` down to `path` got their names. */
const addFolders = (disk: Disk, top: string, path: string): void => {
  const made: string[] = [];
  for (let at = path; at.length >= top.length; at = dirname(at)) made.unshift(at);
  for (const folder of made) add(disk, folder, { kind: 'folder' });
};

/** What an entry of the journal does to the disk. */
export const applyEntry = (disk: Disk, entry: JournalEntry): void => {
  switch (entry.op) {
    case 'made':
      add(disk, entry.path, { kind: 'file', safe: undefined });
      return;
    case 'written':
      inodeAt(disk, entry.path);
      return;
    case 'synced': {
      const inode = inodeAt(disk, entry.path);
      if (inode.kind === 'file') inode.safe = entry.content;
      return;
    }
    case 'names-synced': {
      const folder = folderOf(disk, entry.path);
      replay(folder.pending.splice(0), folder.safeNames);
      return;
    }
    case 'renamed': {
      const inode = inodeAt(disk, entry.path);
      remove(disk, entry.path);
      add(disk, entry.to, inode);
      return;
    }
    case 'linked':
      add(disk, entry.to, inodeAt(disk, entry.path));
      return;
    case 'unlinked':
      inodeAt(disk, entry.path);
      remove(disk, entry.path);
      return;
    case 'tree-removed':
      removeTree(disk, entry.path);
      return;
    case 'folder':
      addFolders(disk, entry.top, entry.path);
      return;
    default:
      entry satisfies never;
  }
};

export type Loss = { readonly mode: LossMode; readonly random: () => number };

const survivingNames = (folder: DiskFolder, { mode, random }: Loss): ReadonlyMap<string, Inode> => {
  if (mode === 'names first') return folder.names;
  const kept = new Map(folder.safeNames);
  // A folder's names reach the disk in their order, so that a prefix survives.
  const prefix = mode === 'some' ? Math.floor(random() * (folder.pending.length + 1)) : 0;
  replay(folder.pending.slice(0, prefix), kept);
  return kept;
};

/**
 * Writes the disk as it may be found after a power cut into `to`: paths of the journal below `from` become
 * paths below `to`. A file whose bytes were never synced is empty.
 */
export const materialise = (
  disk: Disk,
  loss: Loss,
  {
    journalFolder,
    from,
    to,
  }: { readonly journalFolder: string; readonly from: string; readonly to: string },
): void => {
  const folder = disk.folders.get(from);
  mkdirSync(to, { recursive: true });
  if (folder === undefined) return;
  for (const [name, inode] of survivingNames(folder, loss)) {
    const target = join(to, name);
    if (inode.kind === 'folder') {
      materialise(disk, loss, { journalFolder, from: join(from, name), to: target });
    } else if (inode.safe === undefined) writeFileSync(target, '');
    else copyFileSync(join(journalFolder, inode.safe), target);
  }
};

/** A disk on which all these files below `root` are safe, with the journal's copies of their bytes. */
export const diskOf = (
  root: string,
  files: readonly { readonly path: string; readonly content: string }[],
): Disk => {
  const disk: Disk = { folders: new Map() };
  for (const { path, content } of files) {
    for (let at = path; at.length > root.length; at = dirname(at)) {
      const inode: Inode = at === path ? { kind: 'file', safe: content } : { kind: 'folder' };
      const folder = folderOf(disk, dirname(at));
      if (folder.safeNames.has(basename(at))) continue;
      folder.safeNames.set(basename(at), inode);
      folder.names.set(basename(at), inode);
    }
  }
  return disk;
};
