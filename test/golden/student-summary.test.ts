import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentsJson, attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';

let project: SchoolProject;

const daysFrom = (start: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) =>
    new Date(Date.parse(`${start}T00:00:00Z`) + index * 86_400_000).toISOString().slice(0, 10),
  );

type Mark = readonly [id: string, student: string, date: string, status: string, at?: string];

let next = 0;
const mark = (student: string, date: string, status: string): Mark => {
  next += 1;
  return [`m${next}`, student, date, status];
};

/** 180 school days: 151 present, 17 absent, 12 not taken; another student proves that roll was called. */
const vector22 = daysFrom('2024-09-01', 180).flatMap((date, index) => [
  mark('S22', date, index < 151 ? 'P' : index < 168 ? 'A' : 'not taken'),
  mark('S22b', date, 'P'),
]);

/** Absent 2 of 50 days in C1, then 8 of 40 in C2. */
const vector23 = daysFrom('2024-09-01', 90).map((date, index) =>
  mark('S23', date, index < 2 || (index >= 50 && index < 58) ? 'A' : 'P'),
);

const score = (
  id: string,
  student: string,
  points: number | null,
  most: number,
  more: object = {},
) => ({
  assessment_id: id,
  student_id: student,
  subject: 'Math',
  score: points,
  max_score: most,
  assessment_date: '2025-02-03',
  created_at: '2025-02-03T12:00:00',
  ...more,
});

const scores = [
  ...[
    [45, 50],
    [18, 20],
    [30, 40],
  ].map(([a = 0, b = 0], i) => score(`32-${i}`, 'S32', a, b)),
  ...[100, 100, 100].map((a, i) => score(`33-${i}`, 'S33a', a, 100)),
  score('33-b', 'S33b', 40, 100),
  ...[1, 2, 3].map((a, i) => score(`34-${i}`, 'S34', a, 3)),
  score('34-b', 'S34b', 133.33, 200),
  score('35-0', 'S35', 0, 10),
  score('35-1', 'S35', null, 10, { result: 'exempt' }),
  score('35-2', 'S35', null, 10, { result: 'missing' }),
  score('35-3', 'S35', 8, 10),
  score('36-0', 'S36', 11, 10),
  score('36-1', 'S36', 13, 10),
  score('36-2', 'S36', 5, 0),
];

const lone = ['S22', 'S22b', 'S32', 'S34', 'S34b', 'S35', 'S36'];

beforeAll(async () => {
  project = await makeProject({
    'students.csv': studentsCsv([
      ...lone.map((id) => [id, `C-${id}`] as const),
      ['S23', 'C1', '2024-08-20T08:00:00'],
      ['S33a', 'C33'],
      ['S33b', 'C33'],
    ]),
    'students_moved.csv': studentsCsv([['S23', 'C2', '2024-10-21T08:00:00']]),
    'attendance.csv': attendanceCsv([...vector22, ...vector23]),
    'assessments.json': assessmentsJson(scores),
  });
  await project.run();
});
afterAll(() => project[Symbol.asyncDispose]());

const summary = (student: string, columns: string) =>
  project.rows(
    `select ${columns} from gold.student_performance_summary where student_id = '${student}'`,
  );

