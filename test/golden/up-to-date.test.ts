import { expect, it } from 'vitest';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';

// A table that was built and kept its rows is as up to date as one that got new ones: without the mark it
// would be behind for ever, and every run would build it again and commit.

const sidecar = `grain: One row.
key: [one]
columns:
  one: { is: Always 1., type: INTEGER, privacy: public }
  students: { is: Students with a mark., type: BIGINT, privacy: public }
`;

const countBy = (expression: string): string =>
  `select 1 as one, ${expression} as students from silver.fact_attendance as f\n`;

it('a table that kept its rows is built once, after its definition changed and after what it reads did', async () => {
  await using project = await makeProject({
    'students.csv': studentsCsv([['S1', 'C1']]),
    'attendance_1.csv': attendanceCsv([['a1', 'S1', '2025-03-03', 'P']]),
  });
  await project.write('models/gold/marked_students.yml', sidecar);
  await project.write('models/gold/marked_students.sql', countBy('count(distinct f.student_id)'));
  const rows = () => project.rows('select students from gold.marked_students');
  expect((await project.run()).status).toBe('ok');
  expect(await rows()).toEqual([{ students: 1 }]);

  await project.write(
    'models/gold/marked_students.sql',
    countBy('count(distinct f.student_id) + 0'),
  );
  const redefined = await project.run();
  expect(redefined).toMatchObject({ status: 'ok', snapshot: 2, models: [] });
  expect(await project.run()).toMatchObject({ status: 'nothing', snapshot: null });

  await project.drop('attendance_2.csv', attendanceCsv([['a2', 'S1', '2025-03-04', 'P']]));
  const grown = await project.run();
  expect(grown).toMatchObject({ status: 'ok', snapshot: 4 });
  expect(grown.models.map((model) => model.name)).not.toContain('gold.marked_students');
  expect(await rows()).toEqual([{ students: 1 }]);
  expect(await project.run()).toMatchObject({ status: 'nothing', snapshot: null });
});
