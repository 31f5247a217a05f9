import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PipelineError } from '../../base/index.ts';
import { makeToyProject, type ToyProject } from '../toy-project.ts';

let loaded: ToyProject;
let project: ToyProject;

beforeAll(async () => {
  loaded = await makeToyProject();
  await loaded.type('run');
  await loaded.type('status'); // The first reader makes the folder of readers.
});
beforeEach(async () => {
  project = await loaded.copy();
  return () => project.remove();
});
afterAll(() => loaded.remove());

const ownCheck = async (): Promise<void> => {
  await project.write(
    'models/checks/nobody_late.sql',
    "select attendance_id from silver.fact_attendance where status = 'late'\n",
  );
  await project.write(
    'models/checks/nobody_late.yml',
    'why: They rise early.\nfix: Ring the bell.\ntrips:\n  silver.fact_attendance: [{ attendance_id: a1, status: late }]\n',
  );
};

describe('check', () => {
  it('asks every check in full and verifies every part', async () => {
    const { code, data } = await project.type('check', [], { json: true });
    const found = JSON.parse(data) as {
      checks: unknown[];
      waiting: unknown[];
      damaged: unknown[];
      parts: number;
    };
    expect(code).toBe(0);
    expect(found).toMatchObject({ status: 'ok', snapshot: 1, damaged: [], waiting: [] });
    expect(found.checks.length).toBeGreaterThan(40);
    expect(found.parts).toBeGreaterThan(20);
  });

  it('exits 1 and names a check that fails', async () => {
    await ownCheck();
    const { code, talk } = await project.type('check');
    expect(code).toBe(1);
    expect(talk).toContain('1 failed: nobody_late, 1 row');
  });

  it('exits 3 and names a part with a flipped byte', async () => {
    const folder = join(project.folder, 'data/lake/gold/class_daily_performance/none');
    const [name = ''] = await readdir(folder);
    const bytes = await readFile(join(folder, name));
    bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
    await chmod(join(folder, name), 0o600);
    await writeFile(join(folder, name), bytes);
    const { code, talk } = await project.type('check');
    expect(code).toBe(3);
    expect(talk).toContain(`data/lake/gold/class_daily_performance/none/${name}`);
  });

  it('exits 2 when a model does not compile, and asks no data with --compile', async () => {
    await project.write('schoolhouse.yaml', 'lake: { kep: 3 }\n');
    expect((await project.type('check', [], { compile: true })).code).toBe(2);
    await project.write('schoolhouse.yaml', 'lake: { keep: 3 }\n');
    const { code, data } = await project.type('check', [], { compile: true, json: true });
    expect(code).toBe(0);
    expect(JSON.parse(data)).toMatchObject({ snapshot: null, checks: [] });
  });

  it('compiles only where nothing was loaded', async () => {
    const empty = await makeToyProject();
    const { code, talk } = await empty.type('check');
    expect(code).toBe(0);
    expect(talk).toContain('Nothing was loaded yet');
    await empty.remove();
  });
});

