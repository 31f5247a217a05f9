import type { Effects } from '../base/index.ts';
import { planSchool } from './plan-school.ts';
import { requireAbsent } from './row-file.ts';
import type { SchoolOptions } from './school-options.ts';
import { type GeneratedFile, type PlantedRow, type RowCounts, totalCounts } from './tally.ts';
import { writeAssessments } from './write-assessments.ts';
import { attendanceFiles, writeAttendance } from './write-attendance.ts';
import { writeStudents } from './write-students.ts';

/** What was written and what was planted in it, counted while writing. */
export type GeneratedSchool = {
  /** students, attendance (by day where daily), assessments. */
  readonly files: readonly GeneratedFile[];
  readonly totals: RowCounts;
  /** One entry for each reason of each planted bad row, in the order of the files. */
  readonly planted: readonly PlantedRow[];
};

/**
 * Writes `students.csv`, `attendance.csv` (or `attendance_YYYYMMDD.csv` a day) and `assessments.json` into a folder
 * and tells what it planted. Equal options give equal bytes. Refuses to overwrite: `generate.file-exists`.
 */
export const generateSchool = async (
  options: SchoolOptions,
  effects: Pick<Effects, 'fs'>,
): Promise<GeneratedSchool> => {
  const plan = planSchool(options);
  const { school, days } = plan;
  const attendance = attendanceFiles(school, days).map(({ name }) => name);
  const names = ['students.csv', ...attendance, 'assessments.json'];
  await requireAbsent(school.folder, names, effects);
  await effects.fs.makeFolder(school.folder);
  const written = [
    await writeStudents(plan, effects),
    await writeAttendance(plan, effects),
    await writeAssessments(plan, effects),
  ];
  await effects.fs.syncFolder(school.folder);
  const files = written.flatMap((part) => part.files);
  return { files, totals: totalCounts(files), planted: written.flatMap((part) => part.planted) };
};
