import { createHash } from 'node:crypto';
import type { Effects } from './effects.ts';

const chunkBytes = 1 << 20;

/** SHA-256 of a file's bytes as lower-case hex: 1 MiB is hashed while the next one is read. */
export const hashFile = async (path: string, effects: Pick<Effects, 'fs'>): Promise<string> => {
  const hash = createHash('sha256');
  const file = await effects.fs.open(path, 'read');
  try {
    let buffer = Buffer.allocUnsafe(chunkBytes);
    let spare = Buffer.allocUnsafe(chunkBytes);
    let position = 0;
    let count = await file.read(buffer, position);
    while (count > 0) {
      position += count;
      const next = file.read(spare, position);
      hash.update(buffer.subarray(0, count));
      count = await next;
      [buffer, spare] = [spare, buffer];
    }
    return hash.digest('hex');
  } finally {
    await file.close();
  }
};
