import { describe, expect, it } from 'vitest';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';
import { readTables } from '../kit/world.ts';

const query = `select f.student_id from silver.fact_attendance as f where f.is_present = false
group by f.student_id having count(*) > 1
`;
const sidecar = `severity: error
why: For this test, two absences are too many.
fix: Correct the file.
trips:
  silver.fact_attendance:
    - { student_id: s1, is_present: false }
    - { student_id: s1, is_present: false }
`;

describe('a check of severity error that fails', () => {
  it('keeps the old tables, still tells what was refused, and the corrected file then loads', async () => {
    await using project = await makeProject({
      'students.csv': studentsCsv([['S1', 'C1']]),
      'attendance_1.csv': attendanceCsv([['a1', 'S1', '2025-03-03', 'A']]),
    });
    await project.write('models/checks/nobody_is_absent_twice.sql', query);
    await project.write('models/checks/nobody_is_absent_twice.yml', sidecar);
    const first = await project.run();
    expect(first.status).toBe('ok');
    const before = await readTables(project);

    await project.drop(
      'attendance_2.csv',
      attendanceCsv([
        ['b1', 'S1', '2025-03-04', 'A'],
        ['b2', 'S1', '2025-03-05', 'Q'],
      ]),
    );
    const failed = await project.run();
    expect(failed).toMatchObject({ status: 'data', snapshot: null });
    expect(failed.checks.filter((one) => one.failed_rows > 0)).toEqual([
      { name: 'nobody_is_absent_twice', severity: 'error', failed_rows: 1 },
    ]);
    expect(await readTables(project)).toEqual(before);
    expect(
      await project.rows(`select file, row, reasons[1].code as code from quarantine.record`),
    ).toEqual([{ file: 'data/raw/attendance_2.csv', row: 2, code: 'status_unknown' }]);
    expect(
      await project.rows(
        `select run_id, status, error_code, snapshot from meta.run order by run_id`,
      ),
    ).toMatchObject([
      { run_id: 1, status: 'ok', snapshot: 1 },
      { run_id: 2, status: 'data', snapshot: null },
    ]);

    const retried = await project.run();
    expect(retried.status).toBe('data');
    expect(await project.rows(`select count(*) as n from quarantine.record`)).toEqual([{ n: 1 }]);
    expect(await readTables(project)).toEqual(before);

    await project.drop('attendance_2.csv', attendanceCsv([['b1', 'S1', '2025-03-04', 'P']]));
    expect((await project.run()).status).toBe('ok');
    await using fresh = await makeProject({
      'students.csv': studentsCsv([['S1', 'C1']]),
      'attendance_1.csv': attendanceCsv([['a1', 'S1', '2025-03-03', 'A']]),
      'attendance_2.csv': attendanceCsv([['b1', 'S1', '2025-03-04', 'P']]),
    });
    await fresh.run();
    expect(await readTables(project)).toEqual(await readTables(fresh));
  });
});
