import type { Effects, FileEffects } from '../base/index.ts';

const refuse = (): Promise<never> => Promise.reject(new Error('nothing is written here'));

/** The same disk, on which every attempt to write fails: for commands that promise to change nothing. */
export const withoutWrites = (effects: Effects): Effects => {
  const fs: FileEffects = {
    ...effects.fs,
    open: (path, mode) => (mode === 'read' ? effects.fs.open(path, mode) : refuse()),
    writeText: refuse,
    rename: refuse,
    link: refuse,
    unlink: refuse,
    removeTree: refuse,
    makeFolder: refuse,
    syncFile: refuse,
    syncFolder: refuse,
    setMode: refuse,
    touch: refuse,
  };
  return { ...effects, fs };
};
