import type { Effects } from '../base/index.ts';
import {
  type AssessmentRow,
  assessmentColumns,
  assessmentRows,
  jsonRow,
} from './assessment-row.ts';
import type { SchoolPlan } from './plan-school.ts';
import { type RowFile, withRowFile } from './row-file.ts';
import { spoilJson } from './spoil-json.ts';
import { openTally, type Tally, type WrittenFiles } from './tally.ts';

type Later = { readonly kind: 'duplicate' | 'correction'; readonly row: AssessmentRow };

const blankRow = jsonRow(Object.fromEntries(assessmentColumns.map((column) => [column, 'null'])));

/** The same assessment marked again that evening: newer, and with another score. */
const correctedAssessment = (row: AssessmentRow): AssessmentRow => {
  const { result: _, ...rest } = row;
  const highest = Number(row.max_score);
  const score = row.score === String(highest) ? highest - 1 : highest;
  const createdAt = row.created_at ?? '""';
  return { ...rest, score: String(score), created_at: `${createdAt.slice(0, 11)}T21:30:00"` };
};

/** Writes `assessments.json`: an array with one element a line. Repeated and corrected rows stand at its end. */
export const writeAssessments = async (
  { school, roster, days, plants }: SchoolPlan,
  effects: Pick<Effects, 'fs'>,
): Promise<WrittenFiles> => {
  const write = async (file: RowFile): Promise<Tally> => {
    const tally = openTally(file.path, 'assessments', 2);
    const later: Later[] = [];
    let ordinal = 0;
    let nextPlant = 0;
    let separator = '[\n';
    const add = async (text: string | Uint8Array): Promise<void> => {
      await file.write(separator);
      await file.write(text);
      separator = ',\n';
    };
    for (const row of assessmentRows(school, roster, days)) {
      const planted =
        plants.assessments.positions[nextPlant] === ordinal
          ? plants.assessments.plants[nextPlant]
          : undefined;
      ordinal += 1;
      if (planted !== undefined) nextPlant += 1;
      if (planted?.kind === 'bad') {
        const bad = spoilJson(row, planted.codes, planted.variant);
        await add(bad.text);
        tally.bad(bad.faults);
        continue;
      }
      await add(jsonRow(row));
      tally.good(1);
      if (planted?.kind === 'blank') {
        await add(blankRow);
        tally.blank();
      } else if (planted?.kind === 'duplicate') {
        later.push({ kind: 'duplicate', row });
      } else if (planted?.kind === 'correction') {
        later.push({ kind: 'correction', row: correctedAssessment(row) });
      }
    }
    for (const { kind, row } of later) {
      await add(jsonRow(row));
      tally[kind]();
    }
    await file.write(separator === '[\n' ? '[]\n' : '\n]\n');
    return tally;
  };
  const tally = await withRowFile(school.folder, 'assessments.json', write, effects);
  return { files: [tally.file()], planted: tally.planted() };
};
