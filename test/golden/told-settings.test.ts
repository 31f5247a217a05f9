import { describe, expect, it } from 'vitest';
import { attendanceCsv, csv, studentsCsv } from '../kit/csv.ts';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';
import { typeCommand } from '../kit/type-command.ts';

const roster = (statuses: Readonly<Record<string, string>>): string =>
  csv(
    'student_id,student_name,class_id,enrollment_status',
    Object.entries(statuses).map(([id, status]) => [id, `Name of ${id}`, 'C1', status]),
  );

/** S1 to S10 active, S11 withdrawn. */
const whole = Object.fromEntries(
  Array.from({ length: 11 }, (_, i) => [`S${i + 1}`, i < 10 ? 'active' : 'withdrawn']),
);

const without = (...ids: readonly string[]): string =>
  roster(Object.fromEntries(Object.entries(whole).filter(([id]) => !ids.includes(id))));

const toldOf = async (project: SchoolProject, code: string): Promise<readonly string[]> => {
  const { warnings } = await project.run();
  return warnings.filter((warning) => warning.code === code).map(({ text }) => text);
};

const students = studentsCsv([['S1', 'C1']]);
const marks = attendanceCsv([
  ['a1', 'S1', '2025-03-03', 'half_day'],
  ['a2', 'S1', '2025-03-04', 'half_day'],
]);

describe('a roster that lost members', () => {
  it('looks cut off when more than students.max_missing percent of the active ones are gone', async () => {
    await using project = await makeProject({ 'students.csv': roster(whole) });
    await project.run();
    // Two of ten are 20 %, and S11 was not active.
    await project.drop('students.csv', without('S1', 'S2', 'S11'));
    expect(await toldOf(project, 'rows_missing')).toEqual([
      '3 members of the version before are not in this one. They stay as they were.',
    ]);
    // Three of the eight that are left.
    await project.drop('students.csv', without('S1', 'S2', 'S3', 'S4', 'S5', 'S11'));
    expect(await toldOf(project, 'rows_missing')).toEqual([
      '3 members of the version before are not in this one. The file looks cut off: it lacks 3 of 8 active members, more than 20 % (students.max_missing). They stay as they were. Look whether the export was whole.',
    ]);
  });
});

describe('settings that the loaded rows do not show', () => {
  it('a contract that changed after a load is told until everything is read again', async () => {
    await using project = await makeProject({ 'students.csv': students, 'attendance.csv': marks });
    expect(await toldOf(project, 'contract_changed')).toEqual([]);
    await project.write(
      'schoolhouse.yaml',
      'feeds: { attendance: { valueMap: { status: { half_day: late } } } }\n',
    );
    const told =
      '1 file of attendance came before its contract or settings were changed. The rows stay as they were read. To try refused ones again: schoolhouse quarantine replay; to read everything again: schoolhouse run --full-refresh';
    expect(await toldOf(project, 'contract_changed')).toEqual([told]);
    const again = await typeCommand(project, 'run');
    expect(again.stderr).toContain('contract_changed: 1 file of attendance');
    expect(again.stderr).toContain(
      `schoolhouse --project-dir ${project.folder} run --full-refresh`,
    );
    expect((await typeCommand(project, 'check')).stderr).toContain('contract_changed');
    await project.run({ fullRefresh: true });
    expect(await toldOf(project, 'contract_changed')).toEqual([]);
    expect(await project.rows('select distinct status from silver.fact_attendance')).toEqual([
      { status: 'late' },
    ]);
  });

  it('names of files and policies that no rule of the feed reads do not change what was read', async () => {
    await using project = await makeProject({ 'students.csv': students, 'attendance.csv': marks });
    await project.run();
    await project.write(
      'schoolhouse.yaml',
      "feeds: { attendance: { files: ['att*', 'marks*'] } }\npolicies: { summary.window: academic_year, assessment.max_percent: 120 }\n",
    );
    expect(await toldOf(project, 'contract_changed')).toEqual([]);
  });

  it('a header that no file has is told by run and check, with the one that was meant', async () => {
    const yaml = (header: string): string =>
      `feeds:\n  students:\n    columns:\n      phone: ${header}\n`;
    const files = {
      'students.csv': csv('student_id,student_name,Handy Number', [['S1', 'N', '1']]),
    };
    await using project = await makeProject(files);
    await project.write('schoolhouse.yaml', yaml('Hand Number'));
    const run = await typeCommand(project, 'run');
    const line =
      'contract.unknown-header schoolhouse.yaml:4 phone: phone is given the header Hand Number, which no file of students has. Closest: Handy Number.';
    expect(run.stderr).toContain(line);
    const check = await typeCommand(project, 'check');
    expect(check.stderr).toContain(line);
    expect(check.code).toBe(0);
    await project.write('schoolhouse.yaml', yaml('Handy Number'));
    await project.run({ fullRefresh: true });
    expect((await typeCommand(project, 'check')).stderr).not.toContain('unknown-header');
  });

  it('a policy of tables that come later is told by run and check, with its line', async () => {
    await using project = await makeProject({ 'students.csv': students });
    await project.write('schoolhouse.yaml', 'policies:\n  chronic.min_days: 20\n');
    const line =
      'policy_without_effect schoolhouse.yaml:2: The policy chronic.min_days belongs to tables that come later: it changes nothing yet.';
    expect((await typeCommand(project, 'run')).stderr).toContain(line);
    expect((await typeCommand(project, 'check', '--compile')).stderr).toContain(line);
  });
});

describe('a policy with dates', () => {
  it('decides each day by the row in force on it', async () => {
    await using project = await makeProject({ 'students.csv': students, 'attendance.csv': marks });
    await project.write(
      'schoolhouse.yaml',
      'policies:\n  attendance.half_day_is:\n    - { value: half, effective_from: 2025-03-04 }\n',
    );
    await project.run();
    expect(
      await project.rows(
        'select cast(date as varchar) as date, attendance_rate from gold.class_daily_performance order by date',
      ),
    ).toMatchObject([
      { date: '2025-03-03', attendance_rate: '0.00' },
      { date: '2025-03-04', attendance_rate: '50.00' },
    ]);
  });
});
