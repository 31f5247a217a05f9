import { type AssessmentRow, jsonRow } from './assessment-row.ts';
import { byteMark, withStrayBytes } from './csv-row.ts';
import type { RowCode, SpoiledRow } from './row-code.ts';
import {
  badDates,
  badTimestamps,
  badWords,
  futureDate,
  type SpoiledCells,
  spoilCell,
  spoilRecord,
  unknownStudent,
  variantOf,
} from './spoiled-cell.ts';

const quoted = (value: string): string => JSON.stringify(value);

/** JSON that is a value but no decimal number: a word, a double's infinity, two points, hexadecimal. */
const badNumbers = ['"abc"', '1e400', '"7.5.1"', '"0x10"'] as const;

/** Values that are not JSON at all, and after which the next element can be found. */
const brokenValues = ['01', 'tru', 'NaN', '.5'] as const;

const spoil = (spoiled: SpoiledCells, code: RowCode, variant: number): SpoiledCells => {
  const put = (column: string, value: string): SpoiledCells =>
    spoilCell(spoiled, code, column, value);
  const maxScore = Number(spoiled.cells.max_score);
  switch (code) {
    case 'key_missing':
      return put(variant % 2 === 0 ? 'assessment_id' : 'student_id', 'null');
    case 'date_invalid':
      return put('assessment_date', quoted(variantOf(badDates, variant)));
    case 'date_in_future':
      return put('assessment_date', quoted(futureDate));
    case 'timestamp_invalid':
      return put('created_at', quoted(variantOf(badTimestamps, variant)));
    case 'number_invalid':
      return put('score', variantOf(badNumbers, variant));
    case 'status_unknown':
      return put('result', quoted(variantOf(badWords, variant)));
    case 'score_missing':
      return put('score', variant % 2 === 0 ? 'null' : '""');
    case 'score_negative':
      return put('score', String(-1 - (variant % 5)));
    case 'score_above_max':
      return put('score', String(maxScore + 1 + (variant % 30)));
    case 'max_score_missing':
      return put('max_score', variant % 2 === 0 ? 'null' : '""');
    case 'max_score_zero': {
      // With a score above 0 the row would also be above the maximum.
      const zero = put('max_score', '0');
      return { ...zero, cells: { ...zero.cells, score: '0' } };
    }
    case 'orphan':
      return put('student_id', quoted(unknownStudent(500_000 + variant)));
    case 'encoding_invalid':
      return spoilRecord(spoiled, code, { subject: `"Math${byteMark}matiques"` });
    case 'control_character':
      return spoilRecord(spoiled, code, {
        subject: variant % 2 === 0 ? '"Mathe\\u0000matics"' : '"Mathe\\u001amatics"',
      });
    case 'json_invalid':
      return spoilRecord(spoiled, code, { score: variantOf(brokenValues, variant) });
    case 'json_duplicate_key':
      return spoilRecord(spoiled, code);
    default:
      throw new Error(`an assessment cannot carry ${code}`);
  }
};

/** A row with a score: half of the highest one where there was none. */
const scored = (row: AssessmentRow): AssessmentRow => {
  const { result: _, ...rest } = row;
  return row.score === 'null' ? { ...rest, score: String(Number(row.max_score) / 2) } : row;
};

/** Makes a good assessment bad for exactly `codes`. Throws for a code that JSON cannot carry. */
export const spoilJson = (
  row: AssessmentRow,
  codes: readonly RowCode[],
  variant: number,
): SpoiledRow => {
  const spoiled = codes.reduce<SpoiledCells>((before, code) => spoil(before, code, variant), {
    cells: scored(row),
    faults: [],
  });
  const object = jsonRow(spoiled.cells);
  const line = codes.includes('json_duplicate_key')
    ? `${object.slice(0, -1)}, "score": ${spoiled.cells.score}}`
    : object;
  const text = line.includes(byteMark) ? withStrayBytes(line) : line;
  return { text, faults: spoiled.faults };
};
