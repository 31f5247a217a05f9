import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentsJson, attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';

// Vectors 19-21 and 29 of the definitions, from files to the table. Each has a class and a date of its own.
let project: SchoolProject;

type Mark = readonly [id: string, student: string, date: string, status: string, at?: string];

const roll = (classId: string, date: string, statuses: readonly string[]): readonly Mark[] =>
  statuses.map((status, index) => [`${classId}-${index}`, `${classId}-S${index}`, date, status]);

const members = (classId: string, count: number) =>
  Array.from({ length: count }, (_, index) => [`${classId}-S${index}`, classId] as const);

const v19 = ['P', 'P', 'L', 'remote', 'E', 'U', 'A', 'half', 'not taken', 'no school'];
const v20 = [
  ...Array<string>(22).fill('P'),
  ...['L', 'L', 'remote', 'E', 'U', 'half', 'not taken'],
];

const v29: readonly Mark[] = [
  ['id1', 'C29-S0', '2025-03-05', 'A', '2025-03-05T08:00:00'],
  ['id1', 'C29-S0', '2025-03-05', 'P', '2025-03-05T10:00:00'],
  ['id2', 'C29-S1', '2025-03-05', 'A', '2025-03-05T09:00:00'],
  ['id3', 'C29-S1', '2025-03-05', 'Late', '2025-03-05T09:30:00'],
  ['id4', 'C29-S2', '2025-03-05', 'P', '2025-03-05T09:00:00'],
  ['id4', 'C29-S2', '2025-03-05', 'P', '2025-03-05T09:00:00'],
];

beforeAll(async () => {
  const score = (id: string, student: string, points: number) => ({
    assessment_id: id,
    student_id: student,
    subject: 'Math',
    score: points,
    max_score: 10,
    assessment_date: '2025-03-06',
    created_at: '2025-03-06T12:00:00',
  });
  project = await makeProject({
    'students.csv': studentsCsv([
      ...members('C19', 10),
      ...members('C20', 30),
      ...members('C21', 2),
      ...members('C29', 3),
    ]),
    'attendance_a.csv': attendanceCsv([
      ...roll('C19', '2025-03-03', v19),
      ...roll('C20', '2025-03-04', v20),
    ]),
    'attendance_b.csv': attendanceCsv(v29),
    'assessments.json': assessmentsJson([
      score('x1', 'C21-S0', 5),
      score('x2', 'C21-S0', 10),
      score('x3', 'C21-S1', 9),
    ]),
  });
});
afterAll(() => project[Symbol.asyncDispose]());

const classDay = (classId: string, date: string) =>
  project.rows(
    `select * exclude (class_id, date) from gold.class_daily_performance where class_id = '${classId}' and date = date '${date}'`,
  );

describe('class_daily_performance from files', () => {
  it('29: of six rows four are loaded, one is superseded, one repeats, and the file balances', async () => {
    const report = await project.run();
    expect(report.status).toBe('ok');
    expect(report.files.find((file) => file.path.endsWith('attendance_b.csv'))).toMatchObject({
      read: 6,
      loaded: 4,
      superseded: 1,
      duplicate: 1,
      blank: 0,
      quarantined: 0,
    });
    expect(await classDay('C29', '2025-03-05')).toEqual([
      {
        total_students: 3,
        students_with_attendance: 3,
        present_count: 3,
        absent_count: 0,
        attendance_rate: '100.00',
        students_with_assessment: 0,
        assessment_count: 0,
        avg_score: null,
      },
    ]);
  });

  it('29: two ids for one day of a student both stay in the fact, and conflicting_status warns', async () => {
    expect(
      await project.rows(
        `select attendance_id, status from silver.fact_attendance where class_id = 'C29' order by attendance_id`,
      ),
    ).toEqual([
      { attendance_id: 'id1', status: 'present' },
      { attendance_id: 'id2', status: 'absent' },
      { attendance_id: 'id3', status: 'late' },
      { attendance_id: 'id4', status: 'present' },
    ]);
    expect(
      await project.rows(
        `select severity, failed_rows from meta.check_result where check_name like '%conflicting_status'`,
      ),
    ).toEqual([{ severity: 'warn', failed_rows: 1 }]);
  });

  it('19: present, late and remote over the counted eight are 50.00', async () => {
    expect(await classDay('C19', '2025-03-03')).toMatchObject([
      {
        total_students: 10,
        students_with_attendance: 8,
        present_count: 4,
        absent_count: 4,
        attendance_rate: '50.00',
      },
    ]);
  });

  it('20: not taken and no row count in neither side', async () => {
    expect(await classDay('C20', '2025-03-04')).toMatchObject([
      {
        total_students: 30,
        students_with_attendance: 28,
        present_count: 25,
        absent_count: 3,
        attendance_rate: '89.29',
      },
    ]);
  });

  it('21: a class-day with scores alone has a row without a rate', async () => {
    expect(await classDay('C21', '2025-03-06')).toEqual([
      {
        total_students: 2,
        students_with_attendance: 0,
        present_count: 0,
        absent_count: 0,
        attendance_rate: null,
        students_with_assessment: 2,
        assessment_count: 3,
        avg_score: '80.00',
      },
    ]);
  });

  it('a class without roll on a school day is in attendance_not_taken and has no row', async () => {
    expect(await classDay('C21', '2025-03-04')).toEqual([]);
    expect(
      await project.rows(
        `select total_students, not_taken_students from gold.attendance_not_taken where class_id = 'C21' and date = date '2025-03-04'`,
      ),
    ).toEqual([{ total_students: 2, not_taken_students: 2 }]);
  });

  it('19: a changed policy is built anew, without a new file', async () => {
    const rates: unknown[] = [];
    for (const rule of ['present', 'half']) {
      await project.write('schoolhouse.yaml', `policies:\n  attendance.half_day_is: ${rule}\n`);
      const report = await project.run();
      rates.push(report.status, (await classDay('C19', '2025-03-03'))[0]?.attendance_rate);
    }
    expect(rates).toEqual(['ok', '62.50', 'ok', '56.25']);
  });
});
