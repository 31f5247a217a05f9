import { describe, expect, it } from 'vitest';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';
import { typeCommand } from '../kit/type-command.ts';
import { readTables } from '../kit/world.ts';

// `snapshot: null` says that no data was committed; what is told of the files is kept either way.

const odd = 'when,who\n2025-03-03,S1\n';
const students = studentsCsv([['S1', 'C1']]);
const day = attendanceCsv([['a1', 'S1', '2025-03-03', 'P']]);
/** Twenty different rows of one id. */
const noKey = attendanceCsv(
  Array.from({ length: 20 }, (_, index) => [
    'same',
    'S1',
    `2025-03-${String(index + 1).padStart(2, '0')}`,
    'P',
  ]),
);
const tables = `select table_schema || '.' || table_name as name from information_schema.tables
  where table_schema in ('silver', 'gold', 'compat', 'bronze')`;
const runs = 'select run_id, status, snapshot from meta.run order by run_id';
const toldFiles = 'select path, status, reason from meta.file order by path';

describe('a run that sets every file aside', () => {
  it.each([
    { why: 'feed_unmatched', name: 'odd.csv', content: odd },
    { why: 'key_not_unique', name: 'attendance.csv', content: noKey },
  ])(
    'commits no table as a first run ($why), tells the file, and goes on once a file fits',
    async ({ why, name, content }) => {
      await using project = await makeProject({ [name]: content });
      const path = `data/raw/${name}`;
      expect(await project.run()).toMatchObject({
        status: 'data',
        run_id: 1,
        snapshot: null,
        models: [],
      });
      expect(await project.rows(tables)).toEqual([]);
      expect(await project.rows(toldFiles)).toEqual([{ path, status: 'set_aside', reason: why }]);
      expect((await typeCommand(project, 'status')).stdout).toContain('it committed no data');
      expect(await project.run()).toMatchObject({ status: 'data', snapshot: null });
      expect(await project.rows(runs)).toEqual([{ run_id: 1, status: 'data', snapshot: null }]);

      await project.drop('students.csv', students);
      const third = await project.run();
      expect(third).toMatchObject({ status: 'data', snapshot: 3 });
      expect(await project.rows('select student_id from silver.dim_student')).toEqual([
        { student_id: 'S1' },
      ]);
      await project.remove(path);
      expect(await project.run()).toMatchObject({ status: 'nothing', snapshot: null });
    },
  );

  it('leaves the snapshot that there is, and the file is not read again', async () => {
    await using project = await makeProject({ 'students.csv': students, 'attendance.csv': day });
    expect((await project.run()).snapshot).toBe(1);
    const before = await readTables(project);
    await project.drop('odd.csv', odd);
    expect(await project.run()).toMatchObject({ status: 'data', run_id: 2, snapshot: null });
    expect(await readTables(project)).toEqual(before);
    expect(await project.rows(runs)).toEqual([
      { run_id: 1, status: 'ok', snapshot: 1 },
      { run_id: 2, status: 'data', snapshot: null },
    ]);
    expect(await project.rows(toldFiles)).toHaveLength(3);
    expect(await project.run()).toMatchObject({ status: 'data', snapshot: null });
    expect(await project.rows(runs)).toHaveLength(2);
    await project.drop('attendance_2.csv', attendanceCsv([['b1', 'S1', '2025-03-04', 'P']]));
    expect(await project.run()).toMatchObject({ status: 'data', snapshot: 4 });
    expect(await project.rows('select count(*) as n from silver.fact_attendance')).toEqual([
      { n: 2 },
    ]);
  });

  it('by a full refresh empties the tables: the archive has nothing that fits', async () => {
    await using project = await makeProject({ 'students.csv': students });
    await project.run();
    await project.write('schoolhouse.yaml', 'feeds: { students: { files: [nothing.csv] } }\n');
    const report = await project.run({ fullRefresh: true });
    expect(report).toMatchObject({ status: 'data', snapshot: 2 });
    expect(await project.rows('select count(*) as n from silver.dim_student')).toEqual([{ n: 0 }]);
  });
});

it('a first run without a file does nothing', async () => {
  await using project = await makeProject();
  expect(await project.run()).toMatchObject({ status: 'nothing', run_id: null, snapshot: null });
  await project.drop('students.csv', students);
  expect(await project.run()).toMatchObject({ status: 'ok', snapshot: 2 });
});
