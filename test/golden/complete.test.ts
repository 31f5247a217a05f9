import { expect, it } from 'vitest';
import { readSnapshot } from '../../src/lake/index.ts';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';
import { typeCommand } from '../kit/type-command.ts';

const isComplete = async ({ folder, effects }: SchoolProject): Promise<boolean | undefined> =>
  (await readSnapshot(`${folder}/data/lake`, {}, effects))?.manifest.complete;

it('a run of one feed is complete when it leaves no table behind, and not while one waits', async () => {
  await using project = await makeProject({ 'students.csv': studentsCsv([['S1', 'C1']]) });
  expect((await project.run({ only: ['students'] })).status).toBe('ok');
  expect(await isComplete(project)).toBe(false);
  expect((await project.run()).status).toBe('ok');
  expect(await isComplete(project)).toBe(true);
  await project.drop('attendance.csv', attendanceCsv([['a1', 'S1', '2025-03-03', 'P']]));
  await project.run({ only: ['attendance'] });
  // The facts read the students, too: they wait, and the next run brings them in.
  expect(await project.rows('select student_id from fact_attendance')).toEqual([]);
  expect(await isComplete(project)).toBe(false);
  expect((await project.run()).status).toBe('ok');
  expect(await isComplete(project)).toBe(true);
  expect(await project.rows('select student_id from fact_attendance')).toEqual([
    { student_id: 'S1' },
  ]);
});

it('a commit of the ledger alone leaves the tables as complete as they were', async () => {
  await using project = await makeProject({ 'students.csv': studentsCsv([['S1', 'C1']]) });
  await project.run();
  await project.drop('unknown.csv', 'a,b\n1,2\n');
  expect(await project.run()).toMatchObject({ status: 'data', snapshot: null });
  expect(await isComplete(project)).toBe(true);
});

it('the table of a full refresh tells the versions of a file apart', async () => {
  await using project = await makeProject({
    'students.csv': studentsCsv([['S1', 'C1']]),
    'attendance.csv': attendanceCsv([['a1', 'S1', '2025-03-03', 'P']]),
  });
  await project.run();
  await project.drop('attendance.csv', attendanceCsv([['a1', 'S1', '2025-03-03', 'A']]));
  await project.run();
  const { stderr } = await typeCommand(project, 'run', '--full-refresh');
  const lines = stderr.split('\n').filter((line) => line.startsWith('attendance.csv'));
  expect(lines.map((line) => /^attendance\.csv( \(older version\))?/.exec(line)?.[0])).toEqual([
    'attendance.csv (older version)',
    'attendance.csv',
  ]);
});
