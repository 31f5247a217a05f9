import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainRelation } from '../../src/run/index.ts';
import { attendanceCsv, csv, studentsCsv } from '../kit/csv.ts';
import { makeProject, packageFolder, type Row, type SchoolProject } from '../kit/school-project.ts';
import { readTables } from '../kit/world.ts';

// What is asked of bronze alone needs no models.
const bronze = { until: 'bronze' } as const;

const students = studentsCsv([
  ['S1', 'C1'],
  ['S2', 'C1'],
]);
const header = 'attendance_id,student_id,attendance_date,status,created_at';
const at = (id: string, student: string, date: string, status = 'P') =>
  [id, student, date, status, `${date}T15:00:00`] as const;

const monday = attendanceCsv([
  ['a1', 'S1', '2025-03-03', 'P'],
  ['a2', 'S2', '2025-03-03', 'A'],
]);
const tuesday = csv(`${header},Room No.`, [
  [...at('b1', 'S1', '2025-03-04'), ' R1 '],
  [...at('b2', 'S2', '2025-03-04'), ''],
]);
const wednesday = csv(`${header},Room No.,Floor`, [[...at('c1', 'S1', '2025-03-05'), 'R2', '3']]);

const rooms = 'select attendance_id as id, room_no from bronze.attendance order by id';
const told = (report: { readonly warnings: readonly { code: string; column?: string }[] }) =>
  report.warnings
    .filter(({ code }) => code.startsWith('column_'))
    .map(({ code, column }) => [code, column]);
// By name, not in the order of arrival.
const shown = `select column_name as name from information_schema.columns
  where table_schema = 'bronze' and table_name = 'attendance' and column_name in ('floor', 'room_no') order by ordinal_position`;
const changes = `select run_id, change, column_name from meta.schema_change
  where change <> 'missing' order by run_id, column_name`;

/** Two days: the second one's file has a new column. */
const twoDays = async (): Promise<SchoolProject> => {
  const project = await makeProject({ 'students.csv': students, 'attendance_1.csv': monday });
  await project.run(bronze);
  await project.drop('attendance_2.csv', tuesday);
  return project;
};

const twoDaysOfRooms: readonly Row[] = [
  { id: 'a1', room_no: null },
  { id: 'a2', room_no: null },
  { id: 'b1', room_no: 'R1' },
  { id: 'b2', room_no: null },
];