describe('plan', () => {
  it('says what would be loaded, skipped and built, and writes nothing', async () => {
    await project.write(
      'data/raw/attendance_20250611.csv',
      'attendance_id,student_id,attendance_date,status\n',
    );
    await project.write('data/raw/students.csv', 'student_id,student_name\ns1,Ann\n');
    const before = await project.tree();
    const { code, data } = await project.type('plan');
    expect(code).toBe(0);
    expect(data).toContain('load  attendance_20250611.csv new, attendance, batch 2025-06-11');
    expect(data).toMatch(
      /load {2}students\.csv changed: same name, bytes [0-9a-f]{6} -> [0-9a-f]{6}, students/,
    );
    expect(data).toContain('skip  2 files (same bytes)');
    expect(data).toMatch(/build \d+ silver models, \d+ gold models\. Nothing was changed\./);
    expect(await project.tree()).toEqual(before);
  });

  it('lays aside what a run lays aside, and names the file that a copy repeats', async () => {
    await project.write('data/raw/Pupils 2025.csv', 'student_id,student_name\ns1,Ann\n');
    await project.write('data/raw/attendance_feb.csv', 'Pupil,Absence Date\ns1,03/02/2025\n');
    const students = await readFile(join(project.folder, 'data/raw/students.csv'), 'utf8');
    await project.write('data/raw/students copy.csv', students);
    const { code, data } = await project.type('plan');
    expect(code).toBe(0);
    expect(data).toContain('aside Pupils 2025.csv set aside (feed_unmatched): ');
    expect(data).toContain('aside attendance_feb.csv set aside (key_column_missing): ');
    expect(data).toContain('skip  students copy.csv same bytes as students.csv\n');
    expect(data).toContain('skip  3 files (same bytes)');
    expect(data).not.toContain('load ');
    const ran = await project.type('run');
    expect(ran.talk).toContain('set aside data/raw/Pupils 2025.csv: feed_unmatched');
    expect(ran.talk).toContain('set aside data/raw/attendance_feb.csv: key_column_missing');
    expect(ran.talk).toContain('skipped   students copy.csv: same bytes as students.csv');
  });

  it('reads with --read: balance and reasons of each file, and the project stays as it was', async () => {
    await project.write(
      'data/raw/attendance_20250205.csv',
      'attendance_id,student_id,attendance_date,status\nb1,s1,2025-02-05,present\nb2,s1,2025-02-05,ghost\na1,s1,2025-02-03,present\n',
    );
    await project.write(
      'data/raw/students_late.csv',
      'student_id,student_name,class_id\ns9,Zed,C2\n',
    );
    const before = await project.tree();
    const { code, data } = await project.type('plan', [], { read: true, json: true });
    const report = JSON.parse(data) as {
      files: { path: string }[];
      reasons: unknown;
      totals: unknown;
    };
    expect(code).toBe(0);
    expect(report.files.find((file) => file.path.includes('20250205'))).toMatchObject({
      read: 3,
      loaded: 2,
      quarantined: 1,
    });
    expect(report.reasons).toEqual([
      {
        file: 'data/raw/attendance_20250205.csv',
        code: 'status_unknown',
        column: 'status',
        records: 1,
        first_line: 3,
      },
    ]);
    expect(report.totals).toMatchObject({ promoted: 1 });
    expect(await project.tree()).toEqual(before);
  });

  it('reads a project that was never run, and leaves no trace', async () => {
    const empty = await makeToyProject();
    const before = await empty.tree();
    const { code, talk } = await empty.type('plan', [], { read: true });
    expect(code).toBe(0);
    expect(talk).toMatch(/total +11 +7 +0 +0 +0 +4 +balanced/);
    expect(talk).toContain('refuse  attendance.csv:4 status_unknown status, 1 row');
    expect(await empty.tree()).toEqual(before);
    await empty.remove();
  });
});

describe('status', () => {
  it('tells the last run and what came and waits per feed', async () => {
    const { code, data, talk } = await project.type('status');
    expect(code).toBe(0);
    expect(data).toMatch(/^run 1 ok, \d+ s ago; it is the snapshot, as of 2025-02-04$/m);
    expect(data).toMatch(/^attendance +\d+ s ago +attendance\.csv +1 +3 +3$/m);
    expect(talk).toContain('4 rows wait');
  });

  it('says what to do about a file that is set aside', async () => {
    await project.write('data/raw/secrets.csv', 'this,fits,nothing\n1,2,3\n');
    expect((await project.type('run')).code).toBe(1);
    const { data } = await project.type('status');
    expect(data).toContain('set aside secrets.csv: feed_unmatched.');
    expect(data).toContain('Name its feed in schoolhouse.yaml');
  });

  it('tells the story of a killed run', async () => {
    const path = join(project.folder, 'data/run.json');
    const file = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    await writeFile(
      path,
      JSON.stringify({
        ...file,
        run: 2,
        state: 'running',
        step: 'build',
        pid: 999_999,
        start: '1',
      }),
    );
    const { data } = await project.type('status');
    expect(data).toContain('run 2 was killed at build');
    expect(data).toContain('run 1 ok');
  });

  it('tells the step and the table at which a run failed, and so does the ledger of the next run', async () => {
    const other = await project.copy();
    await other.write(
      'models/gold/student_number.sql',
      'select s.student_id, cast(s.student_id as integer) as number from silver.dim_student as s\n',
    );
    await other.write(
      'models/gold/student_number.yml',
      `grain: One row per student.
key: [student_id]
columns:
  student_id: { is: Key of silver.dim_student., privacy: personal }
  number: { is: 'The id as a number, which s1 is not.', type: INTEGER, privacy: personal }
`,
    );
    await expect(other.type('run')).rejects.toMatchObject({ code: 'engine.value' });
    const { data } = await other.type('status');
    expect(data).toMatch(/^run 2 stopped at build \(gold\.student_number\): it failed /m);
    expect(data).toContain('run 1 ok');
    const story = JSON.parse((await other.type('status', [], { json: true })).data) as unknown;
    expect(story).toMatchObject({
      story: { kind: 'failed', run_id: 2, step: 'build (gold.student_number)' },
    });
    await rm(join(other.folder, 'models'), { recursive: true });
    await other.write('data/raw/students_2.csv', 'student_id,student_name,class_id\ns4,Dan,C2\n');
    expect((await other.type('run')).code).toBe(0);
    const told = await other.type(
      'query',
      ['select run_id, status, stopped_at from meta.run order by run_id'],
      { csv: true },
    );
    expect(told.data.trim().split('\n').slice(1)).toEqual([
      '1,ok,',
      '2,failed,build (gold.student_number)',
      '3,ok,',
    ]);
    expect((await other.type('status')).data).not.toContain('stopped at');
    await other.remove();
  });

  it('works where nothing was loaded', async () => {
    const empty = await makeToyProject();
    await empty.write('schoolhouse.yaml', 'name: Hill School\n');
    const { code, talk } = await empty.type('status');
    expect(code).toBe(0);
    expect(talk).toMatch(/^Hill School$/m);
    await empty.remove();
  });
});

