import { describe, expect, it } from 'vitest';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';
import { readTables } from '../kit/world.ts';

const students = studentsCsv([
  ['S1', 'C1'],
  ['S2', 'C1'],
]);
const firstDay = attendanceCsv([
  ['a1', 'S1', '2025-03-03', 'P'],
  ['a2', 'S2', '2025-03-03', 'P'],
]);
// Entered earlier than the row it corrects: a new version of a path wins all the same.
const corrected = attendanceCsv([
  ['a1', 'S1', '2025-03-03', 'A', '2025-03-03T06:00:00'],
  ['a2', 'S2', '2025-03-03', 'P'],
]);

const statuses = 'select attendance_id, status from silver.fact_attendance order by attendance_id';

describe('versions of files', () => {
  it('nothing new is `nothing`: no run number used, no commit', async () => {
    await using project = await makeProject({
      'students.csv': students,
      'attendance.csv': firstDay,
    });
    const first = await project.run();
    const again = await project.run();
    expect(again).toMatchObject({ status: 'nothing', run_id: null, snapshot: null });
    expect(again.files.map(({ path, status }) => [path, status])).toEqual([
      ['data/raw/attendance.csv', 'skipped'],
      ['data/raw/students.csv', 'skipped'],
    ]);
    expect(await project.effects.fs.list(`${project.folder}/data/lake/manifests`)).toEqual([
      `${first.run_id}.json`,
    ]);
  });

  it('row 38: new bytes of a path replace its rows whatever their times; the first bytes again restore them', async () => {
    await using project = await makeProject({
      'students.csv': students,
      'attendance.csv': firstDay,
    });
    await project.run();
    const before = await readTables(project);
    await project.drop('attendance.csv', corrected);
    const second = await project.run();
    expect(second.status).toBe('ok');
    expect(second.files.find((file) => file.feed === 'attendance')).toMatchObject({
      read: 2,
      loaded: 2,
    });
    expect(await project.rows(statuses)).toEqual([
      { attendance_id: 'a1', status: 'absent' },
      { attendance_id: 'a2', status: 'present' },
    ]);
    expect(
      await project.rows(
        `select read, loaded, duplicate, superseded from meta.file where feed = 'attendance' order by receipt`,
      ),
    ).toEqual([
      { read: 2, loaded: 0, duplicate: 1, superseded: 1 },
      { read: 2, loaded: 2, duplicate: 0, superseded: 0 },
    ]);
    await project.drop('attendance.csv', firstDay);
    expect((await project.run()).status).toBe('ok');
    expect(await readTables(project)).toEqual(before);
  });

  it('row 37: the same bytes under another name are skipped, and both names are kept', async () => {
    await using project = await makeProject({
      'students.csv': students,
      'attendance.csv': firstDay,
    });
    await project.run();
    const before = await readTables(project);
    await project.drop('attendance_copy.csv', firstDay);
    const report = await project.run();
    expect(report.files.find((file) => file.path.endsWith('copy.csv'))).toMatchObject({
      status: 'skipped',
      read: 0,
    });
    expect(await readTables(project)).toEqual(before);
    expect(
      await project.rows(
        `select path, status from meta.file where path like '%attendance%' order by path`,
      ),
    ).toEqual([
      { path: 'data/raw/attendance.csv', status: 'loaded' },
      { path: 'data/raw/attendance_copy.csv', status: 'skipped' },
    ]);
    expect((await project.run()).status).toBe('nothing');
  });

  it('row 41: rows that a corrected file lacks stay, and a roster that lacks them warns', async () => {
    await using project = await makeProject({
      'students.csv': students,
      'attendance.csv': firstDay,
    });
    await project.run();
    await project.drop('students.csv', studentsCsv([['S1', 'C9']]));
    await project.drop('attendance.csv', attendanceCsv([['a1', 'S1', '2025-03-03', 'L']]));
    const report = await project.run();
    expect(report.status).toBe('ok');
    expect(report.warnings.filter((one) => one.code === 'rows_missing')).toMatchObject([
      { feed: 'students', file: 'data/raw/students.csv' },
    ]);
    expect(
      await project.rows('select student_id, class_id from silver.dim_student order by 1'),
    ).toEqual([
      { student_id: 'S1', class_id: 'C9' },
      { student_id: 'S2', class_id: 'C1' },
    ]);
    expect(await project.rows(statuses)).toEqual([
      { attendance_id: 'a1', status: 'late' },
      { attendance_id: 'a2', status: 'present' },
    ]);
  });

  it('between paths the newest row wins, whichever arrives first', async () => {
    const older = attendanceCsv([['a1', 'S1', '2025-03-03', 'P', '2025-03-03T08:00:00']]);
    const newer = attendanceCsv([['a1', 'S1', '2025-03-03', 'A', '2025-03-03T09:00:00']]);
    const found: unknown[] = [];
    for (const order of [
      [older, newer],
      [newer, older],
    ]) {
      await using project = await makeProject({ 'students.csv': students });
      for (const text of order) {
        await project.drop(text === older ? 'attendance_z.csv' : 'attendance_a.csv', text);
        await project.run();
      }
      found.push(await project.rows(statuses));
    }
    expect(found).toEqual(Array(2).fill([{ attendance_id: 'a1', status: 'absent' }]));
  });

  it('of rows that tie in time, batch and path the later one wins, and the others are superseded', async () => {
    const at = '2025-03-03T08:00:00';
    await using project = await makeProject({
      'students.csv': students,
      'attendance.csv': attendanceCsv([
        ['a1', 'S1', '2025-03-03', 'P', at],
        ['a1', 'S1', '2025-03-03', 'A', at],
        ['a1', 'S1', '2025-03-03', 'L', at],
      ]),
    });
    const { totals } = await project.run();
    expect(totals).toMatchObject({ read: 5, loaded: 3, superseded: 2, duplicate: 0 });
    expect(await project.rows(statuses)).toEqual([{ attendance_id: 'a1', status: 'late' }]);
  });

  it('a file set aside never stops the others, and every run exits with data until it is fixed', async () => {
    await using project = await makeProject({
      'students.csv': students,
      'attendance.csv': firstDay,
      'attendance_odd.csv': 'when,who\n2025-03-03,S1\n',
    });
    const first = await project.run();
    expect(first.status).toBe('data');
    expect(first.files.map(({ path, status }) => [path, status])).toEqual([
      ['data/raw/attendance.csv', 'loaded'],
      ['data/raw/attendance_odd.csv', 'set_aside'],
      ['data/raw/students.csv', 'loaded'],
    ]);
    expect(await project.rows(statuses)).toHaveLength(2);
    const second = await project.run();
    expect(second).toMatchObject({ status: 'data', snapshot: null });
    await project.drop('attendance_2.csv', attendanceCsv([['b1', 'S1', '2025-03-04', 'P']]));
    const third = await project.run();
    expect(third.status).toBe('data');
    expect(third.snapshot).toBe(third.run_id);
    expect(await project.rows(statuses)).toHaveLength(3);
    await project.drop('attendance_odd.csv', attendanceCsv([['c1', 'S2', '2025-03-04', 'P']]));
    expect((await project.run()).status).toBe('ok');
    expect(await project.rows(statuses)).toHaveLength(4);
    expect((await project.run()).status).toBe('nothing');
  });

  it('a set-aside file that is taken away no longer counts', async () => {
    await using project = await makeProject({
      'students.csv': students,
      'attendance_odd.csv': 'when,who\n2025-03-03,S1\n',
    });
    expect((await project.run()).status).toBe('data');
    await project.write('schoolhouse.yaml', 'ignore: ["attendance_odd.csv"]\n');
    expect((await project.run()).status).not.toBe('data');
  });

  it('a set-aside file loads once it is renamed as the hint says, and its old name is forgotten', async () => {
    await using project = await makeProject({ 'export.csv': students, 'attendance.csv': firstDay });
    expect((await project.run()).status).toBe('data');
    await project.remove('data/raw/export.csv');
    await project.drop('students.csv', students);
    const report = await project.run();
    expect(report.files.find((file) => file.path.endsWith('students.csv'))).toMatchObject({
      status: 'loaded',
      loaded: 2,
    });
    expect(report.status).toBe('ok');
  });

  it('a set-aside file is read again when the configuration changed', async () => {
    await using project = await makeProject({
      'attendance.csv': firstDay.replace('student_id', 'kid'),
    });
    expect((await project.run()).files[0]).toMatchObject({
      status: 'set_aside',
      reason: 'key_column_missing',
    });
    await project.write(
      'schoolhouse.yaml',
      'feeds: { attendance: { columns: { student_id: kid } } }\n',
    );
    expect((await project.run()).files[0]).toMatchObject({ status: 'loaded', read: 2, loaded: 2 });
  });
});

describe('an id that is no key', () => {
  it('sets its file aside in a first run and in a later one, and the others load', async () => {
    const noKey = attendanceCsv(
      Array.from({ length: 20 }, (_, index) => [
        'same',
        'S1',
        `2025-03-${String(index + 1).padStart(2, '0')}`,
        'P',
      ]),
    );
    await using project = await makeProject({
      'students.csv': students,
      'attendance.csv': firstDay,
      'attendance_bad.csv': noKey,
    });
    for (const name of ['bad', 'worse']) {
      await project.drop(`attendance_${name}.csv`, noKey.replaceAll('same', name));
      const report = await project.run();
      expect(report.status).toBe('data');
      expect(report.files.find((file) => file.path.endsWith(`_${name}.csv`))).toMatchObject({
        status: 'set_aside',
        reason: 'key_not_unique',
        detail: expect.stringContaining(
          'More than 10 of its rows, and over 1 % of them,',
        ) as string,
      });
      expect(await project.rows(statuses)).toHaveLength(2);
    }
  });
});
