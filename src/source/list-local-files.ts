import { join } from 'node:path';
import type { Effects } from '../base/index.ts';
import { classifyName, type DataFormat } from './classify-name.ts';
import { isMatch } from './match-pattern.ts';

/** A regular file of the drop zone that is to be read. */
export type LocalFile = {
  /** From the project folder, with `/`; the name in ledger and messages. */
  readonly path: string;
  readonly absolutePath: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
  /** Changes with every write: the same before and after reading = read in peace. */
  readonly fingerprint: string;
  readonly format: DataFormat;
  readonly isGzip: boolean;
};

export type SkippedFile = { readonly path: string; readonly why: 'ignored' | 'other_extension' };
/** Something under a data name that must not be opened: reason `file_unsafe`. */
export type UnsafeFile = {
  readonly path: string;
  /** `name`: it is no UTF-8, so that it cannot be asked for. */
  readonly what: 'link' | 'folder' | 'special' | 'name';
};

export type LocalListing = {
  readonly files: readonly LocalFile[];
  readonly skipped: readonly SkippedFile[];
  readonly unsafe: readonly UnsafeFile[];
};

export type ListOptions = {
  /** Folders or patterns below the project folder; a folder means all below it. */
  readonly patterns?: readonly string[];
  /** Patterns of paths to leave alone; without a slash they fit the file name in any folder. */
  readonly ignore?: readonly string[];
};

type Found = { files: LocalFile[]; skipped: SkippedFile[]; unsafe: UnsafeFile[] };
type Walk = {
  readonly projectFolder: string;
  readonly patterns: readonly string[];
  readonly ignore: readonly string[];
  readonly found: Found;
};

const byPath = (a: { readonly path: string }, b: { readonly path: string }): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : 0;

const isWildcard = (pattern: string): boolean => /[*?[{]/.test(pattern);

/** The folder that a pattern begins with: nothing outside it can fit. */
const rootOf = (pattern: string): string => {
  const parts = pattern.split('/');
  const first = parts.findIndex(isWildcard);
  return (first < 0 ? parts : parts.slice(0, first)).join('/');
};

const isWanted = (path: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) =>
    isWildcard(pattern)
      ? isMatch(path, pattern)
      : path === pattern || path.startsWith(`${pattern}/`),
  );

const isIgnored = (path: string, ignore: readonly string[]): boolean => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return ignore.some((pattern) => isMatch(pattern.includes('/') ? path : name, pattern));
};

/** Looks at one path; returns true when it is a folder to descend into. Nothing is opened, no link is followed. */
const visit = async (path: string, walk: Walk, effects: Effects): Promise<boolean> => {
  const absolutePath = join(walk.projectFolder, path);
  const facts = await effects.fs.stat(absolutePath);
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (facts === undefined) {
    // Gone since the folder was listed, or a name that is no UTF-8: it cannot be asked for.
    if (name.includes('\ufffd')) walk.found.unsafe.push({ path, what: 'name' });
    return false;
  }
  const named = classifyName(name);
  const { found } = walk;
  if (named.kind === 'temporary') {
    effects.log.debug('source.temporary-name', { path });
    return false;
  }
  if (isIgnored(path, walk.ignore)) {
    found.skipped.push({ path, why: 'ignored' });
    return false;
  }
  if (facts.kind === 'folder' && named.kind !== 'data') return true;
  if (!isWanted(path, walk.patterns)) return false;
  if (named.kind === 'other') {
    if (facts.kind === 'file') found.skipped.push({ path, why: 'other_extension' });
    else found.unsafe.push({ path, what: facts.kind === 'link' ? 'link' : 'special' });
  } else if (facts.kind !== 'file') {
    const what = facts.kind === 'other' ? 'special' : facts.kind;
    found.unsafe.push({ path, what });
  } else {
    const { sizeBytes, modifiedAt, fingerprint } = facts;
    const { format, isGzip } = named;
    found.files.push({
      path,
      absolutePath,
      sizeBytes,
      modifiedAt,
      fingerprint,
      format,
      isGzip,
    });
  }
  return false;
};

/**
 * Lists what lies in the drop zone (default `data/raw` and all below it), sorted by code unit. Opens nothing.
 * Temporary names are silent; other extensions and ignored ones are in `skipped`; links, pipes, devices and
 * folders with a data name are in `unsafe`.
 */
export const listLocalFiles = async (
  projectFolder: string,
  { patterns = ['data/raw'], ignore = [] }: ListOptions,
  effects: Effects,
): Promise<LocalListing> => {
  const tidy = patterns.map((pattern) => pattern.replace(/^\.\//, '').replace(/\/+$/, ''));
  const found: Found = { files: [], skipped: [], unsafe: [] };
  const walk: Walk = { projectFolder, patterns: tidy, ignore, found };
  const seen = new Set<string>();
  const waiting = [...new Set(tidy.map(rootOf))].sort().reverse();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const isRoot = tidy.some((pattern) => rootOf(pattern) === path);
    const facts = isRoot ? await effects.fs.stat(join(projectFolder, path)) : undefined;
    // The root itself may have any name and may lie behind a link that the user made.
    const isFolder = isRoot
      ? facts?.kind === 'folder' || facts?.kind === 'link' || path === ''
      : await visit(path, walk, effects);
    if (isRoot && facts?.kind === 'file') await visit(path, walk, effects);
    if (!isFolder) continue;
    const names = await effects.fs.list(join(projectFolder, path));
    for (const name of [...names].reverse()) waiting.push(path === '' ? name : `${path}/${name}`);
  }
  return {
    files: found.files.sort(byPath),
    skipped: found.skipped.sort(byPath),
    unsafe: found.unsafe.sort(byPath),
  };
};
