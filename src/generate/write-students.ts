import type { Effects } from '../base/index.ts';
import { csvRow } from './csv-row.ts';
import type { SchoolPlan } from './plan-school.ts';
import { type RowFile, withRowFile } from './row-file.ts';
import { spoilCsv } from './spoil-csv.ts';
import { openStudents, type StudentRow, studentColumns, studentHeader } from './student-row.ts';
import { openTally, type Tally, type WrittenFiles } from './tally.ts';

type Later = { readonly kind: 'duplicate' | 'correction'; readonly row: StudentRow };

const lineOf = (row: StudentRow): string => `${csvRow(Object.values(row))}\n`;

/**
 * Writes the roster as `students.csv`. A bad row is a further student on no other list (were it one of the roster,
 * that student's attendance would be orphaned); a change of class is a second, newer row at the end.
 */
export const writeStudents = async (
  { school, roster, days, plants }: SchoolPlan,
  effects: Pick<Effects, 'fs'>,
): Promise<WrittenFiles> => {
  const write = async (file: RowFile): Promise<Tally> => {
    const studentAt = openStudents(school, roster, days);
    const tally = openTally(file.path, 'students', 2);
    const later: Later[] = [];
    let nextPlant = 0;
    let strangers = 0;
    await file.write(`${studentHeader}\n`);
    for (let s = 0; s < school.students; s += 1) {
      const { row, moved } = studentAt(s);
      await file.write(lineOf(row));
      tally.good(1);
      if (moved !== undefined) later.push({ kind: 'correction', row: moved });
      if (plants.students.positions[nextPlant] !== s) continue;
      const planted = plants.students.plants[nextPlant];
      nextPlant += 1;
      if (planted?.kind === 'bad') {
        strangers += 1;
        const stranger = { ...row, student_id: `S-${9_500_000 + strangers}`, email: '' };
        const bad = spoilCsv(stranger, planted.codes, planted.variant, studentColumns);
        await file.write(bad.text);
        tally.bad(bad.faults);
      } else if (planted?.kind === 'blank') {
        await file.write(`${','.repeat(Object.keys(row).length - 1)}\n`);
        tally.blank();
      } else if (planted?.kind === 'duplicate') {
        // Of a student who moved the newer row is repeated: the older one is superseded already.
        later.push({ kind: 'duplicate', row: moved ?? row });
      }
    }
    for (const { kind, row } of later) {
      await file.write(lineOf(row));
      tally[kind]();
    }
    return tally;
  };
  const tally = await withRowFile(school.folder, 'students.csv', write, effects);
  return { files: [tally.file()], planted: tally.planted() };
};
