import { resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { translateError } from './translate-error.ts';

/** What asking for the lock gave. `invalid`: the file is no database, so nobody can hold it. */
export type FileLock =
  | { readonly kind: 'held'; readonly release: () => void }
  | { readonly kind: 'busy' }
  | { readonly kind: 'invalid' };

/**
 * The locks that this process holds, by path and by identity. The kernel does not refuse a second
 * lock to the process that has the first, and closing the second would release both.
 */
const heldHere = new Set<string>();

/**
 * Takes the kernel lock that DuckDB keeps on its open file; Node itself has none to offer. A missing
 * file is made. `identity` names the file beside its path (device and inode), so that another path to
 * it is seen as the same. Throws only what is neither a lock nor a broken file.
 */
export const openFileLock = async (path: string, identity = ''): Promise<FileLock> => {
  const names = [resolve(path), ...(identity === '' ? [] : [`inode ${identity}`])];
  if (names.some((name) => heldHere.has(name))) return { kind: 'busy' };
  for (const name of names) heldHere.add(name);
  const forget = (): void => {
    for (const name of names) heldHere.delete(name);
  };
  try {
    const instance = await DuckDBInstance.create(path, {
      threads: '1',
      memory_limit: '32MB',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const release = (): void => {
      instance.closeSync();
      forget();
    };
    return { kind: 'held', release };
  } catch (error) {
    forget();
    const message = error instanceof Error ? error.message : '';
    if (message.includes('Could not set lock on file')) return { kind: 'busy' };
    if (/not a valid DuckDB database|corrupt|newer version|Serialization Error/i.test(message))
      return { kind: 'invalid' };
    throw translateError(error, { statement: '', limitBytes: 32e6 });
  }
};
