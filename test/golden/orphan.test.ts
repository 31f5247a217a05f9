import { describe, expect, it } from 'vitest';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';
import { readTables } from '../kit/world.ts';

const roster = studentsCsv([['S1', 'C1']]);
const late = studentsCsv([['S2', 'C1']]);
const marks = attendanceCsv([
  ['a1', 'S1', '2025-03-03', 'P'],
  ['a2', 'S2', '2025-03-03', 'A'],
  ['a3', 'S2', '2025-03-04', 'P'],
  ['a3', 'S2', '2025-03-04', 'L', '2025-03-04T16:00:00'],
]);

describe('rows of students whom no roster knows', () => {
  it('row 40: wait as orphans and come in by themselves in the first run after the student', async () => {
    await using project = await makeProject({ 'students.csv': roster, 'attendance.csv': marks });
    const first = await project.run();
    expect(first).toMatchObject({ status: 'ok', totals: { promoted: 0 } });
    expect(first.files.find((file) => file.feed === 'attendance')).toMatchObject({
      read: 4,
      loaded: 1,
      quarantined: 3,
    });
    expect(
      await project.rows(
        `select line, stage, state, reasons[1].code as code, reasons[1]."column" as col from quarantine.record order by line`,
      ),
    ).toEqual(
      [3, 4, 5].map((line) => ({
        line,
        stage: 'silver',
        state: 'open',
        code: 'orphan',
        col: 'student_id',
      })),
    );

    await project.drop('attendance_2.csv', attendanceCsv([['b1', 'S1', '2025-03-05', 'P']]));
    expect((await project.run()).totals.promoted).toBe(0);

    await project.drop('students_late.csv', late);
    expect(await project.run()).toMatchObject({ status: 'ok', totals: { promoted: 3 } });
    expect(
      await project.rows(`select count(*) as n from quarantine.record where state = 'open'`),
    ).toEqual([{ n: 0 }]);
    expect(
      await project.rows(
        `select read, loaded, superseded, quarantined from meta.file where path = 'data/raw/attendance.csv'`,
      ),
    ).toEqual([{ read: 4, loaded: 3, superseded: 1, quarantined: 0 }]);

    await using inOrder = await makeProject({
      'students.csv': roster,
      'students_late.csv': late,
      'attendance.csv': marks,
      'attendance_2.csv': attendanceCsv([['b1', 'S1', '2025-03-05', 'P']]),
    });
    await inOrder.run();
    expect(await readTables(project)).toEqual(await readTables(inOrder));
  });

  it('row 40: load with inferred students while there is no roster, which the first roster replaces', async () => {
    await using project = await makeProject({ 'attendance.csv': marks });
    const first = await project.run();
    expect(first.status).toBe('ok');
    expect(first.totals).toMatchObject({ read: 4, loaded: 3, superseded: 1, quarantined: 0 });
    expect(first.warnings.map((warning) => warning.code)).toContain('students_inferred');
    expect(
      await project.rows(
        'select student_id, is_inferred from silver.dim_student order by student_id',
      ),
    ).toEqual([
      { student_id: 'S1', is_inferred: true },
      { student_id: 'S2', is_inferred: true },
    ]);

    await project.drop('students.csv', roster);
    const second = await project.run();
    expect(second.status).toBe('ok');
    await using inOrder = await makeProject({ 'attendance.csv': marks, 'students.csv': roster });
    await inOrder.run();
    expect(await readTables(project)).toEqual(await readTables(inOrder));
    expect(
      await project.rows(
        `select read, loaded, superseded, quarantined from meta.file where path = 'data/raw/attendance.csv'`,
      ),
    ).toEqual([{ read: 4, loaded: 1, superseded: 0, quarantined: 3 }]);
  });
});
