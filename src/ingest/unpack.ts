import type { Effects } from '../base/index.ts';
import type { SetAside } from './scan.ts';
import type { TextFormat } from './scan-file.ts';
import { openSink } from './scan-file-output.ts';
import { readFrom, withFile } from './scan-file-window.ts';
import { findExcess, isArchive, unsafe } from './unpack-guard.ts';
import { gunzip, isInflateError } from './unpack-inflate.ts';
import type { PackedFile, Unpacked } from './unpack-outcome.ts';
import { unpackZip } from './unpack-zip.ts';

const unpackGzip = async (
  packed: PackedFile,
  format: TextFormat,
  tempFolder: string,
  effects: Pick<Effects, 'fs' | 'newId'>,
): Promise<Unpacked> => {
  const sink = openSink(tempFolder, '-unpacked', effects);
  let total = 0;
  let problem: SetAside | undefined;
  await withFile(
    packed.absolutePath,
    async (file) => {
      const { chunks, consumed } = gunzip(readFrom(file, 0));
      for await (const chunk of chunks) {
        if (total === 0 && isArchive(chunk)) problem = unsafe('It holds an archive in an archive.');
        total += chunk.length;
        problem ??= findExcess(total, consumed());
        if (problem !== undefined) break;
        sink.ensure(chunk.length);
        sink.buffer.set(chunk, sink.length);
        sink.length += chunk.length;
        await sink.flush();
      }
    },
    effects,
  ).finally(sink.close);
  if (problem !== undefined) return problem;
  const text = { path: packed.path, absolutePath: sink.path, format };
  return { kind: 'texts', texts: [text], warnings: [] };
};

/**
 * Unpacks gzip and zip into `tempFolder`, guarded: 200:1 once over 1 MB, 4 GB, depth 1, 10,000 entries, no entry name that leads
 * out. A cut or altered archive, or an unsafe one, is set aside as `file_unsafe`; nothing is ever written outside `tempFolder`.
 */
export const unpackFile = async (
  packed: PackedFile,
  tempFolder: string,
  effects: Pick<Effects, 'fs' | 'newId'>,
): Promise<Unpacked> => {
  const { format, isGzip } = packed;
  if (format === 'xlsx') {
    const detail = 'It is a spreadsheet; export its sheet as CSV.';
    return { kind: 'set_aside', reason: 'feed_unmatched', detail };
  }
  try {
    if (format === 'zip') return await unpackZip(packed, tempFolder, effects);
    if (isGzip) return await unpackGzip(packed, format, tempFolder, effects);
  } catch (error) {
    if (isInflateError(error)) return unsafe('Its packed bytes are cut or altered.');
    throw error;
  }
  const { path, absolutePath } = packed;
  return { kind: 'texts', texts: [{ path, absolutePath, format }], warnings: [] };
};
