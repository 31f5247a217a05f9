import type { Fault, RowCode } from './row-code.ts';

/** What bad cells look like, by rule. None is a null token, and none has a second reason. */
export const badDates = ['2025-02-31', '2023-02-29', '0024-09-02', '2025-02-10T24:00:00'] as const;
export const badTimestamps = [
  'yesterday',
  '2025-02-30T08:00:00',
  '2025-01-10T25:61:00',
  '2025-13-01T08:00:00',
] as const;
export const badWords = ['PRESNT', 'V', 'MAYBE', 'XX'] as const;
/** Past every clock that reads the file, and a Wednesday. */
export const futureDate = '2087-03-12';
/** 70 characters, past the 64 that a class id may have. */
export const longClassId = `CLASS-${'0123456789'.repeat(7).slice(0, 64)}`;
/** NUL and the old end-of-file character. */
export const controlCharacters = ['\u0000', '\u001a'] as const;

/** The entry for the nth row of a kind. */
export const variantOf = <T>(list: readonly T[], variant: number): T => {
  const entry = list[variant % list.length];
  if (entry === undefined) throw new Error('variantOf needs a list with entries');
  return entry;
};

/** Ids of students on no list: past the highest that a roster gives (S-1000000). */
export const unknownStudent = (variant: number): string => `S-${9_000_001 + variant}`;

/** The cells of a row by column, in the order of the file, with what was made wrong in them. */
export type SpoiledCells = {
  readonly cells: Readonly<Record<string, string>>;
  readonly faults: readonly Fault[];
};

/** Puts `value` into a column, for a reason. */
export const spoilCell = (
  spoiled: SpoiledCells,
  code: RowCode,
  column: string,
  value: string,
): SpoiledCells => ({
  cells: { ...spoiled.cells, [column]: value },
  faults: [...spoiled.faults, { code, column }],
});

/** Names a reason that belongs to the record and to no column. */
export const spoilRecord = (
  spoiled: SpoiledCells,
  code: RowCode,
  cells: Readonly<Record<string, string>> = {},
): SpoiledCells => ({
  cells: { ...spoiled.cells, ...cells },
  faults: [...spoiled.faults, { code, column: null }],
});
