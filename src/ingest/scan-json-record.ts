import type { JsonPlace, TextEncoding } from './scan.ts';
import { type ByteWindow, recordLimitBytes } from './scan-file-window.ts';
import { type JsonPattern, matchPattern } from './scan-json-regular.ts';
import { findElementEnd, findLineEnd, findObjectEnd, skipBlanks } from './scan-json-resync.ts';
import {
  emptyJsonFound,
  isBlankByte,
  type JsonFound,
  type JsonOutcome,
  readJsonValue,
} from './scan-json-value.ts';

/** The record at the window's position; indexes are into the window's bytes. One object serves a whole scan. */
export type JsonRecord = JsonFound & {
  start: number;
  stop: number;
  /** Where scanning goes on. */
  next: number;
  /** The grammar breaks: the record is bytes only. */
  isInvalid: boolean;
  /** Nothing can be told apart from here on: the record is the rest of the file. */
  isRest: boolean;
  /** Bytes of that rest which are behind `stop`. */
  unread: number;
  /** Its values are this pattern's spans; `names` and `values` are of an earlier record. */
  pattern: JsonPattern | undefined;
};

export const emptyJsonRecord = (): JsonRecord => ({
  ...emptyJsonFound(),
  start: 0,
  stop: 0,
  next: 0,
  isInvalid: false,
  isRest: false,
  unread: 0,
  pattern: undefined,
});

/** How far a scan has come in its array or sequence. */
export type JsonProgress = {
  readonly place: JsonPlace;
  readonly encoding: TextEncoding;
  /** Before the first element of an array: a closing bracket may follow. */
  isFirst: boolean;
  /** The array has ended. */
  isDone: boolean;
  /** Bytes looked through for the end of broken elements without finding it. */
  wasted: number;
  /** What records are known to look like. */
  readonly patterns: JsonPattern[];
};

/** `blank`: white space only so far; `more`: the window ends before the record does. */
export type JsonRecordOutcome = 'record' | 'blank' | 'more' | 'end' | 'too-deep' | 'too-long';

/** A file that breaks its structure in every element would be read a thousand times over: it is given up after this. */
const wasteLimitBytes = 256 << 20;

const take = (
  record: JsonRecord,
  range: { readonly start: number; readonly stop: number; readonly next: number },
  isInvalid: boolean,
): 'record' => {
  record.start = range.start;
  record.stop = range.stop;
  record.next = range.next;
  record.isInvalid = isInvalid;
  if (isInvalid) record.pattern = undefined;
  record.isRest = false;
  record.unread = 0;
  return 'record';
};

const takeRest = (window: ByteWindow, record: JsonRecord, start: number): 'record' => {
  take(record, { start, stop: window.end, next: window.end }, true);
  record.isRest = true;
  return 'record';
};

/** What stands before an element on its own line, when it is white space. */
const indentBefore = (window: ByteWindow, start: number): Uint8Array | undefined => {
  for (let at = start - 1; at >= window.at; at -= 1) {
    const byte = window.bytes[at];
    if (byte === 0x0a || byte === 0x0d) return window.bytes.subarray(at + 1, start);
    if (!isBlankByte(byte)) return undefined;
  }
  return undefined;
};

const trimEnd = (window: ByteWindow, start: number, stop: number): number => {
  let at = stop;
  while (at > start && (isBlankByte(window.bytes[at - 1]) || window.bytes[at - 1] === 0x2c))
    at -= 1;
  return at;
};

const resyncElement = (
  window: ByteWindow,
  progress: JsonProgress,
  record: JsonRecord,
  start: number,
): JsonRecordOutcome => {
  if (progress.wasted > wasteLimitBytes) {
    progress.isDone = true;
    return takeRest(window, record, start);
  }
  const { bytes, end, isLast } = window;
  const found = findElementEnd({ bytes, from: start, end, isLast }, indentBefore(window, start));
  switch (found.kind) {
    case 'more':
      return 'more';
    case 'at':
      if (bytes[found.at] === 0x5d) progress.isDone = true;
      return take(
        record,
        { start, stop: trimEnd(window, start, found.at), next: found.at + 1 },
        true,
      );
    case 'sister':
      progress.wasted += Math.min(end - start, 1 << 20);
      return take(record, { start, stop: trimEnd(window, start, found.at), next: found.at }, true);
    case 'lost':
      progress.isDone = true;
      return takeRest(window, record, start);
    default:
      return found satisfies never;
  }
};

/** Also when the value ends in the window: how much was read ahead must not decide. */
const isTooLong = (outcome: JsonOutcome, record: JsonRecord, start: number): boolean =>
  (outcome === 'more' || outcome === 'value') && record.end - start > recordLimitBytes;

const readValue = (
  { bytes, end, isLast }: ByteWindow,
  { encoding, place, patterns }: JsonProgress,
  record: JsonRecord,
  start: number,
): JsonOutcome => {
  for (const pattern of patterns) {
    const stop = matchPattern(pattern, bytes, start, end);
    if (stop < 0) continue;
    record.pattern = pattern;
    record.end = stop;
    return 'value';
  }
  record.pattern = undefined;
  return readJsonValue({ bytes, end, isLast, encoding, depth: place.depth }, start, record);
};

