import { expect, it } from 'vitest';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';

const marks = attendanceCsv([
  ['a1', 'S1', '2025-03-03', 'P'],
  ['a2', 'S2', '2025-03-03', 'P'],
  ['a3', 'S3', '2025-03-03', 'A'],
  ['a4', 'S4', '2025-03-03', 'P'],
]);

it('a file with more orphans than the budget is set aside, and tried again when the roster arrives', async () => {
  await using project = await makeProject({
    'students.csv': studentsCsv([['S1', 'C1']]),
    'attendance.csv': marks,
  });
  // Three of four rows are of nobody on the roster: 75 %.
  await project.write('schoolhouse.yaml', 'quarantine: { orphan_budget: 74 }\n');
  const first = await project.run();
  expect(first.status).toBe('data');
  expect(first.files.find((file) => file.path.endsWith('attendance.csv'))).toMatchObject({
    status: 'set_aside',
    reason: 'budget',
  });
  expect(await project.rows('select count(*) as n from silver.fact_attendance')).toEqual([
    { n: 0 },
  ]);
  await project.drop(
    'students_new.csv',
    studentsCsv([
      ['S2', 'C1'],
      ['S3', 'C1'],
      ['S4', 'C1'],
    ]),
  );
  expect((await project.run()).status).toBe('ok');
  expect(await project.rows('select count(*) as n from silver.fact_attendance')).toEqual([
    { n: 4 },
  ]);
});

it('as many orphans as the budget allows wait, each told', async () => {
  await using project = await makeProject({
    'students.csv': studentsCsv([['S1', 'C1']]),
    'attendance.csv': marks,
  });
  await project.write('schoolhouse.yaml', 'quarantine: { orphan_budget: 75 }\n');
  const { status, totals } = await project.run();
  expect([status, totals.loaded, totals.quarantined]).toEqual(['ok', 2, 3]);
});
