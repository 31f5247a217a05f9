import { describe, expect, it } from 'vitest';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';
import { readTables } from '../kit/world.ts';

/** `good` rows that load and `bad` rows with a status that nothing knows. */
const marks = (good: number, bad: number): string =>
  attendanceCsv(
    Array.from({ length: good + bad }, (_, index) => [
      `a${good}-${index}`,
      'S1',
      new Date(Date.UTC(2024, 8, 1 + index)).toISOString().slice(0, 10),
      index < good ? 'P' : 'Q',
    ]),
  );

const openRecords = `select count(*) as n from quarantine.record where state = 'open'`;

describe('the budget of refused rows', () => {
  it('ten refused rows are accepted whatever percent they are', async () => {
    await using project = await makeProject({
      'students.csv': studentsCsv([['S1', 'C1']]),
      'attendance.csv': marks(1, 10),
    });
    const report = await project.run();
    expect(report).toMatchObject({
      status: 'ok',
      totals: { read: 12, loaded: 2, quarantined: 10 },
    });
  });

  it('eleven above 5 percent set aside that feed alone, tell what was refused, and wait for the setting', async () => {
    await using project = await makeProject({ 'students.csv': studentsCsv([['S1', 'C1']]) });
    await project.run();
    await project.drop('students_2.csv', studentsCsv([['S2', 'C1']]));
    await project.drop('attendance_a.csv', marks(100, 11));
    await project.drop('attendance_b.csv', marks(99, 0));

    const first = await project.run();
    expect(first.status).toBe('data');
    expect(first.snapshot).toBe(first.run_id);
    expect(first.files.map(({ path, status, reason }) => [path, status, reason])).toEqual([
      ['data/raw/attendance_a.csv', 'set_aside', 'budget'],
      ['data/raw/attendance_b.csv', 'set_aside', 'budget'],
      ['data/raw/students.csv', 'skipped', undefined],
      ['data/raw/students_2.csv', 'loaded', undefined],
    ]);
    expect(first.files[0]?.detail).toContain('quarantine: { budget_pct: 6 }');
    expect(await project.rows('select count(*) as n from silver.dim_student')).toEqual([{ n: 2 }]);
    expect(await project.rows('select count(*) as n from bronze.attendance')).toEqual([{ n: 0 }]);
    expect(await project.rows(openRecords)).toEqual([{ n: 11 }]);

    const again = await project.run();
    expect(again.status).toBe('data');
    expect(again.files.filter((file) => file.status === 'set_aside')).toHaveLength(2);
    expect(again.snapshot).toBe(null);
    expect(await project.rows(openRecords)).toEqual([{ n: 11 }]);

    await project.write('schoolhouse.yaml', 'quarantine: { budget_pct: 6 }\n');
    const accepted = await project.run();
    expect(accepted).toMatchObject({
      status: 'ok',
      totals: { read: 210, loaded: 199, quarantined: 11 },
    });
    expect(await project.rows(openRecords)).toEqual([{ n: 11 }]);

    await using fresh = await makeProject({
      'students.csv': studentsCsv([['S1', 'C1']]),
      'students_2.csv': studentsCsv([['S2', 'C1']]),
      'attendance_a.csv': marks(100, 11),
      'attendance_b.csv': marks(99, 0),
    });
    await fresh.write('schoolhouse.yaml', 'quarantine: { budget_pct: 6 }\n');
    await fresh.run();
    expect(await readTables(project)).toEqual(await readTables(fresh));
  });

  it('eleven of 221 are inside 5 percent', async () => {
    await using project = await makeProject({
      'students.csv': studentsCsv([['S1', 'C1']]),
      'attendance.csv': marks(210, 11),
    });
    expect(await project.run()).toMatchObject({ status: 'ok', totals: { quarantined: 11 } });
  });
});
