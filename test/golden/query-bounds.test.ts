import { expect, it } from 'vitest';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';
import { typeCommand } from '../kit/type-command.ts';

it('a question reads relations of the snapshot: no file, no part, no function that reaches further', async () => {
  await using project = await makeProject({
    'students.csv': studentsCsv([['S1', 'C1']]),
    'attendance.csv': attendanceCsv([
      ['a1', 'S1', '2025-03-03', 'P'],
      ['a2', 'S1', '2025-02-30', 'P'],
    ]),
  });
  await project.run();
  const [part] = await project.rows(
    "select unnest(current_setting('allowed_paths')) as path limit 1",
  );
  const refused = [
    `select * from read_parquet('${part?.path}')`,
    `select * from parquet_scan('${part?.path}')`,
    `from '${part?.path}'`,
    'select * from bronze_parts.attendance where _refused',
    "select * from query('select 1')",
    "select * from query_table('bronze_parts.attendance')",
    'select (select count(*) from duckdb_settings())',
    "select * from glob('/*')",
  ];
  for (const question of refused) {
    const { code, stdout, stderr } = await typeCommand(project, 'query', question);
    expect([question, code, stdout]).toEqual([question, 2, '']);
    expect(stderr).toContain('query.unreadable');
  }
  const { stdout } = await typeCommand(
    project,
    'query',
    '--json',
    'with two as (select unnest([1, 2]) as n) select count(*) as n from two, range(3), bronze.attendance',
  );
  expect(JSON.parse(stdout)).toEqual([{ n: 6 }]);
});

it('a column called constructor is text like any other', async () => {
  await using project = await makeProject({
    'students.csv': studentsCsv([['S1', 'C1']]),
    'attendance.csv':
      'attendance_id,student_id,attendance_date,status,constructor\na1,S1,2025-03-03,P,x\n',
  });
  expect((await project.run()).status).toBe('ok');
  expect(await project.rows('select constructor as c from bronze.attendance')).toEqual([
    { c: 'x' },
  ]);
});

it('no control sequence of a cell or of a column reaches the terminal', async () => {
  await using project = await makeProject({ 'students.csv': studentsCsv([['S1', 'C1']]) });
  await project.run();
  const { stdout } = await typeCommand(
    project,
    'query',
    "select chr(27) || '[31m' || chr(155) || '31m' || chr(8238) || 'x' as \"a\u001b[31mb\"",
  );
  expect(/[\u001b\u009b\u202e]/.test(stdout)).toBe(false);
});

it('two columns of one name both have their values, in a table, as CSV and as JSON', async () => {
  await using project = await makeProject({ 'students.csv': studentsCsv([['S1', 'C1']]) });
  await project.run();
  const question = "select 1 as a, 'x, y' as a, true as b, 0.50 as c";
  const csv = await typeCommand(project, 'query', '--csv', question);
  expect(csv.stdout).toBe('a,a_1,b,c\n1,"x, y",true,0.50\n');
  const json = await typeCommand(project, 'query', '--json', question);
  expect(JSON.parse(json.stdout)).toEqual([{ a: 1, a_1: 'x, y', b: true, c: 0.5 }]);
  const table = await typeCommand(project, 'query', question);
  expect(table.stdout).toBe('a  a_1   b        c\n1  x, y  true  0.50\n');
});

it('a long answer is whole and in order as CSV and JSON; a table shows its first thousand rows', async () => {
  await using project = await makeProject({ 'students.csv': studentsCsv([['S1', 'C1']]) });
  await project.run();
  const question = 'select n from range(0, 30000) as t(n) order by n desc';
  const numbers = Array.from({ length: 30_000 }, (_, index) => 29_999 - index);
  const csv = await typeCommand(project, 'query', '--csv', question);
  expect(csv.stdout).toBe(`n\n${numbers.join('\n')}\n`);
  const json = await typeCommand(project, 'query', '--json', question);
  expect(JSON.parse(json.stdout)).toEqual(numbers.map((n) => ({ n })));
  const table = await typeCommand(project, 'query', question);
  expect(table.stdout.trimEnd().split('\n')).toHaveLength(1001);
  expect(table.stderr).toMatch(/the first 1,000 rows; --csv gives all/);
  const none = await typeCommand(project, 'query', '--json', 'select 1 as a where false');
  expect(JSON.parse(none.stdout)).toEqual([]);
});

it('a question may end in a semicolon, a line feed or a comment', async () => {
  await using project = await makeProject({ 'students.csv': studentsCsv([['S1', 'C1']]) });
  await project.run();
  for (const question of ['select 1 as a;', 'select 1 as a ;\n', 'select 1 as a -- one']) {
    const { code, stdout } = await typeCommand(project, 'query', '--csv', question);
    expect([question, code, stdout]).toEqual([question, 0, 'a\n1\n']);
  }
});

it('an answer that breaks off late says why, and its exit code is not 0', async () => {
  await using project = await makeProject({ 'students.csv': studentsCsv([['S1', 'C1']]) });
  await project.run();
  const question =
    "select n, cast(case when n = 290000 then 'x' else cast(n as varchar) end as int) as m from range(0, 300000) as t(n)";
  const { code, stderr } = await typeCommand(project, 'query', '--csv', question);
  expect(code).not.toBe(0);
  expect(stderr).toContain('engine.value');
});
