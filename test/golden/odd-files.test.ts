import { expect, it } from 'vitest';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';

const students = studentsCsv([['S1', 'C1']]);
const day = (id: string): string => attendanceCsv([[id, 'S1', '2025-03-03', 'P']]);

it('a file name that looks like a pattern names that file alone', async () => {
  await using project = await makeProject({
    'students.csv': students,
    'attendance_2.csv': day('a2'),
    'attendance_[2].csv': day('bracket'),
    'attendance_*.csv': day('star'),
    'attendance_?.csv': day('mark'),
  });
  expect((await project.run()).status).toBe('ok');
  expect(
    await project.rows(
      'select _source_file as file, attendance_id as id from bronze.attendance order by id',
    ),
  ).toEqual([
    { file: 'data/raw/attendance_2.csv', id: 'a2' },
    { file: 'data/raw/attendance_[2].csv', id: 'bracket' },
    { file: 'data/raw/attendance_?.csv', id: 'mark' },
    { file: 'data/raw/attendance_*.csv', id: 'star' },
  ]);
});

it('a name that the engine cannot be given is set aside and stops no other', async () => {
  await using project = await makeProject({
    'students.csv': students,
    'attendance_{1,2}.csv': day('a1'),
    'attendance_3.csv': day('a3'),
  });
  const { files, totals } = await project.run();
  expect(files.find((file) => file.path.includes('{'))).toMatchObject({
    status: 'set_aside',
    reason: 'file_unsafe',
  });
  expect(totals.loaded).toBe(2);
});

it('thousands of new columns are told in one warning and not kept; a header of 200,000 characters takes no time', async () => {
  const records = Array.from({ length: 300 }, (_, index) => ({
    ...{ assessment_id: `e${index}`, student_id: 'S1', subject: 'Math', score: 1, max_score: 2 },
    ...{ assessment_date: '2025-03-03', [`k${index}`]: 1 },
  }));
  const long = 'x'.repeat(200_000);
  await using project = await makeProject({
    'students.csv': students,
    'assessments.json': JSON.stringify(records),
    'attendance.csv': `attendance_id,student_id,attendance_date,status,${long}\na1,S1,2025-03-03,P,y\n`,
  });
  const { warnings, totals } = await project.run();
  expect(totals.loaded).toBe(302);
  expect(warnings.map((one) => [one.code, one.feed, (one.column ?? '').length])).toEqual([
    ['column_unmatched', 'assessments', 0],
    ['column_unmatched', 'attendance', 81],
  ]);
  expect(await project.rows(`select ${'x'.repeat(56)} as kept from bronze.attendance`)).toEqual([
    { kept: 'y' },
  ]);
});
