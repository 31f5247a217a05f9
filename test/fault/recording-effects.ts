import { appendFileSync, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Effects, FileEffects, OpenFile } from '../../src/base/index.ts';
import type { JournalEntry } from './journal.ts';

type Journal = {
  readonly note: (entry: JournalEntry) => void;
  /** Keeps the bytes of a file as they are now. */
  readonly keep: (path: string) => string;
};

const openJournal = (folder: string): Journal => {
  mkdirSync(folder, { recursive: true });
  let kept = 0;
  return {
    note: (entry) => appendFileSync(join(folder, 'journal.jsonl'), `${JSON.stringify(entry)}\n`),
    keep: (path) => {
      kept += 1;
      const name = `${kept}.bytes`;
      copyFileSync(path, join(folder, name));
      return name;
    },
  };
};

const recordingFile = (file: OpenFile, path: string, journal: Journal): OpenFile => ({
  ...file,
  write: async (chunk) => {
    await file.write(chunk);
    journal.note({ op: 'written', path });
  },
  sync: async () => {
    await file.sync();
    journal.note({ op: 'synced', path, content: journal.keep(path) });
  },
});

/**
 * The real world with a journal of every change. What the engine writes by itself is not seen before
 * somebody syncs or renames it, and counts as not safe until then.
 */
export const recordingEffects = (effects: Effects, folder: string): Effects => {
  const journal = openJournal(folder);
  const { note, keep } = journal;
  const { fs } = effects;
  const recorded: FileEffects = {
    ...fs,
    open: async (given, mode) => {
      const path = resolve(given);
      const isNew = mode !== 'read' && !existsSync(path);
      const file = await fs.open(path, mode);
      if (isNew) note({ op: 'made', path });
      return mode === 'read' ? file : recordingFile(file, path, journal);
    },
    writeText: async (given, text, options) => {
      const path = resolve(given);
      const isNew = !existsSync(path);
      await fs.writeText(path, text, options);
      // It truncates first: between this and the sync nothing of it is safe.
      note(isNew ? { op: 'made', path } : { op: 'written', path });
      note({ op: 'synced', path, content: keep(path) });
    },
    rename: async (from, to) => {
      await fs.rename(from, to);
      note({ op: 'renamed', path: resolve(from), to: resolve(to) });
    },
    link: async (from, to) => {
      await fs.link(from, to);
      note({ op: 'linked', path: resolve(from), to: resolve(to) });
    },
    unlink: async (given) => {
      const isThere = existsSync(given);
      await fs.unlink(given);
      if (isThere) note({ op: 'unlinked', path: resolve(given) });
    },
    removeTree: async (given) => {
      const isThere = existsSync(given);
      await fs.removeTree(given);
      if (isThere) note({ op: 'tree-removed', path: resolve(given) });
    },
    makeFolder: async (given) => {
      const top = await fs.makeFolder(given);
      if (top !== undefined) note({ op: 'folder', path: resolve(given), top: resolve(top) });
      return top;
    },
    syncFile: async (given) => {
      await fs.syncFile(given);
      note({ op: 'synced', path: resolve(given), content: keep(given) });
    },
    syncFolder: async (given) => {
      await fs.syncFolder(given);
      note({ op: 'names-synced', path: resolve(given) });
    },
  };
  return { ...effects, fs: recorded };
};
