import type { Effects } from '../base/index.ts';
import type { LocalFile } from '../source/index.ts';
import { findByteOrderMark, trackEncoding } from './decode-encoding.ts';
import type { TextEncoding } from './scan.ts';
import { cellTexts, detectDelimiter } from './scan-csv-header.ts';
import { byteClasses, emptyFound, readCsvRecord } from './scan-csv-record.ts';
import { chunkBytes, openWindow, readFully, withFile } from './scan-file-window.ts';

/** The head of a file as bytes that need no more decoding than `encoding` says, without its mark. */
const decodeHead = (head: Buffer): { readonly bytes: Buffer; readonly encoding: TextEncoding } => {
  const mark = findByteOrderMark(head);
  const bytes = head.subarray(mark?.length ?? 0);
  if (mark !== undefined) {
    const text = mark.encoding === 'utf-8' ? bytes : new TextDecoder(mark.encoding).decode(bytes);
    return { bytes: Buffer.from(text), encoding: 'utf-8' };
  }
  const tracker = trackEncoding();
  tracker.push(bytes);
  return { bytes, encoding: tracker.finish().encoding };
};

/**
 * The header of a plain CSV or TSV file, read without anything behind its first MB; undefined where the whole file
 * must be read to tell: JSON, what is packed, a header that does not end there.
 */
export const peekHeader = async (
  { absolutePath, format, isGzip }: Pick<LocalFile, 'absolutePath' | 'format' | 'isGzip'>,
  effects: Pick<Effects, 'fs'>,
): Promise<readonly string[] | undefined> => {
  if (isGzip || (format !== 'csv' && format !== 'tsv')) return undefined;
  const head = await withFile(
    absolutePath,
    (file) => readFully(file, Buffer.allocUnsafe(chunkBytes), 0),
    effects,
  );
  const { bytes, encoding } = decodeHead(head);
  const window = openWindow(async () => undefined);
  window.bytes = bytes;
  window.end = bytes.length;
  window.isLast = head.length < chunkBytes;
  const classes = byteClasses(format === 'tsv' ? '\t' : detectDelimiter(bytes));
  const found = emptyFound();
  for (;;) {
    const outcome = readCsvRecord(window, classes, found);
    if (outcome === 'record')
      return found.isQuoteBroken ? undefined : cellTexts(bytes, found, encoding);
    if (outcome !== 'blank') return undefined;
    window.at = found.next;
  }
};
