import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { ReadChunk } from './scan-file-window.ts';

/** The chunks that a reader gives, as an async iterable of copies (a reader may use one buffer for all). */
export const chunksOf = async function* (read: ReadChunk): AsyncGenerator<Uint8Array> {
  for (let chunk = await read(); chunk !== undefined; chunk = await read())
    yield Uint8Array.from(chunk);
};

/** Gunzips all members; a cut or altered stream throws zlib's error (`Z_…`). `consumed` tells the packed bytes used so far. */
export const gunzip = (
  read: ReadChunk,
): { readonly chunks: AsyncIterable<Uint8Array>; readonly consumed: () => number } => {
  const inflater = createGunzip({ chunkSize: 256 * 1024 });
  const source = Readable.from(chunksOf(read));
  source.on('error', (error) => inflater.destroy(error));
  inflater.on('close', () => source.destroy());
  source.pipe(inflater);
  return { chunks: inflater, consumed: () => inflater.bytesWritten };
};

/** True for an error of zlib: the packed bytes are cut or altered. */
export const isInflateError = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  error.code.startsWith('Z_');
