import { describe, expect, it } from 'vitest';
import { studentsCsv } from '../kit/csv.ts';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';
import { typeCommand } from '../kit/type-command.ts';

const ids = Array.from({ length: 20 }, (_, index) => `S${index + 1}`);
// Day first: none of these is a date of the shipped contract.
const attendance = `attendance_id,student_id,attendance_date,status\n${ids
  .map((id, index) => `a${index + 1},${id},${String(13 + (index % 5))}/03/2025,P\n`)
  .join('')}`;
const yaml = 'feeds: { attendance: { columns: { attendance_date: { format: "dd/MM/yyyy" } } } }\n';
const counts = `select loaded, quarantined from meta.file where path like '%attendance%' and status = 'loaded'`;
const states =
  'select state, because, count(*) as n from quarantine.record group by all order by all';

const setAsideFirst = async (): Promise<SchoolProject> => {
  const project = await makeProject({
    'students.csv': studentsCsv(ids.map((id) => [id, 'C1'])),
    'attendance.csv': attendance,
  });
  expect((await project.run()).status).toBe('data');
  expect(await project.rows(states)).toEqual([{ state: 'open', because: null, n: 20 }]);
  await project.write('schoolhouse.yaml', yaml);
  return project;
};

const expectLoadedOnce = async (project: SchoolProject): Promise<void> => {
  expect(await project.rows(counts)).toEqual([{ loaded: 20, quarantined: 0 }]);
  expect(await project.rows('select count(*) as n from bronze.attendance')).toEqual([{ n: 20 }]);
  expect(await project.rows(states)).toEqual([
    { state: 'resolved', because: 'The file was read again.', n: 20 },
  ]);
  expect((await typeCommand(project, 'check')).code).toBe(0);
};

describe('a file that was set aside and is read again with another format', () => {
  it('leaves no open record, so that a replay has nothing to do', async () => {
    await using project = await setAsideFirst();
    expect((await project.run()).status).toBe('ok');
    await expectLoadedOnce(project);
    expect((await project.run({ replay: {} })).replay?.tried).toBe(0);
    await expectLoadedOnce(project);
  });

  it('is loaded once when a replay is what reads it', async () => {
    await using project = await setAsideFirst();
    const report = await project.run({ replay: {} });
    expect(report.replay).toMatchObject({ tried: 0, loaded: 0, reread: 20 });
    expect(report.totals.promoted).toBe(0);
    await expectLoadedOnce(project);
  });
});
