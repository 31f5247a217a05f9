import type { Effects } from '../base/index.ts';
import { decodeText } from './decode-text.ts';
import type {
  JsonPlace,
  RecordMark,
  RefusedRecord,
  ScanOutcome,
  ScanReport,
  SetAside,
  TextEncoding,
} from './scan.ts';
import { copyColumns } from './scan-csv-copy.ts';
import { columnLimit } from './scan-csv-record.ts';
import { markEvery } from './scan-csv-regular.ts';
import {
  type ByteSink,
  openRefused,
  openSink,
  putText,
  type RefusedSink,
} from './scan-file-output.ts';
import { type ByteWindow, fillWindow, openWindow, readFrom, withFile } from './scan-file-window.ts';
import { isContainerSound } from './scan-json-container.ts';
import {
  codesOfJson,
  emptyJsonRecord,
  type JsonProgress,
  type JsonRecord,
  readJsonRecord,
} from './scan-json-record.ts';
import { type JsonPattern, learnPattern, putMatched } from './scan-json-regular.ts';
import { countBreaks } from './scan-json-resync.ts';
import type { JsonShape } from './scan-json-shape.ts';
import { chooseStart, type JsonStart } from './scan-json-start.ts';

export type JsonText = {
  readonly path: string;
  readonly encoding: TextEncoding;
  /** Bytes of a byte-order mark. */
  readonly start: number;
  readonly shape: JsonShape;
  /** Where the records of an object are, as `data.items`. */
  readonly records: string | undefined;
  readonly tempFolder: string;
};

/** More of a broken rest than this is not quoted in its record. */
const rawLimitBytes = 1 << 20;

/** The record as `extractRecords` and `refusedPath` give it. */
export const describeJsonRecord = (
  window: ByteWindow,
  record: JsonRecord,
  at: { readonly row: number; readonly line: number; readonly codes: readonly string[] },
  encoding: TextEncoding,
): RefusedRecord => {
  const { start, stop } = record;
  const shown = record.isRest ? Math.min(stop, start + rawLimitBytes) : stop;
  const isDivided = record.isObject && !record.isInvalid && !record.hasDuplicate;
  return {
    row: at.row,
    line: at.line,
    byte_offset: window.base + start,
    byte_length: stop - start + record.unread,
    codes: at.codes,
    raw: decodeText(window.bytes.subarray(start, shown), encoding),
    cells: isDivided
      ? Object.fromEntries(record.names.map((name, index) => [name, record.values[index] ?? null]))
      : null,
  };
};

type Copying = {
  readonly text: JsonText;
  readonly window: ByteWindow;
  readonly progress: JsonProgress;
  readonly record: JsonRecord;
  readonly sink: ByteSink;
  readonly refused: RefusedSink;
  readonly columns: Map<string, number>;
  readonly marks: RecordMark[];
  /** The array had ended before this record. */
  wasDone: boolean;
  row: number;
  line: number;
  longest: number;
  /** Columns when the first row was written; -1 before. */
  firstWidth: number;
  isMultiline: boolean;
  /** Records that were looked at for a pattern. */
  looked: number;
};

/** Kinds of records whose pattern is kept; a file has a few, or none at all. */
const patternLimit = 4;
/** A file that showed no more patterns in so many records is not asked further. */
const patternTrials = 256;

const lineBreak = /[\r\n]/;

const putRow = (copying: Copying): void => {
  const { record, columns, sink } = copying;
  const slots: (string | null)[] = new Array<string | null>(columns.size).fill(null);
  record.names.forEach((name, index) => {
    const value = record.values[index] ?? null;
    slots[columns.get(name) ?? 0] = value;
    if (value !== null && lineBreak.test(value)) copying.isMultiline = true;
  });
  let text = `${copying.row},${copying.line}`;
  for (const value of slots)
    text +=
      value === null ? ',' : `,"${value.includes('"') ? value.replaceAll('"', '""') : value}"`;
  const before = sink.length;
  putText(sink, `${text}\n`);
  copying.longest = Math.max(copying.longest, sink.length - before);
  if (copying.firstWidth < 0) copying.firstWidth = columns.size;
};