describe('a new column', () => {
  it('is kept as text from the file that brings it on, null in older ones, and told once', async () => {
    await using project = await twoDays();
    const second = await project.run(bronze);
    expect(second.status).toBe('ok');
    expect(told(second)).toEqual([['column_unmatched', 'Room No.']]);
    expect(second.warnings[0]?.text).toContain('bronze.attendance.room_no');
    expect(await project.rows(rooms)).toEqual(twoDaysOfRooms);

    await project.drop('attendance_3.csv', wednesday);
    expect(told(await project.run(bronze))).toEqual([['column_unmatched', 'Floor']]);
    await project.drop('attendance_4.csv', attendanceCsv([['d1', 'S1', '2025-03-06', 'P']]));
    expect(told(await project.run(bronze))).toEqual([]);
    expect(
      await project.rows(
        'select attendance_id as id, room_no, floor from bronze.attendance order by id',
      ),
    ).toEqual([
      ...twoDaysOfRooms.map((row) => ({ ...row, floor: null })),
      { id: 'c1', room_no: 'R2', floor: '3' },
      { id: 'd1', room_no: null, floor: null },
    ]);
    expect(await project.rows(shown)).toEqual([{ name: 'floor' }, { name: 'room_no' }]);
    expect(await project.rows(changes)).toEqual([
      { run_id: 2, change: 'added', column_name: 'Room No.' },
      { run_id: 3, change: 'added', column_name: 'Floor' },
    ]);
  });

  it('is in a lake built anew and after a full refresh, also when the raw files are gone', async () => {
    await using project = await twoDays();
    await project.run();
    await project.drop('attendance_3.csv', wednesday);
    await project.run();
    const everything =
      'select * exclude (_ingested_at, _run_id, _file_id) from bronze.attendance order by 1';
    const before = await project.rows(everything);
    const tables = await readTables(project);
    expect(before).toHaveLength(5);

    await project.run({ fullRefresh: true });
    expect(await project.rows(everything)).toEqual(before);
    await project.remove('data/lake');
    await project.remove('data/raw');
    await project.run();
    expect(await project.rows(everything)).toEqual(before);
    expect(await readTables(project)).toEqual(tables);
  });

  it('stays when parts are compacted, and when rows of other files are taken out', async () => {
    await using project = await twoDays();
    for (let day = 10; day < 20; day += 1)
      await project.drop(
        `attendance_${day}.csv`,
        attendanceCsv([[`x${day}`, 'S1', `2025-03-${day}`, 'P']]),
      );
    // Eleven refused rows: the file that they are in is set aside after it was read.
    await project.drop(
      'assessments_bad.csv',
      csv(
        'assessment_id,student_id,score,max_score,assessment_date,Examiner',
        Array.from({ length: 11 }, (_, index) => [`e${index}`, 'S1', 'x', '10', '2025-03-03', 'Z']),
      ),
    );
    const report = await project.run(bronze);
    expect(report.files.find(({ path }) => path.includes('bad'))).toMatchObject({
      status: 'set_aside',
      reason: 'budget',
    });
    expect(await project.rows(`${rooms} limit 4`)).toEqual(twoDaysOfRooms);
    expect(await project.rows('select examiner from bronze.assessments')).toEqual([]);
    const manifest: unknown = JSON.parse(
      await readFile(join(project.folder, 'data/lake/manifests/2.json'), 'utf8'),
    );
    // Twelve parts became one.
    expect(manifest).toMatchObject({
      relations: { 'bronze_parts.attendance': { parts: [{ rows: 14 }] } },
    });
  });

  it('of a file that is delivered again makes no row newer', async () => {
    await using project = await makeProject({ 'students.csv': students, 'attendance.csv': monday });
    await project.run();
    const tables = await readTables(project);
    await project.drop(
      'attendance.csv',
      csv(`${header},Room`, [
        [...at('a1', 'S1', '2025-03-03'), 'R1'],
        [...at('a2', 'S2', '2025-03-03', 'A'), 'R1'],
      ]),
    );
    await project.run();
    expect(
      await project.rows(
        `select loaded, duplicate, superseded from meta.file where path like '%attendance.csv' order by receipt`,
      ),
    ).toEqual([
      { loaded: 0, duplicate: 2, superseded: 0 },
      { loaded: 2, duplicate: 0, superseded: 0 },
    ]);
    expect(await readTables(project)).toEqual(tables);
  });

  it('takes no part in the ids of a file without ids', async () => {
    const scores = 'student_id,subject,score,max_score,assessment_date';
    const rows = [
      ['S1', 'Math', '7', '10', '2025-03-03'],
      ['S1', 'Math', '7', '10', '2025-03-03'],
    ];
    await using project = await makeProject({
      'students.csv': students,
      'assessments.csv': csv(scores, rows),
    });
    await project.run(bronze);
    const ids = `select distinct assessment_id as id from bronze.assessments order by id`;
    const before = await project.rows(ids);
    expect(before).toHaveLength(2);
    await project.drop(
      'assessments.csv',
      csv(
        `${scores},Examiner`,
        rows.map((row) => [...row, 'Z']),
      ),
    );
    expect((await project.run(bronze)).status).toBe('ok');
    expect(await project.rows(ids)).toEqual(before);
    expect(
      await project.rows('select distinct examiner from bronze.assessments order by 1'),
    ).toEqual([{ examiner: 'Z' }, { examiner: null }]);
  });

  it('comes with rows that are replayed', async () => {
    await using project = await makeProject({
      'students.csv': students,
      'attendance.csv': csv(`${header},Room`, [
        [...at('a1', 'S1', '2025-03-03'), 'R1'],
        [...at('a2', 'S2', '2025-03-03', 'Zz'), 'R2'],
      ]),
    });
    await project.run();
    await project.write(
      'schoolhouse.yaml',
      'feeds: { attendance: { valueMap: { status: { zz: absent } } } }\n',
    );
    await project.run({ replay: {} });
    expect(
      await project.rows('select attendance_id as id, room from bronze.attendance order by id'),
    ).toEqual([
      { id: 'a1', room: 'R1' },
      { id: 'a2', room: 'R2' },
    ]);
  });

  it('of a JSON feed has the name of its path', async () => {
    await using project = await makeProject({
      'students.csv': students,
      'assessments.json': JSON.stringify([
        {
          ...{ assessment_id: 'x1', student_id: 'S1', score: 7, max_score: 10 },
          ...{ assessment_date: '2025-03-03', examiner: { name: 'Z', roomNo: 12 } },
        },
      ]),
    });
    await project.run(bronze);
    expect(
      await project.rows('select examiner_name, examiner_room_no from bronze.assessments'),
    ).toEqual([{ examiner_name: 'Z', examiner_room_no: '12' }]);
  });

  it('can be explained, and is no column of staging', async () => {
    await using project = await twoDays();
    await project.run(bronze);
    const explain = (name: string) =>
      explainRelation(
        { projectFolder: project.folder, packageFolder, version: '0.0.0', name },
        project.effects,
      );
    expect(await explain('bronze.attendance.room_no')).toMatchObject({
      kind: 'ok',
      value: { column: { name: 'room_no', type: 'VARCHAR', privacy: 'personal' } },
    });
    await expect(explain('staging.attendance.room_no')).rejects.toThrow('room_no');
  });

  it('that is named like a password is not kept, and said', async () => {
    await using project = await makeProject({
      'students.csv': students,
      'attendance.csv': csv(`${header},Password`, [[...at('a1', 'S1', '2025-03-03'), 'hunter2']]),
    });
    expect(told(await project.run(bronze))).toEqual([['column_withheld', 'Password']]);
    const columns = await project.rows(
      `select column_name as name from information_schema.columns where table_schema like 'bronze%' and column_name ilike '%pass%'`,
    );
    expect(columns).toEqual([]);
  });

  it('that the contract takes later has its type in new files; text stays, and what was never read by a type is null until a full refresh', async () => {
    await using project = await makeProject({
      'students.csv': students,
      'attendance_1.csv': csv(`${header},Noted on,Room`, [
        [...at('a1', 'S1', '2025-03-03'), '2025-03-03', 'R1'],
        [...at('a2', 'S2', '2025-03-03'), 'soon', 'R2'],
      ]),
    });
    await project.run(bronze);
    await project.write(
      'schoolhouse.yaml',
      'feeds: { attendance: { columns: { noted_on: { header: Noted on, type: date }, room: { type: text } } } }\n',
    );
    const noted = 'select attendance_id as id, noted_on, room from bronze.attendance order by id';
    await project.drop(
      'attendance_2.csv',
      csv(`${header},Noted on`, [[...at('b1', 'S1', '2025-03-04'), '2025-03-05']]),
    );
    expect((await project.run(bronze)).status).toBe('ok');
    expect(await project.rows(noted)).toEqual([
      { id: 'a1', noted_on: null, room: 'R1' },
      { id: 'a2', noted_on: null, room: 'R2' },
      { id: 'b1', noted_on: '2025-03-05', room: null },
    ]);
    await project.run({ ...bronze, fullRefresh: true });
    expect(await project.rows(noted)).toEqual([
      { id: 'a1', noted_on: '2025-03-03', room: 'R1' },
      { id: 'b1', noted_on: '2025-03-05', room: null },
    ]);
  });
});