describe('student_performance_summary from files', () => {
  it('22: not taken days are enrolled, and neither present nor absent', async () => {
    const columns =
      'days_enrolled, days_counted, present_days, absent_days, not_taken_days, attendance_rate';
    expect(await summary('S22', columns)).toEqual([
      {
        days_enrolled: 180,
        days_counted: 168,
        present_days: 151,
        absent_days: 17,
        not_taken_days: 12,
        attendance_rate: '89.88',
      },
    ]);
  });

  it('23: the rate follows the student through classes, the class rows stay with the class of the day', async () => {
    expect(
      await project.rows(
        `select class_id, pct(cast(sum(present_count) as bigint), cast(sum(students_with_attendance) as bigint)) as rate
         from gold.class_daily_performance where class_id in ('C1', 'C2') group by class_id order by class_id`,
      ),
    ).toEqual([
      { class_id: 'C1', rate: '96.00' },
      { class_id: 'C2', rate: '80.00' },
    ]);
    expect(await summary('S23', 'class_id, days_counted, attendance_rate')).toEqual([
      { class_id: 'C2', days_counted: 90, attendance_rate: '88.89' },
    ]);
  });

  it('32 and 34: each assessment weighs one, whatever its points', async () => {
    expect(
      await project.rows(
        `select student_id, avg_score from gold.student_performance_summary where student_id in ('S32', 'S34', 'S34b') order by student_id`,
      ),
    ).toEqual([
      { student_id: 'S32', avg_score: '85.00' },
      { student_id: 'S34', avg_score: '66.67' },
      { student_id: 'S34b', avg_score: '66.67' },
    ]);
  });

  it('33: the average of a class-day is not a mean of the means of students', async () => {
    expect(
      await project.rows(
        `select students_with_assessment, assessment_count, avg_score from gold.class_daily_performance where class_id = 'C33' and date = date '2025-02-03'`,
      ),
    ).toEqual([{ students_with_assessment: 2, assessment_count: 4, avg_score: '85.00' }]);
  });

  it('35: 0 is a score, exempt and missing are not', async () => {
    expect(await summary('S35', 'assessment_count, missing_count, avg_score')).toEqual([
      { assessment_count: 2, missing_count: 1, avg_score: '40.00' },
    ]);
  });

  it('36: a score above the highest and a highest score of 0 are refused with their reasons', async () => {
    expect(
      await project.rows(
        `select row, reasons[1].code as code, reasons[1]."column" as col, len(reasons) as n from quarantine.record where file like '%assessments.json' order by row`,
      ),
    ).toEqual([
      { row: 16, code: 'score_above_max', col: 'score', n: 1 },
      { row: 17, code: 'score_above_max', col: 'score', n: 1 },
      { row: 18, code: 'max_score_zero', col: 'max_score', n: 1 },
    ]);
  });

  it('35 and 36: with other policies a full refresh counts missing as 0 and takes extra credit', async () => {
    await project.write(
      'schoolhouse.yaml',
      'policies:\n  assessment.max_percent: 120\n  assessment.missing_as_zero: true\n',
    );
    await project.run({ fullRefresh: true });
    expect(await summary('S36', 'assessment_count, avg_score')).toEqual([
      { assessment_count: 1, avg_score: '110.00' },
    ]);
    expect((await summary('S35', 'avg_score'))[0]).toEqual({ avg_score: '26.67' });
    expect(
      await project.rows(
        `select row, reasons[1].code as code from quarantine.record where state = 'open' order by row`,
      ),
    ).toEqual([
      { row: 17, code: 'score_above_max' },
      { row: 18, code: 'max_score_zero' },
    ]);
  });
});

describe('current_streak', () => {
  it('26 and 27: a holiday and a day not taken do not break it, an excused day counts, the year end breaks it', async () => {
    const other = [
      '2025-01-09',
      '2025-01-10',
      '2025-01-14',
      '2025-01-15',
      '2025-01-16',
      '2025-01-17',
    ];
    const statuses = ['A', 'A', 'A', 'not taken', 'E', 'P'];
    await using small = await makeProject({
      'students.csv': studentsCsv([
        ['S26', 'C1', '2024-06-01T08:00:00'],
        ['S26b', 'C1', '2024-06-01T08:00:00'],
        ['S27', 'C2', '2024-06-01T08:00:00'],
      ]).replaceAll('2024-08-20', '2024-06-01'),
      'attendance.csv': attendanceCsv([
        ...other.map((date, i) => mark('S26', date, statuses[i] ?? '')),
        ...other.map((date) => mark('S26b', date, 'P')),
        mark('S27', '2024-06-30', 'A'),
        mark('S27', '2024-07-01', 'A'),
      ]),
    });
    const streaks = () =>
      small.rows(
        `select student_id, current_streak from gold.student_performance_summary order by student_id`,
      );
    await small.run({ asOf: '2025-01-16' });
    expect(await streaks()).toEqual([
      { student_id: 'S26', current_streak: 4 },
      { student_id: 'S26b', current_streak: 0 },
      { student_id: 'S27', current_streak: 1 },
    ]);
    const report = await small.run({});
    expect(report).toMatchObject({ status: 'ok', as_of: '2025-01-17' });
    expect((await streaks())[0]).toEqual({ student_id: 'S26', current_streak: 0 });
  });
});