/** Keeps what this record looks like, when its members stand in the order of the columns. */
const learn = (copying: Copying): void => {
  const { progress, record, columns, window, text } = copying;
  const { patterns } = progress;
  if (patterns.length >= patternLimit || text.encoding !== 'utf-8') return;
  copying.looked += 1;
  if (copying.looked > patternTrials) return;
  const places = record.names.map((name) => columns.get(name) ?? 0);
  if (places.some((place, index) => index > 0 && place <= (places[index - 1] ?? 0))) return;
  const range = { from: record.start, to: record.stop };
  const pattern = learnPattern(window.bytes, range, places);
  if (pattern !== undefined) patterns.push(pattern);
};

const putRegular = (copying: Copying, pattern: JsonPattern, place: string): void => {
  const { sink, window, columns } = copying;
  const before = sink.length;
  putMatched(sink, window.bytes, pattern, { place, width: columns.size });
  copying.longest = Math.max(copying.longest, sink.length - before);
};

const nextRow = (copying: Copying): { readonly row: number; readonly line: number } => {
  copying.row += 1;
  const { row, line, window, record } = copying;
  // The first mark is the start; what follows a finished array cannot be told without it.
  if (row > 1 && (row - 1) % markEvery === 0 && !copying.wasDone)
    copying.marks.push({ row, line, offset: window.base + record.start });
  return { row, line };
};

const takeRecord = (copying: Copying): SetAside | undefined => {
  const { window, record, columns, refused, text } = copying;
  const { row, line } = nextRow(copying);
  if (record.pattern !== undefined) {
    putRegular(copying, record.pattern, `${row},${line}`);
    return undefined;
  }
  const codes = codesOfJson(record);
  if (record.isObject && !record.isInvalid)
    for (const name of record.names) if (!columns.has(name)) columns.set(name, columns.size);
  if (columns.size > columnLimit) {
    const detail = `The records have more than ${columnLimit} members in all.`;
    return { kind: 'set_aside', reason: 'record_too_long', detail, line };
  }
  if (codes.length === 0) {
    putRow(copying);
    learn(copying);
  } else refused.put(describeJsonRecord(window, record, { row, line, codes }, text.encoding));
  return undefined;
};

/** Reads to the end of the file, so that the refused rest knows its length; keeps what is shown of it. */
export const readRest = async (window: ByteWindow, record: JsonRecord): Promise<void> => {
  while (!window.isLast && window.end - record.start < rawLimitBytes) {
    window.at = record.start;
    await fillWindow(window);
    record.start = window.at;
  }
  record.stop = window.end;
  if (!window.isLast)
    for (let chunk = await window.read(); chunk !== undefined; chunk = await window.read())
      record.unread += chunk.length;
  window.isLast = true;
  window.at = window.end;
  record.next = window.end;
};

const takeRest = async (copying: Copying): Promise<void> => {
  const { window, record, text, refused } = copying;
  const place = nextRow(copying);
  await readRest(window, record);
  const at = { ...place, codes: ['json_invalid'] };
  refused.put(describeJsonRecord(window, record, at, text.encoding));
};

const setAside = (reason: SetAside['reason'], detail: string, line: number): SetAside => ({
  kind: 'set_aside',
  reason,
  detail,
  line,
});