const withSetting = async (setting: string, attendance: string): Promise<SchoolProject> => {
  const project = await makeProject({ 'students.csv': students, 'attendance.csv': attendance });
  await project.write('schoolhouse.yaml', `feeds: { attendance: { ${setting} } }\n`);
  return project;
};

const attendanceFile = (report: Awaited<ReturnType<SchoolProject['run']>>) =>
  report.files.find(({ path }) => path.endsWith('attendance.csv'));
const refused = `select row, reasons[1].code as code, reasons[1]."column" as name from quarantine.record order by row`;
const bronzeColumns = `select column_name as name from information_schema.columns
  where table_schema = 'bronze' and table_name = 'attendance' and column_name like 'room%'`;

describe('onNewColumn', () => {
  it('ignore: the column is not kept, and nobody is warned', async () => {
    await using project = await withSetting('onNewColumn: ignore', tuesday);
    const report = await project.run(bronze);
    expect(told(report)).toEqual([]);
    expect(attendanceFile(report)).toMatchObject({ read: 2, loaded: 2 });
    expect(await project.rows(bronzeColumns)).toEqual([]);
  });

  it('quarantine: rows with a value in it are refused, and come in with a replay once it may evolve', async () => {
    await using project = await withSetting('onNewColumn: quarantine', tuesday);
    const report = await project.run(bronze);
    expect(attendanceFile(report)).toMatchObject({ read: 2, loaded: 1, quarantined: 1 });
    expect(await project.rows(refused)).toEqual([{ row: 1, code: 'columns', name: 'Room No.' }]);
    expect(await project.rows(bronzeColumns)).toEqual([]);

    await project.write('schoolhouse.yaml', 'timezone: UTC\n');
    await project.run({ replay: {} });
    expect(await project.rows(rooms)).toEqual([
      { id: 'b1', room_no: 'R1' },
      { id: 'b2', room_no: null },
    ]);
  });

  it('reject: the file is set aside with the setting, and read when it changes', async () => {
    await using project = await withSetting('onNewColumn: reject', tuesday);
    const report = await project.run(bronze);
    expect(report.status).toBe('data');
    const file = attendanceFile(report);
    expect(file).toMatchObject({ status: 'set_aside', reason: 'feed_unmatched', read: 0 });
    expect(file?.detail).toContain('Room No.');
    expect(file?.detail).toContain('feeds.attendance.onNewColumn');

    await project.write('schoolhouse.yaml', 'timezone: UTC\n');
    expect(await project.run(bronze)).toMatchObject({ status: 'ok', totals: { loaded: 2 } });
    expect(await project.rows('select room_no from bronze.attendance order by 1')).toEqual([
      { room_no: 'R1' },
      { room_no: null },
    ]);
  });
});

