import type { Effects, OpenFile } from '../base/index.ts';

/** Gives the next bytes of a file, undefined at the end. */
export type ReadChunk = () => Promise<Uint8Array | undefined>;

/** Bytes of one read; also what a record may hold without a second read. */
export const chunkBytes = 1 << 20;

/** A record longer than this is refused: 16 MB. */
export const recordLimitBytes = 16 * 1024 * 1024;

/** A piece of a file in memory: `bytes[at..end)` is not consumed yet; `base` is the file offset of `bytes[0]`. */
export type ByteWindow = {
  bytes: Buffer;
  at: number;
  end: number;
  base: number;
  /** True when `end` is the end of the file. */
  isLast: boolean;
  readonly read: ReadChunk;
};

/** An empty window over what `read` gives; its first byte has the file offset `base`. */
export const openWindow = (read: ReadChunk, base = 0): ByteWindow => ({
  bytes: Buffer.allocUnsafe(2 * chunkBytes),
  at: 0,
  end: 0,
  base,
  isLast: false,
  read,
});

const append = (window: ByteWindow, chunk: Uint8Array): void => {
  const kept = window.end - window.at;
  if (window.end + chunk.length > window.bytes.length) {
    const size = Math.max(window.bytes.length, 2 * (kept + chunk.length));
    const target = size > window.bytes.length ? Buffer.allocUnsafe(size) : window.bytes;
    window.bytes.copy(target, 0, window.at, window.end);
    window.base += window.at;
    window.bytes = target;
    window.at = 0;
    window.end = kept;
  }
  window.bytes.set(chunk, window.end);
  window.end += chunk.length;
};

/** Reads on, keeping what is not consumed. What is kept at least doubles, so that long records are not scanned over and over. */
export const fillWindow = async (window: ByteWindow): Promise<void> => {
  const wanted = Math.max(2 * (window.end - window.at), 1);
  while (!window.isLast && window.end - window.at < wanted) {
    const chunk = await window.read();
    if (chunk === undefined) window.isLast = true;
    else append(window, chunk);
  }
};

/** Reads an open file from `offset` on, into one buffer that the next call overwrites. */
export const readFrom = (file: OpenFile, offset: number): ReadChunk => {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let position = offset;
  return async () => {
    const count = await file.read(buffer, position);
    position += count;
    return count === 0 ? undefined : buffer.subarray(0, count);
  };
};

/** Fills a buffer from `position` on; what is returned is shorter only at the end of the file. */
export const readFully = async (
  file: OpenFile,
  buffer: Buffer,
  position: number,
): Promise<Buffer> => {
  let filled = 0;
  while (filled < buffer.length) {
    const count = await file.read(buffer.subarray(filled), position + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
};

/** Reads an open file from its start, one full chunk ahead, each into a buffer of its own. */
export const readAhead = (file: OpenFile): ReadChunk => {
  let position = 0;
  const next = async (): Promise<Uint8Array | undefined> => {
    const chunk = await readFully(file, Buffer.allocUnsafe(chunkBytes), position);
    position += chunk.length;
    return chunk.length === 0 ? undefined : chunk;
  };
  let pending: Promise<Uint8Array | undefined> | undefined;
  return async () => {
    const chunk = await (pending ?? next());
    pending = chunk === undefined ? undefined : next();
    // It is awaited by the next call, or never when the reader gives up: no unhandled rejection then.
    pending?.catch(() => undefined);
    return chunk;
  };
};

/** Opens a file, gives it to `action` and closes it, whatever happens. */
export const withFile = async <T>(
  path: string,
  action: (file: OpenFile) => Promise<T>,
  effects: Pick<Effects, 'fs'>,
): Promise<T> => {
  const file = await effects.fs.open(path, 'read');
  try {
    return await action(file);
  } finally {
    await file.close();
  }
};
