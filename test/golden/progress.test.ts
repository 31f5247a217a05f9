import { expect, it } from 'vitest';
import { describeProgress } from '../../src/cli/commands/run.ts';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';

it('a run tells the bytes of each file, its rows, and the rows of each table, each once it knows them', async () => {
  const attendance = attendanceCsv([
    ['a1', 'S1', '2025-03-03', 'P'],
    ['a2', 'S1', '2025-03-04', 'P'],
  ]);
  await using project = await makeProject({
    'students.csv': studentsCsv([['S1', 'C1']]),
    'attendance.csv': attendance,
  });
  const told: string[] = [];
  await project.run({ onProgress: (event) => told.push(describeProgress(event)) });
  const expected = [
    'receive',
    'reading 1/2 data/raw/attendance.csv (0.0 of 0.0 MB)',
    'bronze',
    'data/raw/attendance.csv: 2 rows',
    'data/raw/students.csv: 1 row',
    'stage',
    'silver.dim_student: 1 row',
    'silver.fact_attendance: 2 rows',
    'gold.class_daily_performance: 2 rows',
    'checks',
    'commit',
  ];
  expect(told.filter((line) => expected.includes(line))).toEqual(
    // Both steps of a file tell its name.
    ['receive', expected[1], 'bronze', expected[1], ...expected.slice(3)],
  );
});

it('a large file tells how far it was read', () => {
  const event = { kind: 'file', path: 'data/raw/a.csv', index: 0, count: 1 } as const;
  expect(describeProgress({ ...event, sizeBytes: 600e6, doneBytes: 128e6 })).toBe(
    'reading 1/1 data/raw/a.csv (128.0 of 600.0 MB)',
  );
});
