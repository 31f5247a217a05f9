import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';
import { typeCommand } from '../kit/type-command.ts';
import { readTables } from '../kit/world.ts';

/** Thirty ids, each twice with another class: no key. */
const noKey = (...more: readonly (readonly [string, string])[]): string => {
  const ids = Array.from({ length: 30 }, (_, index) => `K${index}`);
  return studentsCsv([
    ...ids.flatMap((id): [string, string][] => [
      [id, 'C1'],
      [id, 'C2'],
    ]),
    ...more.map(([id, inClass]): [string, string] => [id, inClass]),
  ]);
};

const facts = (project: SchoolProject) =>
  project.rows(
    'select attendance_id, student_id from silver.fact_attendance order by attendance_id',
  );

const expectSameAsRefreshed = async (project: SchoolProject): Promise<void> => {
  const before = await readTables(project);
  expect((await project.run({ fullRefresh: true })).status).not.toBe('nothing');
  expect(await readTables(project)).toEqual(before);
};

describe('a roster that is set aside makes nobody known', () => {
  it('the only one: students are inferred from their marks', async () => {
    await using project = await makeProject({
      'students.csv': noKey(),
      'attendance.csv': attendanceCsv([
        ['a1', 'K1', '2025-03-03', 'P'],
        ['a2', 'K2', '2025-03-03', 'A'],
      ]),
    });
    const { files, totals } = await project.run();
    expect(files.map(({ path, status, reason }) => [path, status, reason])).toEqual([
      ['data/raw/attendance.csv', 'loaded', undefined],
      ['data/raw/students.csv', 'set_aside', 'key_not_unique'],
    ]);
    expect(totals).toMatchObject({ loaded: 2, quarantined: 0 });
    expect(await facts(project)).toHaveLength(2);
    await expectSameAsRefreshed(project);
  });

  it('a second one: its students wait as orphans, and come in with the next', async () => {
    await using project = await makeProject({ 'students_1.csv': studentsCsv([['S1', 'C1']]) });
    await project.run();
    await project.drop('students_2.csv', noKey(['SX', 'C1']));
    await project.drop(
      'attendance.csv',
      attendanceCsv([
        ['b1', 'S1', '2025-03-03', 'P'],
        ['b2', 'SX', '2025-03-03', 'P'],
      ]),
    );
    const second = await project.run();
    expect(second.totals).toMatchObject({ loaded: 1, quarantined: 1 });
    expect(await facts(project)).toEqual([{ attendance_id: 'b1', student_id: 'S1' }]);
    await project.remove('data/raw/students_2.csv');
    await project.drop('students_3.csv', studentsCsv([['SX', 'C1']]));
    expect((await project.run()).totals.promoted).toBe(1);
    expect(await facts(project)).toHaveLength(2);
    await expectSameAsRefreshed(project);
  });
});

it('members that others refer to cannot be replaced by batch', async () => {
  await using project = await makeProject({ 'students.csv': studentsCsv([['S1', 'C1']]) });
  await project.write('schoolhouse.yaml', 'feeds: { students: { loadStrategy: replaceBatch } }\n');
  const { code, stderr } = await typeCommand(project, 'run');
  expect(code).toBe(2);
  expect(stderr).toContain('contract.members-replaced');
  expect(stderr).toContain('loadStrategy: upsert');
});

it('30 ids twice are no key, also where every second row waits for its student', async () => {
  const rows = Array.from({ length: 30 }, (_, index): [string, string, string, string][] => [
    [`a${index}`, 'S1', '2025-03-03', 'P'],
    [`a${index}`, 'S9', '2025-03-04', 'A'],
  ]).flat();
  await using project = await makeProject({
    'students.csv': studentsCsv([['S1', 'C1']]),
    'attendance.csv': attendanceCsv(rows),
  });
  const { files } = await project.run();
  expect(files.find(({ path }) => path.endsWith('attendance.csv'))).toMatchObject({
    status: 'set_aside',
    reason: 'key_not_unique',
  });
});

it('--batch-date stays with what it was given for: a rebuild from the archive has the same history', async () => {
  const list = (inClass: string): string => `student_id,student_name,class_id\nS1,One,${inClass}\n`;
  await using project = await makeProject({
    'students.csv': list('7A'),
    'attendance.csv': attendanceCsv([
      ['a1', 'S1', '2025-03-03', 'P'],
      ['a2', 'S1', '2025-03-05', 'P'],
    ]),
  });
  await project.run({ batchDate: '2025-03-03' });
  await project.drop('students.csv', list('7B'));
  await project.run({ batchDate: '2025-03-05' });
  const classes = 'select date, class_id from silver.fact_attendance order by date';
  const expected = [
    { date: '2025-03-03', class_id: '7A' },
    { date: '2025-03-05', class_id: '7B' },
  ];
  expect(await project.rows(classes)).toEqual(expected);
  await expectSameAsRefreshed(project);
  await project.remove('data/lake');
  await project.run();
  expect(await project.rows(classes)).toEqual(expected);
});

