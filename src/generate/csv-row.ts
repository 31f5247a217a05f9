import { Buffer } from 'node:buffer';

/** One CSV line without its newline; a cell is quoted only when it must be. */
export const csvRow = (cells: readonly string[]): string =>
  cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');

/** Stands for the byte in text that is still to be encoded: a private-use character, in no name. */
export const byteMark = '\ue000';

/** 0x81 begins nothing in UTF-8 and is not defined in cp1252, so no encoding explains it. */
const strayByte = new Uint8Array([0x81]);

/** UTF-8 in which each `byteMark` became a byte that is not valid there. */
export const withStrayBytes = (text: string): Uint8Array => {
  const pieces = text.split(byteMark).map((piece) => Buffer.from(piece, 'utf8'));
  return Buffer.concat(pieces.flatMap((piece, i) => (i === 0 ? [piece] : [strayByte, piece])));
};
