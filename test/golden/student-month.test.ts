import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';

// The first fact is on 30 January: the period that holds it begins on a date of which there is no fact.
let project: SchoolProject;

beforeAll(async () => {
  project = await makeProject({
    'students.csv': studentsCsv([['s1', 'C1']]),
    'attendance.csv': attendanceCsv([
      ['m1', 's1', '2025-01-30', 'P', '2025-01-30T08:00:00'],
      ['m2', 's1', '2025-01-31', 'A', '2025-01-31T08:00:00'],
      ['m3', 's1', '2025-02-03', 'A', '2025-02-03T08:00:00'],
      ['m4', 's1', '2025-02-04', 'A', '2025-02-04T08:00:00'],
    ]),
  });
});
afterAll(() => project[Symbol.asyncDispose]());

const months = () =>
  project.rows(`select cast(date as varchar) as date, status, days, cast(last_date as varchar) as last_date,
    days_after_present from silver.student_month order by date, status`);

const streak = async (): Promise<unknown> =>
  (await project.rows('select current_streak from gold.student_performance_summary'))[0]
    ?.current_streak;

const row = (date: string, status: string, days: number, last: string, after: number) => ({
  date,
  status,
  days,
  last_date: last,
  days_after_present: after,
});

describe('days by month', () => {
  it('each month tells its days, and the streak goes back over its first day', async () => {
    expect((await project.run()).status).toBe('ok');
    expect(await months()).toEqual([
      row('2025-01-01', 'absent', 1, '2025-01-31', 1),
      row('2025-01-01', 'present', 1, '2025-01-30', 0),
      row('2025-02-01', 'absent', 2, '2025-02-04', 2),
    ]);
    expect(await streak()).toBe(3);
  });

  it('a correction replaces the rows of its month, and the streak begins later', async () => {
    await project.drop(
      'attendance_corrections.csv',
      attendanceCsv([['m2', 's1', '2025-01-31', 'P', '2025-02-04T15:00:00']]),
    );
    expect((await project.run()).status).toBe('ok');
    expect(await months()).toEqual([
      row('2025-01-01', 'present', 2, '2025-01-31', 0),
      row('2025-02-01', 'absent', 2, '2025-02-04', 2),
    ]);
    expect(await streak()).toBe(2);
  });

  it('the next day counts its whole month again', async () => {
    await project.drop(
      'attendance_next.csv',
      attendanceCsv([['m5', 's1', '2025-02-05', 'P', '2025-02-05T08:00:00']]),
    );
    expect((await project.run()).status).toBe('ok');
    expect(await months()).toEqual([
      row('2025-01-01', 'present', 2, '2025-01-31', 0),
      row('2025-02-01', 'absent', 2, '2025-02-04', 0),
      row('2025-02-01', 'present', 1, '2025-02-05', 0),
    ]);
    expect(await streak()).toBe(0);
  });

  it('a full refresh tells the same', async () => {
    const before = await months();
    expect((await project.run({ fullRefresh: true })).status).toBe('ok');
    expect(await months()).toEqual(before);
  });
});