const readElement = (
  window: ByteWindow,
  progress: JsonProgress,
  record: JsonRecord,
  start: number,
): JsonRecordOutcome => {
  const { bytes, end, isLast } = window;
  const isClosing = bytes[start] === 0x5d;
  if (isClosing && progress.isFirst) {
    progress.isDone = true;
    record.next = start + 1;
    return 'blank';
  }
  if (isClosing || bytes[start] === 0x2c) {
    // A comma without an element: an empty record, refused.
    progress.isDone = isClosing;
    progress.isFirst = false;
    return take(record, { start, stop: start, next: start + 1 }, true);
  }
  const outcome = readValue(window, progress, record, start);
  if (outcome === 'too-deep') return outcome;
  if (isTooLong(outcome, record, start)) return 'too-long';
  if (outcome === 'more') return 'more';
  let isInvalid = outcome === 'invalid';
  if (!isInvalid) {
    const after = skipBlanks(bytes, record.end, end);
    if (after >= end && !isLast) return 'more';
    isInvalid = after < end && bytes[after] !== 0x2c && bytes[after] !== 0x5d;
    if (!isInvalid) {
      progress.isFirst = false;
      if (bytes[after] === 0x5d && after < end) progress.isDone = true;
      const next = Math.min(after + 1, end);
      return take(record, { start, stop: record.end, next }, false);
    }
  }
  const resynced = resyncElement(window, progress, record, start);
  if (resynced === 'record') progress.isFirst = false;
  return resynced;
};

/** A broken value in a sequence is its physical line; a lone opening brace begins an object over several lines. */
const refuseLine = (window: ByteWindow, record: JsonRecord, start: number): JsonRecordOutcome => {
  const { bytes, end, isLast } = window;
  const line = findLineEnd(bytes, start, end);
  const more = end - start > recordLimitBytes ? 'too-long' : 'more';
  if (line >= end && !isLast) return more;
  const isLoneBrace = bytes[start] === 0x7b && skipBlanks(bytes, start + 1, line) === line;
  const close = isLoneBrace ? findObjectEnd({ bytes, from: start, end, isLast }) : -1;
  if (close === 'more') return more;
  const stop = close > 0 ? findLineEnd(bytes, close, end) : line;
  if (stop >= end && !isLast) return more;
  return take(record, { start, stop: trimEnd(window, start, stop), next: stop }, true);
};

const readOneOfSequence = (
  window: ByteWindow,
  progress: JsonProgress,
  record: JsonRecord,
  start: number,
): JsonRecordOutcome => {
  const { bytes, end, isLast } = window;
  const outcome = readValue(window, progress, record, start);
  if (outcome === 'too-deep') return outcome;
  if (isTooLong(outcome, record, start)) return 'too-long';
  if (outcome === 'more') return 'more';
  if (outcome === 'invalid') return refuseLine(window, record, start);
  let after = record.end;
  while (after < end && (bytes[after] === 0x20 || bytes[after] === 0x09)) after += 1;
  if (after >= end && !isLast) return 'more';
  const byte = bytes[after];
  const isSeparate = after >= end || byte === 0x0a || byte === 0x0d || byte === 0x7b;
  return isSeparate
    ? take(record, { start, stop: record.end, next: record.end }, false)
    : refuseLine(window, record, start);
};

/**
 * Reads the next record of an array (the window stands behind `[` or a comma) or of a sequence of values, without consuming it
 * (set `window.at = record.next` to go on). A broken record is refused alone when the next can be found: at the matching
 * depth or the next line of equal indent in an array, on the next line in a sequence.
 */
export const readJsonRecord = (
  window: ByteWindow,
  progress: JsonProgress,
  record: JsonRecord,
): JsonRecordOutcome => {
  const isArray = progress.place.kind === 'array';
  // What follows the array of a container is the container's.
  if (progress.isDone && progress.place.depth > 1) return 'end';
  const start = skipBlanks(window.bytes, window.at, window.end);
  if (start >= window.end) {
    if (!window.isLast) {
      if (start === window.at) return 'more';
      // A CR stays: its LF may follow.
      record.next = window.bytes[start - 1] === 0x0d ? start - 1 : start;
      return record.next === window.at ? 'more' : 'blank';
    }
    if (!isArray || progress.isDone) return 'end';
    // The file ends inside its array: what was cut off is one refused record.
    progress.isDone = true;
    return takeRest(window, record, start);
  }
  if (progress.isDone) return takeRest(window, record, start);
  return isArray
    ? readElement(window, progress, record, start)
    : readOneOfSequence(window, progress, record, start);
};

/** The codes of a record; empty for one that can be loaded. */
export const codesOfJson = (record: JsonRecord): readonly string[] => {
  if (record.isInvalid || !record.isObject) return ['json_invalid'];
  const codes: string[] = [];
  if (record.hasDuplicate) codes.push('json_duplicate_key');
  if (record.isUndecodable) codes.push('encoding_invalid');
  if (record.hasControl) codes.push('control_character');
  return codes;
};
