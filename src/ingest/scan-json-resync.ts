import { depthLimit, isBlankByte } from './scan-json-value.ts';

/** How far the end of a broken element is looked for. */
export const resyncLimitBytes = 1 << 20;

export type ResyncInput = {
  readonly bytes: Uint8Array;
  /** Start of the broken record. */
  readonly from: number;
  readonly end: number;
  readonly isLast: boolean;
};

const isBreak = (byte: number | undefined): boolean => byte === 0x0a || byte === 0x0d;

/** Index after the string that opens at `at`; a raw line break ends it too, since none may stand in a string. */
const stringEnd = (bytes: Uint8Array, at: number, end: number): number => {
  for (let index = at + 1; index < end; index += 1) {
    const byte = bytes[index];
    if (byte === 0x5c) index += 1;
    else if (byte === 0x22) return index + 1;
    else if (isBreak(byte)) return index;
  }
  return end;
};

/** True when the line after the break at `at` begins with `indent` and an opening brace. */
const isSisterLine = (bytes: Uint8Array, at: number, end: number, indent: Uint8Array): boolean => {
  const brace = at + 1 + indent.length;
  if (brace >= end || bytes[brace] !== 0x7b) return false;
  return indent.every((byte, index) => bytes[at + 1 + index] === byte);
};

/** `at`: where the broken element ends. `sister`: where the next begins, by its indentation. `lost`: neither in reach. */
export type Resync =
  | { readonly kind: 'at'; readonly at: number }
  | { readonly kind: 'sister'; readonly at: number }
  | { readonly kind: 'more' }
  | { readonly kind: 'lost' };

/**
 * Finds the end of a broken array element: the first comma or closing bracket at its own depth. When brackets do not match, the
 * next line that is indented like the element's own (`indent`, undefined when it does not begin a line) and opens an object.
 */
export const findElementEnd = (input: ResyncInput, indent: Uint8Array | undefined): Resync => {
  const { bytes, from, isLast } = input;
  const end = Math.min(input.end, from + resyncLimitBytes);
  const stack: number[] = [];
  let sister = -1;
  let isLost = false;
  for (let at = from; at < end && !(isLost && sister >= 0); at += 1) {
    const byte = bytes[at];
    if (byte === 0x22) {
      at = stringEnd(bytes, at, end) - 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      stack.push(byte + 2);
      if (stack.length > depthLimit) isLost = true;
    } else if (!isLost && stack.length === 0 && (byte === 0x2c || byte === 0x5d)) {
      return { kind: 'at', at };
    } else if (byte === 0x7d || byte === 0x5d) {
      if (stack.length > 0 && stack.pop() !== byte) isLost = true;
    }
    if (sister < 0 && indent !== undefined && isBreak(byte) && isSisterLine(bytes, at, end, indent))
      sister = at + 1 + indent.length;
  }
  const isCut = end === input.end && !isLast;
  if (isCut && !(isLost && sister >= 0)) return { kind: 'more' };
  return sister >= 0 ? { kind: 'sister', at: sister } : { kind: 'lost' };
};

/** End of the object that opens at `from`, by its brackets alone; -1 when they do not close in reach. `more`: the window ends first. */
export const findObjectEnd = ({ bytes, from, end, isLast }: ResyncInput): number | 'more' => {
  const limit = Math.min(end, from + resyncLimitBytes);
  const stack: number[] = [];
  for (let at = from; at < limit; at += 1) {
    const byte = bytes[at];
    if (byte === 0x22) at = stringEnd(bytes, at, limit) - 1;
    else if (byte === 0x7b || byte === 0x5b) stack.push(byte + 2);
    else if (byte === 0x7d || byte === 0x5d) {
      if (stack.pop() !== byte) return -1;
      if (stack.length === 0) return at + 1;
    }
  }
  return limit === end && !isLast ? 'more' : -1;
};

/** End of the physical line that `from` lies in, without its break; `end` when there is none. */
export const findLineEnd = (bytes: Uint8Array, from: number, end: number): number => {
  let at = from;
  while (at < end && !isBreak(bytes[at])) at += 1;
  return at;
};

/** First byte from `at` on that is not white space. */
export const skipBlanks = (bytes: Uint8Array, at: number, end: number): number => {
  let index = at;
  while (index < end && isBlankByte(bytes[index])) index += 1;
  return index;
};

/** Line breaks (LF, CRLF, CR) in a range; a CR at its end counts unless an LF follows. */
export const countBreaks = (bytes: Uint8Array, from: number, to: number): number => {
  let count = 0;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at];
    if (byte === 0x0a || (byte === 0x0d && bytes[at + 1] !== 0x0a)) count += 1;
  }
  return count;
};
