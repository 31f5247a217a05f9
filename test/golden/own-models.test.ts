import { expect, it } from 'vitest';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';
import { typeCommand } from '../kit/type-command.ts';

const sql = `with fact_attendance as (
    select class_id, is_late from silver.fact_attendance
),

final as (
    select class_id, count(case when is_late then 1 end) as late_marks, count(*) as marks
    from fact_attendance
    group by class_id
)

select * from final
`;

const sidecar = (late: number): string => `grain: One row per class.
key: [class_id]
by: [class_id]
columns:
  class_id: { is: Class., privacy: internal }
  late_marks: { is: Marks that are late., privacy: internal }
  marks: { is: All marks., privacy: internal }
tests:
  - name: late marks are counted
    given:
      silver.fact_attendance:
        - { class_id: C1, is_late: true }
        - { class_id: C1, is_late: false }
    expect:
      - { class_id: C1, late_marks: ${late}, marks: 2 }
`;

const addModel = async (project: SchoolProject, late: number): Promise<void> => {
  await project.write('models/gold/late_by_class.sql', sql);
  await project.write('models/gold/late_by_class.yml', sidecar(late));
};

it('a model of the project is built beside ours and its test is run by check', async () => {
  await using project = await makeProject({
    'students.csv':
      'student_id,student_name,class_id,grade_level,enrollment_status,updated_at\nS1,Ada Vale,C1,9,active,2024-09-01\n',
    'attendance.csv':
      'attendance_id,student_id,attendance_date,status,created_at\nA1,S1,2025-01-06,late,2025-01-06T08:00:00Z\nA2,S1,2025-01-07,present,2025-01-07T08:00:00Z\n',
  });
  await addModel(project, 1);
  await project.run();
  expect(await project.rows('select class_id, late_marks, marks from late_by_class')).toEqual([
    { class_id: 'C1', late_marks: 1, marks: 2 },
  ]);
  const { code, stdout, stderr } = await typeCommand(project, 'check', '--json');
  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'ok', tests: 3 });
});

it('a test of an own model that does not hold is a problem with its place and what differs', async () => {
  await using project = await makeProject();
  await addModel(project, 2);
  const { code, stderr } = await typeCommand(project, 'check', '--compile');
  expect(code).toBe(2);
  expect(stderr).toContain('models/gold/late_by_class.yml:9:5');
  expect(stderr).toContain('late_marks is 1, expected 2');
});
