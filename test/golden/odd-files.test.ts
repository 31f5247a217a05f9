import { writeFileSync } from 'node:fs';
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

it('a name that the engine cannot be given is read all the same', async () => {
  await using project = await makeProject({
    'students.csv': students,
    'attendance_1.csv': day('one'),
    'attendance_{1,2}.csv': day('brace'),
    'attendance_a\\b.csv': day('backslash'),
  });
  expect((await project.run()).status).toBe('ok');
  expect(
    await project.rows(
      'select attendance_id as id, _source_line as line from bronze.attendance order by id',
    ),
  ).toEqual([
    { id: 'backslash', line: 2 },
    { id: 'brace', line: 2 },
    { id: 'one', line: 2 },
  ]);
});

it('a name that is not UTF-8 is told', async () => {
  await using project = await makeProject({ 'students.csv': students });
  const folder = Buffer.from(`${project.folder}/data/raw/`);
  writeFileSync(Buffer.concat([folder, Buffer.from([0xe9]), Buffer.from('.csv')]), day('a1'));
  const { files, status } = await project.run();
  expect(status).toBe('data');
  expect(files.map((file) => [file.status, file.reason])).toContainEqual([
    'set_aside',
    'file_unsafe',
  ]);
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
