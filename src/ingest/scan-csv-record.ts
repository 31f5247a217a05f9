import { type ByteWindow, recordLimitBytes } from './scan-file-window.ts';

/** A record with more cells than this is never taken apart. */
export const columnLimit = 10_000;

export const delimiterByte = 1;
export const lineFeed = 2;
export const carriageReturn = 3;
export const quote = 4;
export const control = 5;
const high = 6;

/** Class of each byte, for one delimiter: 0 is ordinary. DEL is a control character, a tab is not. */
export const byteClasses = (delimiter: string): Uint8Array => {
  const classes = new Uint8Array(256);
  classes.fill(control, 0, 0x20);
  classes[0x7f] = control;
  classes.fill(high, 0x80);
  classes[0x09] = 0;
  classes[0x0a] = lineFeed;
  classes[0x0d] = carriageReturn;
  classes[0x22] = quote;
  classes[delimiter.charCodeAt(0)] = delimiterByte;
  return classes;
};

/** How a cell stands in the bytes: bare, between quotes (which `starts` and `ends` include), or bare with quotes inside. */
export const cellKinds = { bare: 0, quoted: 1, bareWithQuote: 2 } as const;

/** What was found at the window's position; positions are indexes into the window's bytes. One object serves a whole scan. */
export type CsvFound = {
  start: number;
  /** End of the record without its line break. */
  end: number;
  /** Where the next record begins. */
  next: number;
  /** Physical lines from `start` to `next`. */
  lines: number;
  fields: number;
  starts: Int32Array;
  ends: Int32Array;
  kinds: Uint8Array;
  /** A quoted cell that does not end at a delimiter or line end: the first physical line stands for the record. */
  isQuoteBroken: boolean;
  hasControl: boolean;
  hasHigh: boolean;
  hasLineBreak: boolean;
};

export const emptyFound = (): CsvFound => ({
  start: 0,
  end: 0,
  next: 0,
  lines: 0,
  fields: 0,
  starts: new Int32Array(64),
  ends: new Int32Array(64),
  kinds: new Uint8Array(64),
  isQuoteBroken: false,
  hasControl: false,
  hasHigh: false,
  hasLineBreak: false,
});

/** `blank`: a line that is no record. `more`: the window ends before the record does. `end`: the file is read. */
export type CsvOutcome = 'record' | 'blank' | 'more' | 'end' | 'too-long';

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;

const addField = (found: CsvFound, start: number, end: number, kind: number): void => {
  const at = found.fields;
  found.fields = at + 1;
  if (at > columnLimit) return;
  if (at >= found.starts.length) {
    const grown = Math.min(4 * found.starts.length, columnLimit + 1);
    const starts = new Int32Array(grown);
    const ends = new Int32Array(grown);
    const kinds = new Uint8Array(grown);
    starts.set(found.starts);
    ends.set(found.ends);
    kinds.set(found.kinds);
    found.starts = starts;
    found.ends = ends;
    found.kinds = kinds;
  }
  found.starts[at] = start;
  found.ends[at] = end;
  found.kinds[at] = kind;
};

/** Bytes of the line break at `at` (0 at the end of the file); -1 when the window ends inside it. */
const breakLength = (window: ByteWindow, at: number): number => {
  if (at >= window.end) return 0;
  if (window.bytes[at] === LF) return 1;
  if (at + 1 >= window.end) return window.isLast ? 1 : -1;
  return window.bytes[at + 1] === LF ? 2 : 1;
};

const finish = (
  window: ByteWindow,
  found: CsvFound,
  end: number,
  outcome: 'record' | 'blank',
): CsvOutcome => {
  const length = breakLength(window, end);
  if (length < 0) return 'more';
  found.end = end;
  found.next = end + length;
  found.lines += 1;
  return outcome;
};

const hasControlByte = (
  bytes: Uint8Array,
  from: number,
  to: number,
  classes: Uint8Array,
): boolean => {
  for (let at = from; at < to; at += 1) if (classes[bytes[at] ?? 0] === control) return true;
  return false;
};

/** The record is its first physical line only, refused; scanning goes on with the next line. */
const finishBroken = (window: ByteWindow, found: CsvFound, classes: Uint8Array): CsvOutcome => {
  let at = found.start;
  while (at < window.end && window.bytes[at] !== LF && window.bytes[at] !== CR) at += 1;
  if (at - found.start > recordLimitBytes) return 'too-long';
  if (at >= window.end && !window.isLast) return 'more';
  found.isQuoteBroken = true;
  found.hasLineBreak = false;
  found.hasHigh = true; // unknown: the caller looks
  found.hasControl = hasControlByte(window.bytes, found.start, at, classes);
  found.fields = 0;
  found.lines = 0;
  return finish(window, found, at, 'record');
};

