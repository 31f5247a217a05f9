import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/base/index.ts';
import { openReader, type RunReport, runProject } from '../../src/run/index.ts';

const root = join(import.meta.dirname, '..', '..');
const example = join(root, 'examples', 'class-performance');

const runFolder = async (projectFolder: string): Promise<RunReport> => {
  const options = { projectFolder, packageFolder: root, version: '0.0.0', threads: 1 };
  const result = await runProject(options, await nodeEffects());
  if (result.kind === 'problems') throw new Error(result.problems.map(String).join('\n'));
  return result.value;
};

/** Rows of a query as lines of CSV; null is empty. */
const ask = async (projectFolder: string, query: string): Promise<readonly string[]> => {
  const options = { dataFolder: join(projectFolder, 'data'), withValues: false };
  const reader = await openReader(options, await nodeEffects());
  try {
    const { columns, rows } = await reader.query(query);
    return rows.map((row) => columns.map(({ name }) => String(row[name] ?? '')).join(','));
  } finally {
    await reader[Symbol.asyncDispose]();
  }
};

const expected = async (name: string): Promise<{ head: string; lines: readonly string[] }> => {
  const text = await readFile(join(example, 'expected', `${name}.csv`), 'utf8');
  const [head = '', ...lines] = text.trimEnd().split('\n');
  return { head, lines };
};

describe('examples/class-performance', () => {
  let folder: string;
  let report: RunReport;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'schoolhouse-golden-'));
    await cp(join(example, 'schoolhouse.yaml'), join(folder, 'schoolhouse.yaml'));
    await cp(join(example, 'data', 'raw'), join(folder, 'data', 'raw'), { recursive: true });
    report = await runFolder(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('accounts for every record', () => {
    expect(report).toMatchObject({
      status: 'ok',
      as_of: '2025-01-21',
      totals: { read: 314, loaded: 311, duplicate: 1, superseded: 1, blank: 0, quarantined: 1 },
    });
  });

  it('refuses the one word that is no status, at its line', async () => {
    const reasons = await ask(
      folder,
      'select file, line, reason.code, reason."column" from (select file, line, unnest(reasons) as reason from quarantine.record)',
    );
    expect(reasons).toEqual(['data/raw/attendance.csv,52,status_unknown,status']);
  });

  it('rates the class on the students who were marked, and follows who is enrolled', async () => {
    const { head, lines } = await expected('class_daily_performance');
    expect(
      await ask(folder, `select ${head} from class_daily_performance order by class_id, date`),
    ).toEqual(lines);
  });

  it('has exactly the ten columns of the mart, in their order', async () => {
    const { head } = await expected('class_daily_performance');
    const names = await ask(
      folder,
      "select column_name from information_schema.columns where table_schema = 'gold' and table_name = 'class_daily_performance' order by ordinal_position",
    );
    expect(names.join(',')).toBe(head);
  });

  it('shows each student under the old names of older pipelines', async () => {
    const { head, lines } = await expected('student_performance_summary');
    expect(
      await ask(
        folder,
        `select ${head} from compat.student_performance_summary order by student_id`,
      ),
    ).toEqual(lines);
  });

  it('keeps two versions of a student whose status changed', async () => {
    const { head, lines } = await expected('dim_student_history');
    expect(
      await ask(
        folder,
        `select ${head} from dim_student_history where student_id = 'S-0030' order by version`,
      ),
    ).toEqual(lines);
    const [others] = await ask(
      folder,
      "select count(*) from dim_student_history where student_id <> 'S-0030'",
    );
    expect(others).toBe('33');
  });

  it('has nothing to do when it is run again', async () => {
    expect((await runFolder(folder)).status).toBe('nothing');
  });
});

/** The fixture's shape: three students, three marks, two assessments, no newline at the end. */
const three = {
  'students.csv': [
    'student_id,student_name,class_id,grade_level,enrollment_status,updated_at',
    'S-0001,Ada Winter,CLASS-01,10,ACTIVE,2025-01-01T00:00:00',
    'S-0002,Ben Okoro,CLASS-01,10,ACTIVE,2025-01-01T00:00:00',
    'S-0003,Carla Silva,CLASS-02,11,ACTIVE,2025-01-01T00:00:00',
  ].join('\n'),
  'attendance.csv': [
    'attendance_id,student_id,attendance_date,status,created_at',
    'ATT-00001,S-0001,2025-01-10,PRESENT,2025-01-10T00:00:00',
    'ATT-00002,S-0002,2025-01-10,PRESENT,2025-01-10T00:00:00',
    'ATT-00003,S-0003,2025-01-10,ABSENT,2025-01-10T00:00:00',
  ].join('\n'),
  'assessments.json': JSON.stringify(
    [
      ['ASM-00001', 'S-0001', 85],
      ['ASM-00002', 'S-0002', 90],
    ].map(([assessment_id, student_id, score]) => ({
      ...{ assessment_id, student_id, subject: 'Math', score, max_score: 100 },
      ...{ assessment_date: '2025-01-10', created_at: '2025-01-10T01:00:00' },
    })),
  ),
};

it('makes the whole rows of the three students of the first such pipeline', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'schoolhouse-golden-'));
  await mkdir(join(folder, 'data', 'raw'), { recursive: true });
  for (const [name, text] of Object.entries(three))
    await writeFile(join(folder, 'data', 'raw', name), text);
  await runFolder(folder);
  expect(await ask(folder, 'select * from gold.class_daily_performance order by class_id')).toEqual(
    ['CLASS-01,2025-01-10,2,2,2,0,100.00,2,2,87.50', 'CLASS-02,2025-01-10,1,1,0,1,0.00,0,0,'],
  );
  const counts =
    'select (select count(*) from dim_students), (select count(*) from fact_attendance), (select count(*) from fact_assessments), (select count(*) from student_performance_summary)';
  expect(await ask(folder, counts)).toEqual(['3,3,2,3']);
  await rm(folder, { recursive: true });
});
