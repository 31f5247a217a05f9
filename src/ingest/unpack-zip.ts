import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { type Effects, type OpenFile, PipelineError } from '../base/index.ts';
import { classifyName } from '../source/index.ts';
import type { ScanWarning, SetAside } from './scan.ts';
import { diskCode } from './scan-file-disk.ts';
import { openSink } from './scan-file-output.ts';
import { chunkBytes, withFile } from './scan-file-window.ts';
import { findExcess, isArchive, unpackLimits, unsafe } from './unpack-guard.ts';
import type { PackedFile, Unpacked, UnpackedText } from './unpack-outcome.ts';

const readRange = async function* (
  file: OpenFile,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  for (let at = start; at < end; ) {
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, end - at));
    const count = await file.read(buffer, at);
    if (count === 0) return; // yauzl notices what is missing
    at += count;
    yield buffer.subarray(0, count);
  }
};

/** yauzl's reader over our own open file, so that every read goes through `effects.fs`. */
const readerOf = (file: OpenFile): RandomAccessReader => {
  const reader: RandomAccessReader = Reflect.construct(RandomAccessReader, []);
  return Object.assign(reader, {
    _readStreamForRange: (start: number, end: number) =>
      Readable.from(readRange(file, start, end), { objectMode: false }),
    close: (done: (error: Error | null) => void) => done(null),
  });
};

const fileKind = 0xf000;
const linkKind = 0xa000;
const regularKind = 0x8000;

/** Links, devices and pipes are made by the mode bits of a Unix entry. */
const isSpecial = (entry: Entry): boolean => {
  const kind = (entry.externalFileAttributes >>> 16) & fileKind;
  return kind === linkKind || (kind !== 0 && kind !== regularKind && kind !== 0x4000);
};

type Wanted = {
  readonly entry: Entry;
  readonly format: UnpackedText['format'];
};

type Listing = {
  readonly wanted: readonly Wanted[];
  readonly skipped: readonly string[];
};

const listEntries = async (zip: ZipFile): Promise<Listing | SetAside> => {
  if (zip.entryCount > unpackLimits.entries) return unsafe('It holds more than 10,000 entries.');
  const wanted: Wanted[] = [];
  const skipped: string[] = [];
  const names = new Set<string>();
  for await (const entry of zip.eachEntry()) {
    const { fileName } = entry;
    if (isSpecial(entry)) return unsafe('An entry is a link or a device.');
    if (entry.isEncrypted()) return unsafe('An entry is encrypted.');
    if (names.has(fileName)) return unsafe('Two entries have one name.');
    names.add(fileName);
    if (fileName.endsWith('/') || fileName.startsWith('__MACOSX/')) continue;
    const named = classifyName(fileName.slice(fileName.lastIndexOf('/') + 1));
    if (named.kind === 'temporary') continue;
    if (named.kind === 'other') skipped.push(fileName);
    else if (named.isGzip || named.format === 'zip')
      return unsafe('It holds an archive in an archive.');
    else if (named.format === 'xlsx') skipped.push(fileName);
    else wanted.push({ entry, format: named.format });
  }
  return { wanted, skipped };
};

type Progress = { total: number };

/** Writes one entry to a temp file whose name is ours; its size, CRC and growth are checked on the way. */
const extractEntry = async (
  zip: ZipFile,
  { entry }: Wanted,
  { packed, tempFolder, progress }: { packed: PackedFile; tempFolder: string; progress: Progress },
  effects: Pick<Effects, 'fs' | 'newId'>,
): Promise<string | SetAside> => {
  const sink = openSink(tempFolder, '-unpacked', effects);
  const stream = await zip.openReadStreamPromise(entry);
  let checksum = 0;
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (size === 0 && isArchive(chunk)) return unsafe('It holds an archive in an archive.');
      size += chunk.length;
      progress.total += chunk.length;
      const excess =
        findExcess(size, entry.compressedSize) ?? findExcess(progress.total, packed.sizeBytes);
      if (excess !== undefined) return excess;
      checksum = crc32(chunk, checksum);
      sink.ensure(chunk.length);
      sink.buffer.set(chunk, sink.length);
      sink.length += chunk.length;
      await sink.flush();
    }
  } finally {
    stream.destroy();
    await sink.close();
  }
  return checksum === entry.crc32 ? sink.path : unsafe('The checksum of an entry is wrong.');
};

const unpackEntries = async (
  zip: ZipFile,
  packed: PackedFile,
  tempFolder: string,
  effects: Pick<Effects, 'fs' | 'newId'>,
): Promise<Unpacked> => {
  const listing = await listEntries(zip);
  if ('kind' in listing) return listing;
  if (listing.wanted.length === 0)
    return { kind: 'set_aside', reason: 'file_empty', detail: 'It holds no data file.' };
  const progress = { total: 0 };
  const texts: UnpackedText[] = [];
  for (const wanted of listing.wanted) {
    const into = { packed, tempFolder, progress };
    const absolutePath = await extractEntry(zip, wanted, into, effects);
    if (typeof absolutePath !== 'string') return absolutePath;
    const path = `${packed.path}/${wanted.entry.fileName}`;
    texts.push({ path, absolutePath, format: wanted.format });
  }
  texts.sort((a, b) => (a.path < b.path ? -1 : 1));
  const warnings: ScanWarning[] = listing.skipped.map((name) => ({
    code: 'other_extension',
    text: `${packed.path}/${name} is not a data file and was left out.`,
  }));
  return { kind: 'texts', texts, warnings };
};

/** Unpacks the data files of a zip; whatever is wrong with the zip sets it aside. */
export const unpackZip = async (
  packed: PackedFile,
  tempFolder: string,
  effects: Pick<Effects, 'fs' | 'newId'>,
): Promise<Unpacked> =>
  withFile(
    packed.absolutePath,
    async (file) => {
      try {
        const options = { strictFileNames: true, autoClose: false };
        const reader = readerOf(file);
        const zip = await fromRandomAccessReaderPromise(reader, packed.sizeBytes, options);
        return await unpackEntries(zip, packed, tempFolder, effects);
      } catch (error) {
        if (error instanceof PipelineError || diskCode(error) !== undefined) throw error;
        // yauzl's own complaints: names that lead out (`..`, `/x`, `C:\x`), cut or contradictory structure.
        return unsafe('Its directory is damaged, or an entry has a name that leads out of it.');
      }
    },
    effects,
  );
