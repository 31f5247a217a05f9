import { isUtf8 } from 'node:buffer';
import type { Effects } from '../base/index.ts';
import { decodeText, utf8Of1252 } from './decode-text.ts';
import type { RecordMark, RefusedRecord, ScanOutcome, SetAside, TextEncoding } from './scan.ts';
import { cellTexts, findHeaderProblems } from './scan-csv-header.ts';
import {
  byteClasses,
  type CsvFound,
  cellKinds,
  columnLimit,
  emptyFound,
  readCsvRecord,
} from './scan-csv-record.ts';
import { markEvery } from './scan-csv-regular.ts';
import { type ByteSink, openRefused, openSink, type RefusedSink } from './scan-file-output.ts';
import { type ByteWindow, fillWindow, openWindow, readFrom, withFile } from './scan-file-window.ts';

/** Columns that every temp copy begins with. */
export const copyColumns = ['_source_row', '_source_line'] as const;

export type CsvText = {
  readonly path: string;
  readonly encoding: TextEncoding;
  readonly delimiter: string;
  /** Bytes of a byte-order mark. */
  readonly start: number;
  readonly tempFolder: string;
};

/** The codes of a found record; empty for a regular one. */
export const codesOf = (
  window: ByteWindow,
  found: CsvFound,
  columns: number,
  encoding: TextEncoding,
): readonly string[] => {
  const codes: string[] = [];
  if (found.isQuoteBroken) codes.push('quote_unclosed');
  else if (found.fields !== columns) codes.push('columns');
  if (found.hasHigh && encoding === 'utf-8' && !isUtf8(recordBytes(window, found)))
    codes.push('encoding_invalid');
  if (found.hasControl) codes.push('control_character');
  return codes;
};

const recordBytes = (window: ByteWindow, found: CsvFound): Uint8Array =>
  window.bytes.subarray(found.start, found.end);

/** Names for cells: a name that stands twice gets its position. */
export const cellNames = (columns: readonly string[]): readonly string[] => {
  const seen = new Set<string>();
  return columns.map((name, index) => {
    const given = seen.has(name) ? `${name} (${index + 1})` : name;
    seen.add(given);
    return given;
  });
};

/** The record as `extractRecords` and `refusedPath` give it. */
export const describeCsvRecord = (
  window: ByteWindow,
  found: CsvFound,
  at: { readonly row: number; readonly line: number; readonly codes: readonly string[] },
  text: { readonly encoding: TextEncoding; readonly names: readonly string[] },
): RefusedRecord => {
  const isDivided = !found.isQuoteBroken && found.fields === text.names.length;
  const cells = isDivided ? cellTexts(window.bytes, found, text.encoding) : [];
  const isNull = (index: number): boolean =>
    cells[index] === '' && found.kinds[index] !== cellKinds.quoted;
  return {
    row: at.row,
    line: at.line,
    byte_offset: window.base + found.start,
    byte_length: found.end - found.start,
    codes: at.codes,
    raw: decodeText(recordBytes(window, found), text.encoding),
    cells: isDivided
      ? Object.fromEntries(
          text.names.map((name, index) => [name, isNull(index) ? null : (cells[index] ?? null)]),
        )
      : null,
  };
};

const comma = 0x2c;
const quoteByte = 0x22;

type CellSource = {
  readonly bytes: Uint8Array;
  readonly found: CsvFound;
  readonly is1252: boolean;
};

/**
 * Copies a cell: a quoted one as it stands, a bare one between quotes with its own quotes doubled. An empty bare one stays bare:
 * null is not the empty text.
 */
const putCell = (sink: ByteSink, { bytes, found, is1252 }: CellSource, index: number): void => {
  const from = found.starts[index] ?? 0;
  const to = found.ends[index] ?? 0;
  if (from === to) return;
  const isBare = found.kinds[index] !== cellKinds.quoted;
  const { buffer } = sink;
  let at = sink.length;
  if (isBare) buffer[at++] = quoteByte;
  for (let place = from; place < to; place += 1) {
    const byte = bytes[place] ?? 0;
    if (is1252 && byte >= 0x80) {
      for (const part of utf8Of1252[byte] ?? []) buffer[at++] = part;
      continue;
    }
    if (isBare && byte === quoteByte) buffer[at++] = quoteByte;
    buffer[at++] = byte;
  }
  if (isBare) buffer[at++] = quoteByte;
  sink.length = at;
};

/** Writes one record of a temp copy: row, line and its cells. At least one bare byte a record: the numbers. */
const putRecord = (
  sink: ByteSink,
  window: ByteWindow,
  found: CsvFound,
  at: { readonly row: number; readonly line: number; readonly is1252: boolean },
): void => {
  // A byte becomes three at most in cp1252, two when it is a quote.
  sink.ensure(3 * (found.end - found.start) + 3 * found.fields + 48);
  sink.length += sink.buffer.write(`${at.row},${at.line}`, sink.length, 'latin1');
  const source = { bytes: window.bytes, found, is1252: at.is1252 };
  for (let index = 0; index < found.fields; index += 1) {
    sink.buffer[sink.length++] = comma;
    putCell(sink, source, index);
  }
  sink.buffer[sink.length++] = 0x0a;
};

