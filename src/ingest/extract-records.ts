import type { Effects } from '../base/index.ts';
import type { PlainText, RecordMark, RefusedRecord } from './scan.ts';
import { cellNames, describeCsvRecord } from './scan-csv-copy.ts';
import { byteClasses, emptyFound, readCsvRecord } from './scan-csv-record.ts';
import { type ByteWindow, fillWindow, openWindow, readFrom } from './scan-file-window.ts';
import { describeJsonRecord, readRest } from './scan-json.ts';
import { emptyJsonRecord, readJsonRecord } from './scan-json-record.ts';
import { countBreaks } from './scan-json-resync.ts';

/** A reader of records one after another; `describe` tells of the one that `next` found. */
type Cursor = {
  row: number;
  /** Goes to the next record; false at the end. */
  readonly next: () => Promise<boolean>;
  readonly describe: () => RefusedRecord;
};

const csvCursor = (
  plain: PlainText,
  delimiter: string,
  window: ByteWindow,
  mark: RecordMark,
): Cursor => {
  const classes = byteClasses(delimiter);
  const found = emptyFound();
  const text = { encoding: plain.encoding, names: cellNames(plain.columns) };
  let line = mark.line;
  let consumed = 0;
  const cursor: Cursor = {
    row: mark.row - 1,
    next: async () => {
      if (cursor.row >= mark.row) {
        window.at = found.next;
        line += consumed;
      }
      for (;;) {
        const outcome = readCsvRecord(window, classes, found);
        if (outcome === 'end' || outcome === 'too-long') return false;
        if (outcome === 'more') await fillWindow(window);
        else if (outcome === 'blank') {
          window.at = found.next;
          line += found.lines;
        } else break;
      }
      consumed = found.lines;
      cursor.row += 1;
      return true;
    },
    describe: () => describeCsvRecord(window, found, { row: cursor.row, line, codes: [] }, text),
  };
  return cursor;
};

const jsonCursor = (
  plain: PlainText,
  progress: Parameters<typeof readJsonRecord>[1],
  window: ByteWindow,
  mark: RecordMark,
): Cursor => {
  const record = emptyJsonRecord();
  let line = mark.line;
  const cursor: Cursor = {
    row: mark.row - 1,
    next: async () => {
      if (cursor.row >= mark.row) {
        line += countBreaks(window.bytes, record.start, record.next);
        window.at = record.next;
      }
      for (;;) {
        const outcome = readJsonRecord(window, progress, record);
        if (outcome === 'more') await fillWindow(window);
        else if (outcome === 'blank') {
          line += countBreaks(window.bytes, window.at, record.next);
          window.at = record.next;
        } else if (outcome === 'record') break;
        else return false;
      }
      line += countBreaks(window.bytes, window.at, record.start);
      if (record.isRest) await readRest(window, record);
      cursor.row += 1;
      return true;
    },
    describe: () =>
      describeJsonRecord(window, record, { row: cursor.row, line, codes: [] }, plain.encoding),
  };
  return cursor;
};

const openCursor = (plain: PlainText, window: ByteWindow, mark: RecordMark): Cursor => {
  const { layout, encoding } = plain;
  switch (layout.kind) {
    case 'csv':
      return csvCursor(plain, layout.delimiter, window, mark);
    case 'json': {
      const progress = {
        place: layout.place,
        encoding,
        isFirst: mark.row === 1,
        isDone: false,
        wasted: 0,
        patterns: [],
      };
      return jsonCursor(plain, progress, window, mark);
    }
    default:
      return layout satisfies never;
  }
};

/** The last mark at or before a row. */
const markBefore = (marks: readonly RecordMark[], row: number): RecordMark | undefined => {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle]?.row ?? 0) <= row) low = middle + 1;
    else high = middle;
  }
  return marks[low - 1];
};

/**
 * Gives records of a scanned text by row: raw text, place and cells. `rows` must ascend. Reads only from the nearest mark on;
 * a row that does not exist is left out.
 */
export const extractRecords = async function* (
  plain: PlainText,
  rows: Iterable<number>,
  effects: Pick<Effects, 'fs'>,
): AsyncGenerator<RefusedRecord> {
  const file = await effects.fs.open(plain.path, 'read');
  try {
    let cursor: Cursor | undefined;
    for (const row of rows) {
      const mark = markBefore(plain.marks, row);
      if (mark === undefined) continue;
      if (cursor === undefined || mark.row > cursor.row)
        cursor = openCursor(plain, openWindow(readFrom(file, mark.offset), mark.offset), mark);
      let isThere = cursor.row === row;
      while (cursor.row < row) {
        isThere = await cursor.next();
        if (!isThere) break;
      }
      if (isThere && cursor.row === row) yield cursor.describe();
    }
  } finally {
    await file.close();
  }
};
