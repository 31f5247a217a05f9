import { describe, expect, it } from 'vitest';
import { assessmentsJson, attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';
import { typeCommand } from '../kit/type-command.ts';
import { readTables, readWorld } from '../kit/world.ts';

/** Three runs: new files, a correction, a class change, an orphan, refused rows. */
const makeHistory = async (): Promise<SchoolProject> => {
  const project = await makeProject({
    'students.csv': studentsCsv([
      ['S1', 'C1'],
      ['S2', 'C1'],
      ['S3', 'C2'],
    ]),
    'attendance_20250303.csv': attendanceCsv([
      ['a1', 'S1', '2025-03-03', 'P'],
      ['a2', 'S2', '2025-03-03', 'A'],
      ['a3', 'S3', '2025-03-03', 'Q'],
      ['a4', 'S4', '2025-03-03', 'P'],
    ]),
  });
  await project.run();
  await project.drop('students_2.csv', studentsCsv([['S2', 'C2', '2025-03-04T00:00:00']]));
  await project.drop(
    'attendance_20250304.csv',
    attendanceCsv([
      ['b1', 'S1', '2025-03-04', 'A'],
      ['b2', 'S2', '2025-03-04', 'P'],
      ['b2', 'S2', '2025-03-04', 'P'],
    ]),
  );
  await project.drop(
    'assessments.json',
    assessmentsJson([
      {
        assessment_id: 'x1',
        student_id: 'S1',
        score: 7,
        max_score: 10,
        assessment_date: '2025-03-04',
      },
      {
        assessment_id: 'x2',
        student_id: 'S2',
        score: 11,
        max_score: 10,
        assessment_date: '2025-03-04',
      },
    ]),
  );
  await project.run();
  await project.drop(
    'attendance_20250303.csv',
    attendanceCsv([
      ['a1', 'S1', '2025-03-03', 'L'],
      ['a2', 'S2', '2025-03-03', 'E'],
      ['a3', 'S3', '2025-03-03', 'P'],
      ['a4', 'S4', '2025-03-03', 'P'],
    ]),
  );
  await project.drop('students_4.csv', studentsCsv([['S4', 'C2']]));
  await project.run();
  return project;
};

describe('building anew', () => {
  it('a full refresh ends in the tables of the incremental runs, and tells the same of files and refusals', async () => {
    await using project = await makeHistory();
    const before = await readWorld(project);
    const report = await project.run({ fullRefresh: true });
    expect(report.status).toBe('ok');
    expect(await readWorld(project)).toEqual(before);
  });

  it('a deleted lake is rebuilt from the archive alone, also when the raw files are gone', async () => {
    await using project = await makeHistory();
    const before = await readTables(project);
    await project.remove('data/lake');
    await project.remove('data/raw');
    const report = await project.run();
    expect(report.status).toBe('ok');
    expect(await readTables(project)).toEqual(before);
  });

  it('an archive that is lost stops every run, a full refresh too, and the tables stay', async () => {
    await using project = await makeHistory();
    const before = await readTables(project);
    await project.remove('data/archive');
    await project.remove('data/seen.json');
    await project.drop('attendance_20250305.csv', attendanceCsv([['c1', 'S1', '2025-03-05', 'P']]));
    for (const flags of [[], ['--full-refresh'], ['--json']]) {
      const { code, stderr } = await typeCommand(project, 'run', ...flags);
      expect([flags, code]).toEqual([flags, 3]);
      expect(stderr).toContain('run.archive-lost');
      expect(stderr).toContain('remove data/lake too');
    }
    expect(await readTables(project)).toEqual(before);
  });

  it('--until bronze shows no new silver, and the next run brings it up to date', async () => {
    await using project = await makeProject({
      'students.csv': studentsCsv([['S1', 'C1']]),
      'attendance.csv': attendanceCsv([['a1', 'S1', '2025-03-03', 'P']]),
    });
    await project.run({ until: 'bronze' });
    expect(await project.rows('select count(*) as n from bronze.attendance')).toEqual([{ n: 1 }]);
    const next = await project.run();
    expect(next.status).toBe('ok');
    await using fresh = await makeProject({
      'students.csv': studentsCsv([['S1', 'C1']]),
      'attendance.csv': attendanceCsv([['a1', 'S1', '2025-03-03', 'P']]),
    });
    await fresh.run();
    expect(await readTables(project)).toEqual(await readTables(fresh));
    expect((await project.run()).status).toBe('nothing');
  });

  it('--only takes in that feed, and the rest comes with the next run', async () => {
    await using project = await makeProject({
      'students.csv': studentsCsv([['S1', 'C1']]),
      'attendance.csv': attendanceCsv([['a1', 'S1', '2025-03-03', 'P']]),
    });
    const first = await project.run({ only: ['students'] });
    expect(first.files.map((file) => file.path)).toEqual(['data/raw/students.csv']);
    expect((await project.run()).status).toBe('ok');
    await using fresh = await makeProject({
      'students.csv': studentsCsv([['S1', 'C1']]),
      'attendance.csv': attendanceCsv([['a1', 'S1', '2025-03-03', 'P']]),
    });
    await fresh.run();
    expect(await readTables(project)).toEqual(await readTables(fresh));
  });

  it('--only knows the files of a feed by its patterns, as a run without it does', async () => {
    await using project = await makeProject({
      'pupils_1.csv': studentsCsv([['S1', 'C1']]),
      'attendance_of_students.csv': attendanceCsv([['a1', 'S1', '2025-03-03', 'P']]),
    });
    await project.write(
      'schoolhouse.yaml',
      "feeds: { students: { files: ['pupils_?.csv', 'students*'] } }\n",
    );
    const { files } = await project.run({ only: ['students'] });
    expect(files.map((file) => file.path)).toEqual(['data/raw/pupils_1.csv']);
  });

  it('a feed or reason that there is not is exit 2 with the one that was meant, before anything is done', async () => {
    await using project = await makeProject({
      'students.csv': studentsCsv([['S1', 'C1']]),
      'attendance.csv': attendanceCsv([['a1', 'S9', '2025-03-03', 'P']]),
    });
    const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
    const only = await typeCommand(project, 'run', '--only', 'attendence,students');
    expect(only).toMatchObject({ code: 2 });
    expect(oneLine(only.stderr)).toContain('There is no feed attendence. Closest: attendance.');
    expect(await project.effects.fs.list(`${project.folder}/data/archive`)).toEqual([]);
    await project.run();
    const typos = [
      [['list', '--feed', 'studens'], 'There is no feed studens. Closest: students.'],
      [['list', '--reason', 'orphna'], 'No row is ever refused for orphna. Closest: orphan.'],
      [['replay', '--reason', 'orphna'], 'No row is ever refused for orphna. Closest: orphan.'],
    ] as const;
    for (const [args, told] of typos) {
      const typed = await typeCommand(project, 'quarantine', ...args);
      expect(typed.code, args.join(' ')).toBe(2);
      expect(oneLine(typed.stderr)).toContain(told);
    }
    for (const args of [
      ['--reason', 'orphan'],
      ['--reason', 'score_negative'],
      ['--feed', 'students'],
    ])
      expect(await typeCommand(project, 'quarantine', 'list', ...args)).toMatchObject({ code: 0 });
  });

  it('an empty project is `nothing` or ok with empty tables, never an error', async () => {
    await using project = await makeProject();
    const report = await project.run();
    expect(['ok', 'nothing']).toContain(report.status);
    expect((await project.run()).status).toBe('nothing');
  });
});