const noCreatedAt = csv('attendance_id,student_id,attendance_date,status,period,subject', [
  ['a1', 'S1', '2025-03-03', 'P', '1', 'Math'],
]);

describe('onMissingColumn', () => {
  it.each(['evolve', 'ignore'])('%s: the column is null, without a warning', async (policy) => {
    await using project = await withSetting(`onMissingColumn: ${policy}`, noCreatedAt);
    const report = await project.run(bronze);
    expect(report.warnings.filter(({ column }) => column === 'created_at')).toEqual([]);
    expect(await project.rows('select created_at from bronze.attendance')).toEqual([
      { created_at: null },
    ]);
  });

  it('quarantine: every row is refused, with the column', async () => {
    await using project = await withSetting('onMissingColumn: quarantine', noCreatedAt);
    expect(attendanceFile(await project.run(bronze))).toMatchObject({ read: 1, quarantined: 1 });
    const [record] = await project.rows(
      `select list_contains(reasons, {'code': 'columns', 'column': 'created_at'}) as is_told from quarantine.record`,
    );
    expect(record).toEqual({ is_told: true });
  });

  it('reject: the file is set aside with the columns and the setting', async () => {
    await using project = await withSetting('onMissingColumn: reject', noCreatedAt);
    const file = attendanceFile(await project.run(bronze));
    expect(file).toMatchObject({ status: 'set_aside', reason: 'feed_unmatched' });
    expect(file?.detail).toMatch(/created_at.*feeds\.attendance\.onMissingColumn/s);
  });
});

const twoScores = csv('assessment_id,student_id,score,max_score,assessment_date', [
  ['x1', 'S1', '7', '10', '2025-03-03'],
  ['x2', 'S1', 'seven', '10', '2025-03-03'],
]);

const scoresWith = async (policy: string) => {
  const project = await makeProject({ 'students.csv': students, 'assessments.csv': twoScores });
  await project.write(
    'schoolhouse.yaml',
    `feeds: { assessments: { onTypeChange: ${policy}, columns: { max_score: { required: false } } } }\n`,
  );
  return project;
};
const scores =
  'select assessment_id as id, cast(score as double) as score from bronze.assessments order by id';

describe('onTypeChange', () => {
  it('quarantine: the row of a cell that does not fit is refused', async () => {
    await using project = await scoresWith('quarantine');
    expect((await project.run(bronze)).totals).toMatchObject({ quarantined: 1 });
    expect(await project.rows(scores)).toEqual([{ id: 'x1', score: 7 }]);
  });

  it('ignore: the cell is null', async () => {
    await using project = await scoresWith('ignore');
    expect((await project.run(bronze)).totals).toMatchObject({ quarantined: 0 });
    expect(await project.rows(scores)).toEqual([
      { id: 'x1', score: 7 },
      { id: 'x2', score: null },
    ]);
  });

  it('reject: the file is set aside with the column and the setting', async () => {
    await using project = await scoresWith('reject');
    const report = await project.run(bronze);
    const file = report.files.find(({ path }) => path.endsWith('assessments.csv'));
    expect(file).toMatchObject({ status: 'set_aside', reason: 'budget', loaded: 0 });
    expect(file?.detail).toMatch(/score\..*feeds\.assessments\.onTypeChange/s);
    expect(await project.rows(scores)).toEqual([]);
  });

  it('evolve: is no setting', async () => {
    await using project = await scoresWith('evolve');
    await expect(project.run(bronze)).rejects.toThrow(
      /onTypeChange must be one of quarantine, ignore/,
    );
  });
});
