import { decodeText } from './decode-text.ts';
import type { HeaderProblem, TextEncoding } from './scan.ts';
import { type CsvFound, cellKinds } from './scan-csv-record.ts';

const candidates = [',', ';', '\t', '|'] as const;

/** The delimiter that stands most often outside quotes in the first line with ink of `head`; a comma when none does. */
export const detectDelimiter = (head: Uint8Array): string => {
  const counts = new Map<number, number>(candidates.map((char) => [char.charCodeAt(0), 0]));
  let isQuoted = false;
  let hasInk = false;
  for (const byte of head) {
    if (byte === 0x22) isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (byte === 0x0a || byte === 0x0d) {
      if (hasInk) break;
      for (const char of counts.keys()) counts.set(char, 0); // a blank line says nothing
    } else if (byte !== 0x20 && byte !== 0x09) hasInk = true;
    const count = counts.get(byte);
    if (count !== undefined) counts.set(byte, count + 1);
  }
  let best: string = ',';
  for (const char of candidates)
    if ((counts.get(char.charCodeAt(0)) ?? 0) > (counts.get(best.charCodeAt(0)) ?? 0)) best = char;
  return best;
};

/** Cell `index` of a found record as text, its quotes removed. */
export const cellText = (
  bytes: Uint8Array,
  found: CsvFound,
  index: number,
  encoding: TextEncoding,
): string => {
  const start = found.starts[index] ?? 0;
  const end = found.ends[index] ?? 0;
  if (found.kinds[index] !== cellKinds.quoted)
    return decodeText(bytes.subarray(start, end), encoding);
  return decodeText(bytes.subarray(start + 1, end - 1), encoding).replaceAll('""', '"');
};

/** All cells of a found record as text. */
export const cellTexts = (
  bytes: Uint8Array,
  found: CsvFound,
  encoding: TextEncoding,
): readonly string[] =>
  Array.from({ length: found.fields }, (_, index) => cellText(bytes, found, index, encoding));

/** Blank names, and names equal but for letter case, blanks around and Unicode form. */
export const findHeaderProblems = (columns: readonly string[]): readonly HeaderProblem[] => {
  const positions = new Map<string, number[]>();
  columns.forEach((column, index) => {
    const key = column.normalize('NFC').trim().toLowerCase();
    positions.set(key, [...(positions.get(key) ?? []), index + 1]);
  });
  const found: HeaderProblem[] = [];
  for (const [key, at] of positions) {
    if (key === '') found.push({ kind: 'blank', positions: at });
    else if (at.length > 1) found.push({ kind: 'repeated', positions: at });
  }
  return found;
};
