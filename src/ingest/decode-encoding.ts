import { isAscii, isUtf8 } from 'node:buffer';
import type { TextEncoding } from './scan.ts';

export type ByteOrderMark = {
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be';
  readonly length: number;
};

/** The byte-order mark at the start of a file, if it has one. */
export const findByteOrderMark = (head: Uint8Array): ByteOrderMark | undefined => {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf)
    return { encoding: 'utf-8', length: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', length: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', length: 2 };
  return undefined;
};

// The five bytes that code page 1252 leaves open.
const undefinedIn1252 = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);

/** Length of the character that a UTF-8 lead byte announces; 0 when it is no lead byte. */
const announcedLength = (byte: number): number => {
  if (byte < 0x80) return 1;
  if (byte >= 0xc2 && byte <= 0xdf) return 2;
  if (byte >= 0xe0 && byte <= 0xef) return 3;
  return byte >= 0xf0 && byte <= 0xf4 ? 4 : 0;
};

/** Where `bytes` must be cut so that its last character is whole, or begins in the next chunk. */
const wholeCharacters = (bytes: Uint8Array): number => {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return announcedLength(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
};

/** Length of the valid UTF-8 character at `at`; 0 when there is none. */
export const characterLength = (bytes: Uint8Array, at: number, end: number): number => {
  const length = announcedLength(bytes[at] ?? 0xff);
  if (length <= 1) return length;
  return at + length <= end && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
};

export type EncodingFacts = {
  readonly encoding: TextEncoding;
  /** Every byte is part of a UTF-8 character. */
  readonly isValid: boolean;
  readonly isAscii: boolean;
};

export type EncodingTracker = {
  readonly push: (chunk: Uint8Array) => void;
  /** The rule of undeclared files: UTF-8, or cp1252 when nothing in it is UTF-8 beyond ASCII and every byte has a meaning there. */
  readonly finish: () => EncodingFacts;
};

/** Watches all bytes of a file, in chunks, and decides UTF-8 or cp1252 at the end. */
export const trackEncoding = (): EncodingTracker => {
  let carry: Uint8Array = new Uint8Array(0);
  let hasMultibyte = false;
  let hasInvalid = false;
  let hasUndefined = false;

  const walk = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; ) {
      const length = characterLength(bytes, at, bytes.length);
      if (length > 1) hasMultibyte = true;
      if (length === 0) {
        hasInvalid = true;
        if (undefinedIn1252.has(bytes[at] ?? 0)) hasUndefined = true;
        if (hasMultibyte || hasUndefined) return; // decided: UTF-8 with bad rows
      }
      at += Math.max(length, 1);
    }
  };

  const push = (chunk: Uint8Array): void => {
    if (carry.length === 0 && isAscii(chunk)) return;
    if (hasInvalid && (hasMultibyte || hasUndefined)) return;
    const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    const cut = wholeCharacters(bytes);
    const whole = bytes.subarray(0, cut);
    carry = cut === bytes.length ? new Uint8Array(0) : Uint8Array.from(bytes.subarray(cut));
    if (!isUtf8(whole)) walk(whole);
    else if (!isAscii(whole)) hasMultibyte = true;
  };

  const finish = (): EncodingFacts => {
    walk(carry);
    const isGuess = hasInvalid && !hasMultibyte && !hasUndefined;
    return {
      encoding: isGuess ? 'cp1252' : 'utf-8',
      isValid: !hasInvalid,
      isAscii: !hasInvalid && !hasMultibyte,
    };
  };
  return { push, finish };
};