describe('query', () => {
  const refused = async (sql: string): Promise<{ message: string; hint: string }> => {
    const error: unknown = await project.type('query', [sql]).catch((thrown: unknown) => thrown);
    if (!(error instanceof PipelineError)) throw new Error('the query ran');
    return { message: error.message, hint: error.hint ?? '' };
  };

  it('names a column that several relations have', async () => {
    const join = 'from fact_attendance join dim_student using (student_id)';
    expect(await refused(`select class_id ${join}`)).toEqual({
      message: 'The query does not run: a column that several of its relations have ("class_id").',
      hint: 'Say which one is meant: <relation>.class_id.',
    });
  });

  it('names the closest of an unknown relation or column', async () => {
    expect(await refused('select * from fact_attendence')).toEqual({
      message: 'The query does not run: an unknown relation or function ("fact_attendence").',
      hint: 'Closest: fact_attendance.',
    });
    expect(await refused('select stats from fact_attendance')).toEqual({
      message: 'The query does not run: an unknown column ("stats").',
      hint: 'Closest: status.',
    });
  });

  it('says that the text of a refused record needs --values', async () => {
    const { hint } = await refused('select raw_record from quarantine.record');
    expect(hint).toContain('--values');
  });
});

describe('explain', () => {
  it('tells what a table is, how it is refreshed, what it reads and which settings decide it', async () => {
    const { code, data } = await project.type('explain', ['class_daily_performance']);
    expect(code).toBe(0);
    expect(data).toContain('gold.class_daily_performance  One row per class and date');
    expect(data).toContain('key      class_id, date');
    expect(data).toMatch(/built {4}\d+ rows, last changed by run 1/);
    expect(data).toContain('class.unassigned');
    expect(data).toContain('classes_sum_to_school (error)');
  });

  it('follows a column to where it comes from, and names where a setting was set', async () => {
    await project.write('schoolhouse.yaml', 'policies:\n  attendance.half_day_is: half\n');
    const { data } = await project.type('explain', [
      'gold.class_daily_performance.attendance_rate',
    ]);
    expect(data).toContain(
      'attendance_rate = pct(attendance.present_units, attendance.taken_units)',
    );
    expect(data).toContain('silver.student_day.counted_units');
    expect(data).toContain('= half  (all; schoolhouse.yaml:2)');
  });

  it('leads from the column of a view on to the model below, and tells what it comes from', async () => {
    const { data } = await project.type('explain', [
      'compat.student_performance_summary.avg_score',
    ]);
    expect(data).toContain('avg_score = avg_score');
    expect(data).toMatch(/gold\.student_performance_summary\.avg_score = .+/);
    expect(data).toMatch(/silver\.fact_assessments\.score_pct {2}\S/);
  });

  it('tells of a column only the settings that can change it', async () => {
    const keys = async (name: string): Promise<readonly string[]> => {
      const { data } = await project.type('explain', [name], { json: true });
      const told = JSON.parse(data) as { policies: { key: string }[]; policies_of: string };
      expect(told.policies_of).toBe(name.includes('.') ? 'column' : 'relation');
      return told.policies.map((one) => one.key);
    };
    const rate = await keys('class_daily_performance.attendance_rate');
    expect(rate).toContain('attendance.half_day_is');
    expect(rate).toContain('class.unassigned');
    expect(rate.filter((key) => key.startsWith('assessment.'))).toEqual([]);
    expect(await keys('class_daily_performance.avg_score')).toContain('assessment.missing_as_zero');
    expect(await keys('class_daily_performance')).toEqual(
      expect.arrayContaining(['attendance.half_day_is', 'assessment.missing_as_zero']),
    );
  });

  it('tells how many rows bronze shows, and where a name that is no relation is a column', async () => {
    expect((await project.type('explain', ['students'])).data).toContain(
      'built    3 rows, last changed by run 1',
    );
    await expect(project.type('explain', ['attendance_rate'])).rejects.toMatchObject({
      hint: expect.stringContaining('gold.class_daily_performance.attendance_rate'),
    });
  });

  it('explains a feed by its contract, and names the closest relation for a wrong name', async () => {
    const { data } = await project.type('explain', ['staging.attendance.status']);
    expect(data).toContain('staging.attendance.status  VARCHAR, personal');
    await expect(project.type('explain', ['class_dayly_performance'])).rejects.toMatchObject({
      code: 'explain.unknown',
      hint: expect.stringContaining('class_daily_performance') as string,
    });
  });
});