/** End of the quoted cell that opens at `from` (after its closing quote); -1: window ends; -2: not closed in time. */
const quotedEnd = (
  window: ByteWindow,
  found: CsvFound,
  from: number,
  classes: Uint8Array,
): number => {
  const { bytes, end } = window;
  const limit = found.start + recordLimitBytes;
  for (let at = from + 1; at < end; ) {
    const kind = classes[bytes[at] ?? 0];
    if (kind === 0) {
      at += 1;
      continue;
    }
    if (at > limit) return -2;
    if (kind === quote) {
      if (at + 1 >= end) return window.isLast ? at + 1 : -1;
      if (bytes[at + 1] !== QUOTE) return at + 1;
      at += 2;
      continue;
    }
    if (kind === high) found.hasHigh = true;
    else if (kind === control) found.hasControl = true;
    else if (kind === lineFeed || kind === carriageReturn) {
      found.hasLineBreak = true;
      const length = breakLength(window, at);
      if (length < 0) return -1;
      found.lines += 1;
      at += length;
      continue;
    }
    at += 1;
  }
  if (end > limit) return -2;
  return window.isLast ? -2 : -1;
};

/** End of the bare cell at `from`: a delimiter, a line break or the end of the window. */
const bareEnd = (
  window: ByteWindow,
  found: CsvFound,
  from: number,
  classes: Uint8Array,
): number => {
  const { bytes, end } = window;
  let cellKind: number = cellKinds.bare;
  let at = from;
  for (; at < end; at += 1) {
    const kind = classes[bytes[at] ?? 0];
    if (kind === 0) continue;
    if (kind === high) found.hasHigh = true;
    else if (kind === control) found.hasControl = true;
    else if (kind === quote) cellKind = cellKinds.bareWithQuote;
    else break;
  }
  addField(found, from, at, cellKind);
  return at;
};

const firstInk = (window: ByteWindow, classes: Uint8Array): number => {
  let at = window.at;
  for (; at < window.end; at += 1) {
    const byte = window.bytes[at];
    if ((byte !== 0x20 && byte !== 0x09) || classes[byte] !== 0) break;
  }
  return at;
};

/**
 * Reads the record at `window.at` without consuming it (set `window.at = found.next` to go on). Quotes are `"`, doubled
 * inside; a quote inside a bare cell is a character. LF, CRLF and CR all end a line.
 */
export const readCsvRecord = (
  window: ByteWindow,
  classes: Uint8Array,
  found: CsvFound,
): CsvOutcome => {
  found.start = window.at;
  found.lines = 0;
  found.fields = 0;
  found.isQuoteBroken = false;
  found.hasControl = false;
  found.hasHigh = false;
  found.hasLineBreak = false;
  const { bytes } = window;
  const ink = firstInk(window, classes);
  if (ink >= window.end) {
    if (!window.isLast) return ink - window.at > recordLimitBytes ? 'too-long' : 'more';
    return window.at >= window.end ? 'end' : finish(window, found, ink, 'blank');
  }
  if (bytes[ink] === LF || bytes[ink] === CR) return finish(window, found, ink, 'blank');
  for (let at = window.at; ; at += 1) {
    if (at < window.end && bytes[at] === QUOTE) {
      const end = quotedEnd(window, found, at, classes);
      if (end === -1) return 'more';
      if (end === -2) return finishBroken(window, found, classes);
      addField(found, at, end, cellKinds.quoted);
      at = end;
      if (at >= window.end && !window.isLast) return 'more';
      const kind = at < window.end ? classes[bytes[at] ?? 0] : lineFeed;
      if (kind !== delimiterByte && kind !== lineFeed && kind !== carriageReturn)
        return finishBroken(window, found, classes);
    } else at = bareEnd(window, found, at, classes);
    if (at - found.start > recordLimitBytes)
      return found.hasLineBreak ? finishBroken(window, found, classes) : 'too-long';
    if (at >= window.end && !window.isLast) return 'more';
    if (at >= window.end || classes[bytes[at] ?? 0] !== delimiterByte)
      return finish(window, found, at, 'record');
  }
};
