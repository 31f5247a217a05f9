import { isUtf8 } from 'node:buffer';
import type { ByteSink } from './scan-file-output.ts';
import { countBreaks, skipBlanks } from './scan-json-resync.ts';

/**
 * What records of one kind share: the bytes before the first value, between two values, and after the last one. A record that
 * fits is copied as bytes, without a string for each of its cells; one that does not is read carefully.
 */
export type JsonPattern = {
  readonly pieces: readonly Uint8Array[];
  /** Line breaks in the pieces; a value of a record that fits has none. */
  readonly breaks: number;
  /** The column of each value, ascending. */
  readonly columns: readonly number[];
  /** Start and end of each value of the record that was matched last; a string's quotes belong to it. */
  readonly spans: Int32Array;
};

const quote = 0x22;
const comma = 0x2c;
const closingBrace = 0x7d;
const firstOfNull = 0x6e;

/** 1 for the bytes of a string that mean themselves and nothing else. */
const plainBytes = new Uint8Array(256).fill(1, 0x20);
plainBytes[quote] = 0;
plainBytes[0x5c] = 0;
plainBytes[0x7f] = 0;

const isDigit = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** End of the plain string whose quote is at `at`; -1 when it holds an escape or anything else that needs care. */
const endOfString = (bytes: Uint8Array, at: number): number => {
  let index = at + 1;
  while (plainBytes[bytes[index] as number] === 1) index += 1;
  return bytes[index] === quote ? index + 1 : -1;
};

const skipDigits = (bytes: Uint8Array, at: number): number => {
  let index = at;
  while (isDigit(bytes[index])) index += 1;
  return index;
};

/** End of a number without an exponent; -1 for others. */
const endOfNumber = (bytes: Uint8Array, at: number): number => {
  const first = bytes[at] === 0x2d ? at + 1 : at;
  const whole = skipDigits(bytes, first);
  if (whole === first || (bytes[first] === 0x30 && whole > first + 1)) return -1;
  if (bytes[whole] !== 0x2e) return whole;
  const end = skipDigits(bytes, whole + 1);
  return end === whole + 1 ? -1 : end;
};

const words = ['true', 'false', 'null'].map((word) => Buffer.from(word));

const isAt = (bytes: Uint8Array, at: number, piece: Uint8Array): boolean => {
  for (let index = 0; index < piece.length; index += 1)
    if (bytes[at + index] !== piece[index]) return false;
  return true;
};

const endOfValue = (bytes: Uint8Array, at: number): number => {
  const byte = bytes[at];
  if (byte === quote) return endOfString(bytes, at);
  if (byte === 0x2d || isDigit(byte)) return endOfNumber(bytes, at);
  const word = words.find((candidate) => isAt(bytes, at, candidate));
  return word === undefined ? -1 : at + word.length;
};

/** The pattern of a well-formed record in `bytes[from..to)`; undefined when it is nested or its names need care. */
export const learnPattern = (
  bytes: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
  columns: readonly number[],
): JsonPattern | undefined => {
  const pieces: Uint8Array[] = [];
  let piece = from;
  let at = from + 1;
  for (;;) {
    at = skipBlanks(bytes, at, to);
    const end = bytes[at] === quote ? endOfString(bytes, at) : -1;
    if (end < 0) return undefined;
    at = skipBlanks(bytes, skipBlanks(bytes, end, to) + 1, to); // behind the colon
    pieces.push(Uint8Array.from(bytes.subarray(piece, at)));
    piece = endOfValue(bytes, at);
    if (piece < 0) return undefined;
    at = skipBlanks(bytes, piece, to);
    if (bytes[at] !== comma) break;
    at += 1;
  }
  // What follows a value that ended too early, as an exponent, would count as a part of every record.
  if (bytes[at] !== closingBrace || at + 1 !== to) return undefined;
  pieces.push(Uint8Array.from(bytes.subarray(piece, to)));
  const breaks = countBreaks(bytes, from, to);
  return { pieces, breaks, columns, spans: new Int32Array(2 * columns.length) };
};

/** Index behind the record at `from` when it has the pattern and ends by `end`; -1 otherwise. */
export const matchPattern = (
  { pieces, spans }: JsonPattern,
  bytes: Uint8Array,
  from: number,
  end: number,
): number => {
  let at = from;
  for (let index = 0; index < pieces.length; index += 1) {
    const piece = pieces[index] as Uint8Array;
    if (!isAt(bytes, at, piece)) return -1;
    at += piece.length;
    if (2 * index === spans.length) break;
    spans[2 * index] = at;
    at = endOfValue(bytes, at);
    if (at < 0) return -1;
    spans[2 * index + 1] = at;
  }
  return at <= end && isUtf8(bytes.subarray(from, at)) ? at : -1;
};

/** Appends the record that was matched last as a line of the temp copy with `width` columns. */
export const putMatched = (
  sink: ByteSink,
  bytes: Uint8Array,
  { spans, columns }: JsonPattern,
  { place, width }: { readonly place: string; readonly width: number },
): void => {
  const first = spans[0] ?? 0;
  const last = spans[spans.length - 1] ?? 0;
  sink.ensure(place.length + last - first + 2 * spans.length + width + 1);
  const { buffer } = sink;
  let to = sink.length + buffer.write(place, sink.length, 'latin1');
  let commas = 0;
  for (let index = 0; index < columns.length; index += 1) {
    for (const column = columns[index] as number; commas <= column; commas += 1) {
      buffer[to] = comma;
      to += 1;
    }
    const stop = spans[2 * index + 1] as number;
    let at = spans[2 * index] as number;
    const kind = bytes[at];
    if (kind === firstOfNull) continue;
    if (kind !== quote) {
      buffer[to] = quote;
      to += 1;
    }
    for (; at < stop; at += 1) {
      buffer[to] = bytes[at] as number;
      to += 1;
    }
    if (kind !== quote) {
      buffer[to] = quote;
      to += 1;
    }
  }
  for (; commas < width; commas += 1) {
    buffer[to] = comma;
    to += 1;
  }
  buffer[to] = 0x0a;
  sink.length = to + 1;
};
