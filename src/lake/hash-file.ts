import { createHash } from 'node:crypto';
import type { Effects } from '../base/index.ts';

/** SHA-256 of a file's bytes as lower-case hex, read 1 MiB at a time. */
export const hashFile = async (path: string, effects: Pick<Effects, 'fs'>): Promise<string> => {
  const hash = createHash('sha256');
  const file = await effects.fs.open(path, 'read');
  try {
    const buffer = new Uint8Array(1 << 20);
    let position = 0;
    for (;;) {
      const count = await file.read(buffer, position);
      if (count === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, count));
      position += count;
    }
  } finally {
    await file.close();
  }
};
