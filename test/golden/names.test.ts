import { expect, it } from 'vitest';
import { csv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';

it('a student named Null, Na or N/A keeps the name, and only a blank one has none', async () => {
  await using project = await makeProject({
    'students.csv': csv('student_id,student_name,class_id,grade_level', [
      ['S1', 'Null', 'C1', '7'],
      ['S2', 'Na', 'C1', 'N/A'],
      ['S3', 'N/A', 'C1', 'null'],
      ['S4', 'None', 'C1', '7'],
      ['S5', '  ', 'C1', '7'],
      ['S6', ' NA ', 'C1', '7'],
    ]),
  });
  expect(await project.run()).toMatchObject({ status: 'ok', totals: { loaded: 6 } });
  const columns = 'student_id, student_name, grade_level';
  expect(await project.rows(`select ${columns} from bronze.students order by student_id`)).toEqual([
    { student_id: 'S1', student_name: 'Null', grade_level: '7' },
    { student_id: 'S2', student_name: 'Na', grade_level: null },
    { student_id: 'S3', student_name: 'N/A', grade_level: null },
    { student_id: 'S4', student_name: 'None', grade_level: '7' },
    { student_id: 'S5', student_name: null, grade_level: '7' },
    { student_id: 'S6', student_name: 'NA', grade_level: '7' },
  ]);
  expect(
    await project.rows(
      'select count(*) as n from silver.dim_student where student_name is not null',
    ),
  ).toEqual([{ n: 5 }]);
});