type Progress = {
  row: number;
  line: number;
  longest: number;
  isMultiline: boolean;
  columns: readonly string[] | undefined;
  names: readonly string[];
  readonly marks: RecordMark[];
};

type Copying = {
  readonly text: CsvText;
  readonly window: ByteWindow;
  readonly found: CsvFound;
  readonly sink: ByteSink;
  readonly refused: RefusedSink;
  readonly progress: Progress;
};

const takeHeader = ({ text, window, found, progress }: Copying): SetAside | undefined => {
  const { line } = progress;
  if (found.isQuoteBroken) {
    const detail = 'The header has a quote that is not closed.';
    return { kind: 'set_aside', reason: 'feed_unmatched', detail, line };
  }
  if (found.fields > columnLimit) {
    const detail = `The header has ${found.fields} columns; the limit is ${columnLimit}.`;
    return { kind: 'set_aside', reason: 'record_too_long', detail, line };
  }
  progress.columns = cellTexts(window.bytes, found, text.encoding);
  progress.names = cellNames(progress.columns);
  return undefined;
};

const takeRecord = ({ text, window, found, sink, refused, progress }: Copying): void => {
  progress.row += 1;
  const { row, line } = progress;
  if ((row - 1) % markEvery === 0)
    progress.marks.push({ row, line, offset: window.base + found.start });
  const codes = codesOf(window, found, progress.names.length, text.encoding);
  if (codes.length > 0) {
    const { names } = progress;
    const { encoding } = text;
    refused.put(describeCsvRecord(window, found, { row, line, codes }, { encoding, names }));
    return;
  }
  const before = sink.length;
  putRecord(sink, window, found, { row, line, is1252: text.encoding === 'cp1252' });
  progress.longest = Math.max(progress.longest, sink.length - before);
  if (found.hasLineBreak) progress.isMultiline = true;
};

const copyAll = async (copying: Copying): Promise<SetAside | undefined> => {
  const { text, window, found, sink, refused, progress } = copying;
  const classes = byteClasses(text.delimiter);
  for (;;) {
    const outcome = readCsvRecord(window, classes, found);
    switch (outcome) {
      case 'more':
        await sink.flush();
        await refused.flush();
        await fillWindow(window);
        continue;
      case 'end':
        return undefined;
      case 'too-long': {
        const detail = 'A record is longer than 16 MB.';
        return { kind: 'set_aside', reason: 'record_too_long', detail, line: progress.line };
      }
      case 'record':
        if (progress.columns === undefined) {
          const problem = takeHeader(copying);
          if (problem !== undefined) return problem;
        } else takeRecord(copying);
        break;
      case 'blank':
        break;
      default:
        return outcome satisfies never;
    }
    progress.line += found.lines;
    window.at = found.next;
  }
};

const reportOf = (
  { text, sink, progress }: Copying,
  refused: { readonly count: number; readonly path: string | undefined },
  columns: readonly string[],
): ScanOutcome => ({
  kind: 'scanned',
  report: {
    kind: 'csv',
    dataPath: sink.path,
    dialect: {
      delimiter: ',',
      newline: '\n',
      skip: 0,
      padded: false,
      multiline: progress.isMultiline,
    },
    columns: [...copyColumns, ...columns],
    isCopy: true,
    lineOffset: 0,
    read: progress.row,
    refused: refused.count,
    refusedPath: refused.path,
    warnings: [],
    headerProblems: findHeaderProblems(columns),
    longestRecordBytes: progress.longest,
    plain: {
      path: text.path,
      encoding: text.encoding,
      layout: { kind: 'csv', delimiter: text.delimiter },
      columns,
      marks: progress.marks,
    },
  },
});

/**
 * Scans a CSV text of any shape and writes its regular records to a temp copy (UTF-8, `,`, LF, every cell but the empty bare ones
 * quoted, no header), the others as RefusedRecord. A quoted cell that is not closed, within 16 MB, before a delimiter or line end refuses its first
 * physical line only (`quote_unclosed`).
 */
export const copyCsv = async (
  text: CsvText,
  effects: Pick<Effects, 'fs' | 'newId'>,
): Promise<ScanOutcome> =>
  withFile(
    text.path,
    async (file) => {
      const sink = openSink(text.tempFolder, '-copy.csv', effects);
      const refused = openRefused(text.tempFolder, effects);
      const copying: Copying = {
        text,
        window: openWindow(readFrom(file, text.start), text.start),
        found: emptyFound(),
        sink,
        refused,
        progress: {
          row: 0,
          line: 1,
          longest: 0,
          isMultiline: false,
          columns: undefined,
          names: [],
          marks: [],
        },
      };
      const problem = await copyAll(copying);
      await sink.close();
      const path = await refused.close();
      if (problem !== undefined) return problem;
      const { columns } = copying.progress;
      return columns === undefined
        ? { kind: 'set_aside', reason: 'file_empty', detail: 'The file holds no record.' }
        : reportOf(copying, { count: refused.count(), path }, columns);
    },
    effects,
  );
