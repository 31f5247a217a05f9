import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/run/index.ts';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';
import { readTables } from '../kit/world.ts';
import { sharedData } from './shared-data.ts';

// The figures are those of the README beside the files.
const names = ['students.csv', 'attendance.csv', 'assessments.json'] as const;
let project: SchoolProject;
let report: RunReport;

beforeAll(async () => {
  project = await makeProject();
  for (const name of names) {
    await project.drop(name, readFileSync(sharedData(`student-pipeline/${name}`)));
  }
  report = await project.run();
});
afterAll(() => project[Symbol.asyncDispose]());

describe('three students', () => {
  it('load whole: 3, 3 and 2 records, and every file balances', () => {
    expect(report.status).toBe('ok');
    expect(report.files.map(({ path, read, loaded }) => [path, read, loaded])).toEqual([
      ['data/raw/assessments.json', 2, 2],
      ['data/raw/attendance.csv', 3, 3],
      ['data/raw/students.csv', 3, 3],
    ]);
    expect(report.totals).toMatchObject({ duplicate: 0, superseded: 0, blank: 0, quarantined: 0 });
  });

  it('dim_student 3, fact_attendance 3, fact_assessments 2, student_performance_summary 3', async () => {
    expect(
      await project.rows(
        `select (select count(*) from silver.dim_student) as students, (select count(*) from silver.fact_attendance) as marks,
           (select count(*) from silver.fact_assessments) as scores, (select count(*) from gold.student_performance_summary) as summaries`,
      ),
    ).toEqual([{ students: 3, marks: 3, scores: 2, summaries: 3 }]);
  });

  it('class_daily_performance has the two whole rows and no other', async () => {
    expect(await project.rows('select * from class_daily_performance order by class_id')).toEqual([
      {
        class_id: 'CLASS-01',
        date: '2025-01-10',
        total_students: 2,
        students_with_attendance: 2,
        present_count: 2,
        absent_count: 0,
        attendance_rate: '100.00',
        students_with_assessment: 2,
        assessment_count: 2,
        avg_score: '87.50',
      },
      {
        class_id: 'CLASS-02',
        date: '2025-01-10',
        total_students: 1,
        students_with_attendance: 1,
        present_count: 0,
        absent_count: 1,
        attendance_rate: '0.00',
        students_with_assessment: 0,
        assessment_count: 0,
        avg_score: null,
      },
    ]);
  });

  it('again is `nothing`, and without data/lake the same tables come from the archive', async () => {
    expect((await project.run()).status).toBe('nothing');
    const before = await readTables(project);
    await project.remove('data/lake');
    expect((await project.run()).status).toBe('ok');
    expect(await readTables(project)).toEqual(before);
  });
});
