import { expect, it } from 'vitest';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';
import { readTables } from '../kit/world.ts';

const yaml = 'feeds: { attendance: { loadStrategy: replaceBatch } }\n';
const students = studentsCsv([
  ['S1', 'C1'],
  ['S2', 'C1'],
]);
const facts = 'select attendance_id from silver.fact_attendance order by attendance_id';
const counts = `select receipt, loaded, duplicate, superseded, quarantined from meta.file where path like '%attendance%' order by receipt`;
const waiting = `select count(*) as n from quarantine.record where state = 'open'`;

const idsOf = async (project: SchoolProject): Promise<readonly unknown[]> =>
  (await project.rows(facts)).map((row) => row.attendance_id);

it('fault row 41: of a batch that is delivered anew the rows that it no longer has go, as with a full refresh', async () => {
  await using project = await makeProject({
    'students.csv': students,
    'attendance_2025-03-03.csv': attendanceCsv([
      ['a1', 'S1', '2025-03-03', 'P'],
      ['a2', 'S2', '2025-03-03', 'A'],
      ['a3', 'S9', '2025-03-03', 'P'],
    ]),
    'attendance_2025-03-04.csv': attendanceCsv([['b1', 'S1', '2025-03-04', 'P']]),
  });
  await project.write('schoolhouse.yaml', yaml);
  await project.run();
  expect(await idsOf(project)).toEqual(['a1', 'a2', 'b1']);
  await project.drop('attendance_2025-03-03.csv', attendanceCsv([['a1', 'S1', '2025-03-03', 'L']]));
  expect((await project.run()).status).toBe('ok');
  expect(await idsOf(project)).toEqual(['a1', 'b1']);
  // The first version's three rows are superseded, the one that waited for S9 among them.
  expect(await project.rows(counts)).toEqual([
    { receipt: 1, loaded: 0, duplicate: 0, superseded: 3, quarantined: 0 },
    { receipt: 2, loaded: 1, duplicate: 0, superseded: 0, quarantined: 0 },
    { receipt: 4, loaded: 1, duplicate: 0, superseded: 0, quarantined: 0 },
  ]);
  expect(await project.rows(waiting)).toEqual([{ n: 0 }]);
  const incremental = await readTables(project);
  expect((await project.run({ fullRefresh: true })).status).toBe('ok');
  expect(await readTables(project)).toEqual(incremental);
  expect((await project.rows(counts)).map((row) => row.superseded)).toEqual([3, 0, 0]);
});

it('who waits in other batches waits on when one is delivered anew, and comes in when both arrive together', async () => {
  const batch = (day: string, id: string, student: string, status: string): string =>
    attendanceCsv([
      [`${id}1`, 'S1', day, status],
      [`${id}2`, student, day, status],
    ]);
  await using project = await makeProject({
    'students.csv': students,
    'attendance_2025-03-03.csv': batch('2025-03-03', 'a', 'S8', 'P'),
    'attendance_2025-03-04.csv': batch('2025-03-04', 'b', 'S9', 'P'),
    'attendance_2025-03-05.csv': batch('2025-03-05', 'c', 'S2', 'P'),
  });
  await project.write('schoolhouse.yaml', yaml);
  await project.run();
  const records = `select record_id, run_id, state from quarantine.record order by record_id`;
  const before = await project.rows(records);
  expect(before.map((row) => row.state)).toEqual(['open', 'open']);
  await project.drop('attendance_2025-03-05.csv', batch('2025-03-05', 'c', 'S2', 'L'));
  const first = await project.run();
  expect(first).toMatchObject({ status: 'ok', totals: { promoted: 0 } });
  expect(await idsOf(project)).toEqual(['a1', 'b1', 'c1', 'c2']);
  expect(await project.rows(records)).toEqual(before);
  await project.drop('students.csv', `${students}${studentsCsv([['S9', 'C1']]).split('\n')[1]}\n`);
  await project.drop('attendance_2025-03-05.csv', batch('2025-03-05', 'c', 'S2', 'A'));
  const second = await project.run();
  expect(second).toMatchObject({ status: 'ok', totals: { promoted: 1 } });
  expect(await idsOf(project)).toEqual(['a1', 'b1', 'b2', 'c1', 'c2']);
  expect((await project.rows(records)).map((row) => row.state)).toEqual(['open', 'resolved']);
  const incremental = await readTables(project);
  expect((await project.run({ fullRefresh: true })).status).toBe('ok');
  expect(await readTables(project)).toEqual(incremental);
  expect(await idsOf(project)).toEqual(['a1', 'b1', 'b2', 'c1', 'c2']);
});
