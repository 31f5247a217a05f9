import { findByteOrderMark } from './decode-encoding.ts';
import type { RecordMark } from './scan.ts';
import { cellTexts, detectDelimiter } from './scan-csv-header.ts';
import {
  byteClasses,
  carriageReturn,
  columnLimit,
  control,
  delimiterByte,
  emptyFound,
  lineFeed,
  quote,
  readCsvRecord,
} from './scan-csv-record.ts';
import { chunkBytes, openWindow } from './scan-file-window.ts';

/** Rows between two marks. */
export const markEvery = 4096;

/** A regular file, as the engine can read it: one header line, then `read` records of equal width on one line each. */
export type RegularFacts = {
  readonly delimiter: string;
  readonly newline: '\n' | '\r\n';
  readonly columns: readonly string[];
  readonly read: number;
  readonly longestRecordBytes: number;
  readonly marks: readonly RecordMark[];
};

export type RegularScan = {
  /** Takes the next bytes; false as soon as the file is known not to be regular. */
  readonly push: (chunk: Uint8Array) => boolean;
  readonly finish: () => RegularFacts | undefined;
};

type State = {
  rows: number;
  longest: number;
  /** An empty line was seen: only more of them may follow. */
  hasTail: boolean;
  readonly columns: number;
  readonly isCrlf: boolean;
  readonly classes: Uint8Array;
  readonly marks: RecordMark[];
};

/** Index after the closing quote of a cell on one line; -1 when the cell breaks a rule. */
const skipQuoted = (bytes: Uint8Array, from: number, classes: Uint8Array): number => {
  for (let at = from + 1; ; at += 1) {
    const kind = classes[bytes[at] as number];
    if (kind === 0 || kind === delimiterByte) continue;
    if (kind !== quote) return -1;
    if (classes[bytes[at + 1] as number] !== quote) return at + 1;
    at += 1;
  }
};

/**
 * The loop over all bytes of a plain file: whole lines in `bytes[from..to)`, the last one ended by a line feed (so reading one
 * byte ahead stays inside). `as number` instead of `?? 0`: a check here costs a tenth of the speed.
 */
const scanLines = (
  bytes: Uint8Array,
  range: { readonly from: number; readonly to: number; readonly offset: number },
  state: State,
): boolean => {
  const { classes, columns, isCrlf } = state;
  const { from, to } = range;
  let { rows, longest } = state;
  let lineStart = from;
  let cellStart = from;
  let cells = 1;
  for (let at = from; at < to; at += 1) {
    let kind = classes[bytes[at] as number];
    while (kind === 0) {
      at += 1; // a line feed ends this loop
      kind = classes[bytes[at] as number];
    }
    if (kind === delimiterByte) {
      cells += 1;
      cellStart = at + 1;
      continue;
    }
    if (kind === quote) {
      if (at !== cellStart) return false;
      const after = skipQuoted(bytes, at, classes);
      if (after < 0) return false;
      const next = classes[bytes[after] as number];
      if (next !== delimiterByte && next !== lineFeed && next !== carriageReturn) return false;
      at = after - 1;
      continue;
    }
    if (kind === control) return false;
    const end = at;
    if (kind === carriageReturn) {
      if (!isCrlf || bytes[at + 1] !== 0x0a) return false;
      at += 1;
    } else if (isCrlf) return false;
    if (end === lineStart && columns > 1) {
      state.hasTail = true;
    } else {
      if (cells !== columns || state.hasTail) return false;
      // With one column, a line of blanks would be no record: the careful scan decides.
      if (columns === 1 && (end === lineStart || (bytes[lineStart] as number) <= 0x20))
        return false;
      if (rows % markEvery === 0) {
        const offset = range.offset + lineStart - from;
        state.marks.push({ row: rows + 1, line: rows + 2, offset });
      }
      rows += 1;
      if (end - lineStart > longest) longest = end - lineStart;
    }
    lineStart = at + 1;
    cellStart = lineStart;
    cells = 1;
  }
  state.rows = rows;
  state.longest = longest;
  return true;
};