describe('models of the project', () => {
  const roster = studentsCsv([
    ['S1', 'C1'],
    ['S2', 'C1'],
  ]);
  const marks = attendanceCsv([
    ['a1', 'S1', '2025-03-03', 'P'],
    ['a2', 'S2', '2025-03-03', 'A'],
  ]);

  it('a view that changes builds anew what reads it', async () => {
    await using project = await makeProject({ 'students.csv': roster, 'attendance.csv': marks });
    const view = (word: string): string =>
      `select student_id, '${word}' as word from silver.dim_student\n`;
    const column = '{ is: x., type: VARCHAR, privacy: personal }';
    await project.write('models/silver/word.sql', view('old'));
    await project.write(
      'models/silver/word.yml',
      `grain: One row per student.\nkey: [student_id]\nrefresh: view\ncolumns:\n  student_id: ${column}\n  word: ${column}\n`,
    );
    await project.write(
      'models/gold/words.sql',
      'select word, cast(count(*) as bigint) as n from silver.word group by word\n',
    );
    await project.write(
      'models/gold/words.yml',
      `grain: One row per word.\nkey: [word]\ncolumns:\n  word: ${column}\n  n: { is: x., type: BIGINT, privacy: public }\n`,
    );
    await project.run();
    expect(await project.rows('select word, n from gold.words')).toEqual([{ word: 'old', n: 2 }]);
    await project.write('models/silver/word.sql', view('new'));
    await project.run();
    expect(await project.rows('select word, n from gold.words')).toEqual([{ word: 'new', n: 2 }]);
  });

  it('checks of views are asked by every run that changes what they read', async () => {
    await using project = await makeProject({ 'students.csv': roster, 'attendance.csv': marks });
    const first = await project.run();
    expect(first.checks.map((check) => check.name)).toContain('student_day_key_unique');
    await project.drop('attendance_2.csv', attendanceCsv([['b1', 'S1', '2025-03-04', 'P']]));
    const second = await project.run();
    expect(second.checks.map((check) => check.name)).toContain('student_day_key_unique');
  });

  it('a silver model may read as-of: the summary has its days all the same', async () => {
    await using project = await makeProject({ 'students.csv': roster, 'attendance.csv': marks });
    const column = '{ is: x., type: DATE, privacy: public }';
    await project.write(
      'models/silver/a_day.sql',
      'select as_of as day from reference.run_context\n',
    );
    await project.write(
      'models/silver/a_day.yml',
      `grain: One row.\nkey: [day]\ncolumns:\n  day: ${column}\n`,
    );
    const { as_of: asOf } = await project.run();
    expect(asOf).toBe('2025-03-03');
    expect(await project.rows('select day from silver.a_day')).toEqual([{ day: '2025-03-03' }]);
    expect(await project.rows('select days_counted from gold.student_performance_summary')).toEqual(
      [{ days_counted: 1 }, { days_counted: 1 }],
    );
  });

  it('a fact that loses a row which counts as loaded stops the run, and the tables stay', async () => {
    await using project = await makeProject({ 'students.csv': roster, 'attendance.csv': marks });
    await project.run();
    const before = await readTables(project);
    const own = new URL('../../models/silver/fact_attendance', import.meta.url);
    const shipped = readFileSync(`${own.pathname}.sql`, 'utf8');
    await project.write(
      'models/silver/fact_attendance.sql',
      shipped.replace('select * from final', "select * from final where attendance_id <> 'a2'"),
    );
    await project.write(
      'models/silver/fact_attendance.yml',
      readFileSync(`${own.pathname}.yml`, 'utf8'),
    );
    const { code, stderr } = await typeCommand(project, 'run');
    expect(code).toBe(3);
    expect(stderr).toContain(
      'silver.fact_attendance has 1 rows, but 2 rows of attendance count as loaded: a difference of 1.',
    );
    expect(await readTables(project)).toEqual(before);
  });

  it('groups of another column than the key of staging are whole', async () => {
    await using project = await makeProject({ 'students.csv': roster, 'attendance.csv': marks });
    await project.write(
      'models/silver/marks_of.sql',
      'select student_id, cast(count(*) as bigint) as n from staging.attendance group by student_id\n',
    );
    await project.write(
      'models/silver/marks_of.yml',
      `grain: One row per student.\nkey: [student_id]\nby: [student_id]\ntouched: select a.student_id from delta.staging_attendance as d inner join staging.attendance as a on a.attendance_id = d.attendance_id\ncolumns:\n  student_id: { is: x., type: VARCHAR, privacy: personal }\n  n: { is: x., type: BIGINT, privacy: personal }\n`,
    );
    await project.run();
    await project.drop('attendance_2.csv', attendanceCsv([['b1', 'S1', '2025-03-04', 'P']]));
    await project.run();
    expect(await project.rows('select student_id, n from silver.marks_of order by 1')).toEqual([
      { student_id: 'S1', n: 2 },
      { student_id: 'S2', n: 1 },
    ]);
  });
});
