import { byteMark, csvRow, withStrayBytes } from './csv-row.ts';
import type { RowCode, SpoiledRow } from './row-code.ts';
import {
  badDates,
  badTimestamps,
  badWords,
  controlCharacters,
  futureDate,
  longClassId,
  type SpoiledCells,
  spoilCell,
  spoilRecord,
  unknownStudent,
  variantOf,
} from './spoiled-cell.ts';

/** Which columns of a CSV feed a rule can hit; where there are several, rows take turns. */
export type SpoilableColumns = {
  readonly keys: readonly string[];
  readonly dates: readonly string[];
  readonly happened: string;
  readonly timestamp: string;
  readonly status: string;
  /** Takes stray bytes and control characters: no rule but those of the scan reads its text. */
  readonly free: string;
};

/** Puts text into the middle of a cell. */
const insert = (cell: string, text: string): string => {
  const half = Math.ceil(cell.length / 2);
  return `${cell.slice(0, half)}${text}${cell.slice(half)}`;
};

const spoil = (
  spoiled: SpoiledCells,
  code: RowCode,
  variant: number,
  columns: SpoilableColumns,
): SpoiledCells => {
  const free = spoiled.cells[columns.free] ?? '';
  switch (code) {
    case 'key_missing':
      return spoilCell(spoiled, code, variantOf(columns.keys, variant), '');
    case 'required_missing':
      return spoilCell(spoiled, code, 'class_id', '');
    case 'date_invalid':
      return spoilCell(
        spoiled,
        code,
        variantOf(columns.dates, variant),
        variantOf(badDates, variant),
      );
    case 'date_in_future':
      return spoilCell(spoiled, code, columns.happened, futureDate);
    case 'timestamp_invalid':
      return spoilCell(spoiled, code, columns.timestamp, variantOf(badTimestamps, variant));
    case 'status_unknown':
      return spoilCell(spoiled, code, columns.status, variantOf(badWords, variant));
    case 'class_id_invalid':
      return spoilCell(spoiled, code, 'class_id', longClassId);
    case 'orphan':
      return spoilCell(spoiled, code, 'student_id', unknownStudent(variant));
    case 'encoding_invalid':
      return spoilRecord(spoiled, code, { [columns.free]: insert(free, byteMark) });
    case 'control_character':
      return spoilRecord(spoiled, code, {
        [columns.free]: insert(free, variantOf(controlCharacters, variant)),
      });
    case 'columns':
    case 'quote_unclosed':
      return spoilRecord(spoiled, code);
    default:
      throw new Error(`a CSV row cannot carry ${code}`);
  }
};

/** What happens to the line itself: a cell too few or too many, or a quote that nothing closes. */
const spoilLine = (
  cells: readonly string[],
  codes: readonly RowCode[],
  variant: number,
): string => {
  if (codes.includes('quote_unclosed')) return `"${csvRow(cells)}`;
  if (!codes.includes('columns')) return csvRow(cells);
  switch (variant % 3) {
    case 0:
      return csvRow(cells.slice(0, -1));
    case 1:
      return csvRow([...cells, 'x']);
    default:
      return `${csvRow(cells)},`;
  }
};

/** Makes a good CSV row bad for exactly `codes`; the text ends with a newline. Throws for a code that CSV cannot carry. */
export const spoilCsv = (
  cells: Readonly<Record<string, string>>,
  codes: readonly RowCode[],
  variant: number,
  columns: SpoilableColumns,
): SpoiledRow => {
  const spoiled = codes.reduce<SpoiledCells>(
    (before, code) => spoil(before, code, variant, columns),
    { cells, faults: [] },
  );
  const line = `${spoilLine(Object.values(spoiled.cells), codes, variant)}\n`;
  const text = line.includes(byteMark) ? withStrayBytes(line) : line;
  return { text, faults: spoiled.faults };
};