const copyAll = async (copying: Copying): Promise<SetAside | undefined> => {
  const { window, progress, record, sink, refused } = copying;
  for (;;) {
    copying.wasDone = progress.isDone;
    const outcome = readJsonRecord(window, progress, record);
    switch (outcome) {
      case 'more':
        await sink.flush();
        await refused.flush();
        await fillWindow(window);
        continue;
      case 'end':
        return undefined;
      case 'too-deep':
        return setAside('file_unsafe', 'Brackets are nested more than 64 deep.', copying.line);
      case 'too-long':
        return setAside('record_too_long', 'A record is longer than 16 MB.', copying.line);
      case 'blank':
        copying.line += countBreaks(window.bytes, window.at, record.next);
        window.at = record.next;
        continue;
      case 'record':
        break;
      default:
        return outcome satisfies never;
    }
    copying.line += countBreaks(window.bytes, window.at, record.start);
    if (record.isRest) {
      await takeRest(copying);
      return undefined;
    }
    const problem = takeRecord(copying);
    if (problem !== undefined) return problem;
    const { pattern, start, stop, next } = record;
    const inside = pattern?.breaks ?? countBreaks(window.bytes, start, stop);
    copying.line += inside + countBreaks(window.bytes, stop, next);
    window.at = record.next;
  }
};

/** What is wrong with the object around the array is one more refused record. */
const takeContainer = (copying: Copying, offset: number): void => {
  copying.row += 1;
  const { row, line } = copying;
  const place = { row, line, byte_offset: offset, byte_length: 0 };
  copying.refused.put({ ...place, codes: ['json_invalid'], raw: '', cells: null });
};

const reportOf = (
  copying: Copying,
  place: JsonPlace,
  refusedPath: string | undefined,
): ScanReport => {
  const { text, sink, refused } = copying;
  const columns = [...copying.columns.keys()];
  return {
    kind: 'json',
    dataPath: sink.path,
    dialect: {
      delimiter: ',',
      newline: '\n',
      skip: 0,
      padded: copying.firstWidth >= 0 && columns.length > copying.firstWidth,
      multiline: copying.isMultiline,
    },
    columns: [...copyColumns, ...columns],
    isCopy: true,
    lineOffset: 0,
    read: copying.row,
    refused: refused.count(),
    refusedPath,
    warnings: [],
    headerProblems: [],
    longestRecordBytes: copying.longest,
    plain: {
      path: text.path,
      encoding: text.encoding,
      layout: { kind: 'json', place },
      columns,
      marks: copying.marks,
    },
  };
};

const begin = (
  text: JsonText,
  start: JsonStart,
  window: ByteWindow,
  effects: Pick<Effects, 'fs' | 'newId'>,
): Copying => ({
  text,
  window,
  progress: {
    place: start.place,
    encoding: text.encoding,
    isFirst: true,
    isDone: false,
    wasted: 0,
    patterns: [],
  },
  record: emptyJsonRecord(),
  sink: openSink(text.tempFolder, '-copy.csv', effects),
  refused: openRefused(text.tempFolder, effects),
  columns: new Map(),
  marks: [{ row: 1, ...start.mark }],
  wasDone: false,
  row: 0,
  line: start.mark.line,
  longest: 0,
  firstWidth: -1,
  isMultiline: false,
  looked: 0,
});

/**
 * Tokenises a JSON text (RFC 8259, depth 64) and writes its records to a temp copy: CSV, UTF-8, LF, cells quoted, null and missing
 * members empty and bare, columns in order of first appearance (early rows may be shorter). Refused records are
 * RefusedRecord; `read` counts the elements.
 */
export const copyJson = async (
  text: JsonText,
  effects: Pick<Effects, 'fs' | 'newId'>,
): Promise<ScanOutcome> => {
  const start = chooseStart(text.shape, text.start, text.records);
  if (start.kind === 'set_aside') return start;
  return withFile(
    text.path,
    async (file) => {
      const { offset } = start.mark;
      const copying = begin(text, start, openWindow(readFrom(file, offset), offset), effects);
      const problem = await copyAll(copying);
      const end = copying.window.base + copying.window.at;
      const isWhole = problem === undefined && !copying.record.isRest;
      if (start.kind === 'member' && isWhole) {
        const isSound = await isContainerSound(file, { from: text.start, to: offset, end }, start);
        if (!isSound) takeContainer(copying, end);
      }
      await copying.sink.close();
      const refusedPath = await copying.refused.close();
      return problem ?? { kind: 'scanned', report: reportOf(copying, start.place, refusedPath) };
    },
    effects,
  );
};