type Header = {
  readonly delimiter: string;
  readonly newline: '\n' | '\r\n';
  readonly columns: readonly string[];
  readonly next: number;
};

/** The header, when it is a plain first line inside the first chunk. */
const readHeader = (chunk: Uint8Array, forced: string | undefined): Header | undefined => {
  const mark = findByteOrderMark(chunk)?.length ?? 0;
  const delimiter = forced ?? detectDelimiter(chunk.subarray(mark));
  const window = openWindow(async () => undefined);
  window.bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  window.at = mark;
  window.end = chunk.length;
  const found = emptyFound();
  if (readCsvRecord(window, byteClasses(delimiter), found) !== 'record') return undefined;
  const isPlain =
    !found.isQuoteBroken && !found.hasControl && !found.hasLineBreak && found.fields <= columnLimit;
  const breakBytes = chunk.subarray(found.end, found.next);
  if (!isPlain || breakBytes.at(-1) !== 0x0a) return undefined;
  return {
    delimiter,
    newline: breakBytes.length === 2 ? '\r\n' : '\n',
    columns: cellTexts(chunk, found, 'utf-8'),
    next: found.next,
  };
};

/**
 * Scans a plain file chunk by chunk and says whether it is *regular*: one kind of line break, one header line, every record on
 * one line with the header's number of cells, quotes well formed, no control characters, no blank lines but empty ones at the
 * end. `delimiter` is detected when not given. Validity as UTF-8 is the encoding tracker's question.
 */
export const scanRegularCsv = (delimiter: string | undefined): RegularScan => {
  let header: Header | undefined;
  let state: State | undefined;
  let isRegular = true;
  let carry = Buffer.alloc(0);
  let position = 0; // of the first byte not scanned, in the file

  const scan = (bytes: Uint8Array, from: number, to: number): boolean => {
    if (state === undefined) return false;
    const isFine = scanLines(bytes, { from, to, offset: position }, state);
    position += to - from;
    return isFine;
  };

  const begin = (chunk: Uint8Array): number => {
    header = readHeader(chunk, delimiter);
    if (header === undefined) return -1;
    state = {
      rows: 0,
      longest: 0,
      hasTail: false,
      columns: header.columns.length,
      isCrlf: header.newline === '\r\n',
      classes: byteClasses(header.delimiter).fill(0, 0x80),
      marks: [],
    };
    position = header.next;
    return header.next;
  };

  const take = (chunk: Uint8Array): boolean => {
    let from = 0;
    if (header === undefined) {
      from = begin(chunk);
      if (from < 0) return false;
    }
    const last = chunk.lastIndexOf(0x0a) + 1;
    if (carry.length > 0) {
      const first = chunk.indexOf(0x0a) + 1;
      carry = Buffer.concat([carry, first > 0 ? chunk.subarray(0, first) : chunk]);
      if (first === 0) return carry.length <= 2 * chunkBytes; // longer lines: the careful scan
      if (!scan(carry, 0, carry.length)) return false;
      from = first;
    }
    if (last > from && !scan(chunk, from, last)) return false;
    carry = Buffer.from(chunk.subarray(Math.max(last, from)));
    return true;
  };

  const push = (chunk: Uint8Array): boolean => {
    if (isRegular) isRegular = take(chunk);
    return isRegular;
  };

  const finish = (): RegularFacts | undefined => {
    if (!isRegular || header === undefined || state === undefined) return undefined;
    if (
      carry.length > 0 &&
      !scan(
        Buffer.concat([carry, Buffer.from(header.newline)]),
        0,
        carry.length + header.newline.length,
      )
    )
      return undefined;
    return {
      delimiter: header.delimiter,
      newline: header.newline,
      columns: header.columns,
      read: state.rows,
      longestRecordBytes: state.longest,
      marks: state.marks,
    };
  };
  return { push, finish };
};
