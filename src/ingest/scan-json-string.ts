import { isUtf8 } from 'node:buffer';
import { decodeText } from './decode-text.ts';
import type { TextEncoding } from './scan.ts';

/** What reading one string found; one object serves a whole scan. */
export type StringFound = {
  text: string;
  /** After the closing quote, or where the string breaks. */
  end: number;
  hasControl: boolean;
  /** Invalid UTF-8 or half of a surrogate pair. */
  isUndecodable: boolean;
};

const ordinary = 0;
const escaping = 1;
const closing = 2;
const forbidden = 3;
const high = 4;
const del = 5;

const classes = new Uint8Array(256);
classes.fill(forbidden, 0, 0x20);
classes.fill(high, 0x80);
classes[0x22] = closing;
classes[0x5c] = escaping;
classes[0x7f] = del;

const simpleEscapes: Readonly<Record<number, string>> = {
  34: '"',
  47: '/',
  92: '\\',
  98: '\b',
  102: '\f',
  110: '\n',
  114: '\r',
  116: '\t',
};

/** The code unit of four hexadecimal digits at `at`, or -1. */
const readHex = (bytes: Uint8Array, at: number): number => {
  let value = 0;
  for (let index = at; index < at + 4; index += 1) {
    const byte = bytes[index] ?? 0;
    const digit =
      byte >= 48 && byte <= 57
        ? byte - 48
        : byte >= 65 && byte <= 70
          ? byte - 55
          : byte >= 97 && byte <= 102
            ? byte - 87
            : -1;
    if (digit < 0) return -1;
    value = 16 * value + digit;
  }
  return value;
};

const isControl = (code: number): boolean =>
  code === 0x7f || (code < 0x20 && code !== 9 && code !== 10 && code !== 13);

const isHighHalf = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
const isLowHalf = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;

/** Reads the escape at `at` (its backslash) and appends it; returns the index behind it, or -1 when it is none. */
const readEscape = (bytes: Uint8Array, at: number, found: StringFound): number => {
  const byte = bytes[at + 1] ?? 0;
  if (byte !== 0x75) {
    const text = simpleEscapes[byte];
    if (text === undefined) return -1;
    if (isControl(text.charCodeAt(0))) found.hasControl = true;
    found.text += text;
    return at + 2;
  }
  const code = readHex(bytes, at + 2);
  if (code < 0) return -1;
  if (isControl(code)) found.hasControl = true;
  if (isHighHalf(code) && bytes[at + 6] === 0x5c && bytes[at + 7] === 0x75) {
    const second = readHex(bytes, at + 8);
    if (isLowHalf(second)) {
      found.text += String.fromCharCode(code, second);
      return at + 12;
    }
  }
  if (isHighHalf(code) || isLowHalf(code)) {
    found.isUndecodable = true;
    found.text += `\\u${code.toString(16)}`;
  } else found.text += String.fromCharCode(code);
  return at + 6;
};

/**
 * Reads the string that opens before `from`. `more`: the bytes end inside it; `invalid`: it breaks at `found.end`.
 * `hasControl` and `isUndecodable` are only ever set, never cleared.
 */
export const readString = (
  bytes: Buffer,
  { from, end, isLast }: { readonly from: number; readonly end: number; readonly isLast: boolean },
  encoding: TextEncoding,
  found: StringFound,
): 'string' | 'more' | 'invalid' => {
  found.text = '';
  let segment = from;
  let hasHigh = false;
  const keep = (to: number): void => {
    if (!hasHigh) {
      if (to > segment) found.text += bytes.toString('latin1', segment, to);
      return;
    }
    const piece = bytes.subarray(segment, to);
    if (encoding === 'utf-8' && !isUtf8(piece)) found.isUndecodable = true;
    found.text += decodeText(piece, encoding);
  };
  for (let at = from; at < end; ) {
    const kind = classes[bytes[at] ?? 0];
    if (kind === ordinary) {
      at += 1;
    } else if (kind === closing) {
      keep(at);
      found.end = at + 1;
      return 'string';
    } else if (kind === escaping) {
      keep(at);
      hasHigh = false;
      found.end = at;
      // The longest escape is a pair of surrogates: 12 bytes.
      if (end - at < 12 && !isLast) return 'more';
      const next = readEscape(bytes, at, found);
      if (next < 0 || next > end) return 'invalid';
      segment = next;
      at = next;
    } else if (kind === forbidden) {
      found.end = at;
      return 'invalid';
    } else {
      if (kind === high) hasHigh = true;
      if (kind === del) found.hasControl = true;
      at += 1;
    }
  }
  found.end = end;
  return isLast ? 'invalid' : 'more';
};
