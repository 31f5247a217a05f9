import { expect, it } from 'vitest';
import { studentsCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';

const scores = JSON.stringify({
  items: [
    {
      assessment_id: 'e1',
      student_id: 'S1',
      subject: 'Math',
      score: 8,
      max_score: 10,
      assessment_date: '2025-03-03',
    },
  ],
  links: [{ href: 'next' }],
});

it('an object with several arrays is read where the feed names the one with the records', async () => {
  await using project = await makeProject({
    'students.csv': studentsCsv([['S1', 'C1']]),
    'assessments.json': scores,
  });
  const first = await project.run();
  expect(first.files.find((file) => file.path.endsWith('.json'))).toMatchObject({
    status: 'set_aside',
    reason: 'json_records',
  });
  await project.write('schoolhouse.yaml', 'feeds: { assessments: { records: items } }\n');
  expect((await project.run()).status).toBe('ok');
  expect(await project.rows('select assessment_id from silver.fact_assessments')).toEqual([
    { assessment_id: 'e1' },
  ]);
});

it('a declared encoding is how the bytes are read, without a warning', async () => {
  const header = 'student_id,student_name,class_id,grade_level,enrollment_status\n';
  // ISO 8859-2 has š at 0xb9, where Windows-1252 has a raised one.
  const bytes = Buffer.concat([
    Buffer.from(`${header}S1,Luka`),
    Buffer.from([0xb9]),
    Buffer.from(',C1,9,active\n'),
  ]);
  await using project = await makeProject({ 'students.csv': bytes });
  await project.write('schoolhouse.yaml', 'feeds: { students: { encoding: iso-8859-2 } }\n');
  const { warnings } = await project.run();
  expect(warnings.filter((one) => one.code === 'encoding_assumed')).toEqual([]);
  expect(await project.rows('select student_name from silver.dim_student')).toEqual([
    { student_name: 'Lukaš' },
  ]);
});
