import { isAscii, isUtf8 } from 'node:buffer';
import { characterLength } from './decode-encoding.ts';
import type { TextEncoding } from './scan.ts';

// Bytes 80 to 9F; the five that the code page leaves open become C1 controls. TextDecoder of Node 20 takes them all for Latin-1.
const upper1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

const decode1252 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (char) => upper1252[char.charCodeAt(0) - 0x80] ?? char);

const escapeInvalid = (bytes: Uint8Array): string => {
  let text = '';
  let from = 0;
  const keep = (to: number): void => {
    if (to > from) text += Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString();
  };
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at, bytes.length);
    if (length === 0) {
      keep(at);
      text += `\\x${(bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0')}`;
      from = at + 1;
    }
    at += Math.max(length, 1);
  }
  keep(bytes.length);
  return text;
};

/** Bytes as text; what cannot be decoded stands as `\xNN`. */
export const decodeText = (bytes: Uint8Array, encoding: TextEncoding): string => {
  if (encoding === 'cp1252') return decode1252(bytes);
  if (!isAscii(bytes) && !isUtf8(bytes)) return escapeInvalid(bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
};

/** UTF-8 bytes of each of the 256 bytes of code page 1252. */
export const utf8Of1252: readonly Uint8Array[] = Array.from({ length: 256 }, (_, byte) =>
  Uint8Array.from(Buffer.from(decode1252(Uint8Array.of(byte)))),
);
