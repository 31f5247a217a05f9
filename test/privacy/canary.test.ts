import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acquireRunLock } from '../../src/lake/index.ts';
import { csv } from '../kit/csv.ts';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';
import { type Typed, typeCommand } from '../kit/type-command.ts';

// Every cell of every file is this word or holds it, so that any cell that reaches a message is seen.
const token = 'Zqk7canary';
const seen = /zqk7\W?canary/i;

const students =
  'student_id,student_name,class_id,grade_level,enrollment_status,email,phone,updated_at';
const attendance = 'attendance_id,student_id,attendance_date,status,period,created_at';
const day = '2025-03-03';
const stamp = `${day}T08:00:00`;

const good = csv(students, [
  [`${token}1`, `${token} Ana`, token, token, 'active', `${token}@x.org`, token, stamp],
  [`${token}2`, `"${token}" Bo`, token, token, 'active', `${token}@x.org`, token, stamp],
]);

const marks = csv(attendance, [
  [`${token}a`, `${token}1`, day, 'P', token, stamp],
  [`${token}a`, `${token}1`, day, 'A', token, stamp],
  [`${token}b`, `${token}2`, day, 'L', token, stamp],
]);

const score = (id: string, more: string): string =>
  `{"assessment_id":"${token}${id}","student_id":"${token}1","subject":"${token}",${more}}`;
const goodScore = score('s', `"score":5,"max_score":10,"assessment_date":"${day}"`);

/** Rows with every reason, and files that are set aside for every reason. */
const bad: Readonly<Record<string, string | Uint8Array>> = {
  'students_bad.csv': `${csv(students, [
    ['', token, token, token, token, token, token, token],
    [`${token}3`, token, '', token, 'active', token, token, stamp],
    [`${token}4`, token, token.repeat(7), token, 'active', token, token, stamp],
  ])}${token},${token}\n${token}5,"${token},x\n${token}6,A\u0000${token},C,7,active,x,x,${stamp}\n`,
  'attendance_bad.csv': csv(attendance, [
    [`${token}c`, `${token}9`, day, 'P', token, stamp],
    [`${token}d`, `${token}1`, token, 'P', token, stamp],
    [`${token}e`, `${token}1`, '2099-01-01', token, token, token],
    [token, token, token, token, token, token],
  ]),
  'assessments_bad.json': `[${goodScore},\n${score('t', `"score":"${token}","max_score":"${token}","assessment_date":"${token}"`)},\n${score('u', `"score":-1,"score":"${token}"`)},\n{"${token}\n${score('v', `"score":11,"max_score":0,"result":"${token}"`)}]`,
  'attendance_bytes.csv': Buffer.from(
    `${marks.replaceAll(`${token}a`, `${token}f`)}${token}g,${token}1,${day},\xff${token},,\né\n`,
    'latin1',
  ),
  'attendance_headless.csv': `${token},${token}1,${day},P,${token},${stamp}\n`,
  'students_headless.csv': `${token},${token} name,${token}\n`,
  'assessments_headless.json': `{"a": ["${token}"], "b": ["${token}"]}`,
  'assessments_deep.json': `${'['.repeat(100)}"${token}"`,
  'assessments_broken.json': `{"${token}": "${token}`,
  'attendance_twice.csv': `student_id,student_id\n${token},${token}\n`,
  'attendance_key.csv': csv(
    attendance,
    Array.from({ length: 40 }, (_, i) => [
      `${token}k`,
      `${token}1`,
      day,
      'P',
      `${token}${i}`,
      stamp,
    ]),
  ),
  'students_packed.csv.gz': token,
  'attendance_packed.zip': `PK\u0003\u0004${token}`,
  'other.csv': `${token}\n${token}\n`,
};

let project: SchoolProject;
const said: { readonly what: string; readonly text: string }[] = [];

const type = async (...args: readonly string[]): Promise<Typed> => {
  const typed = await typeCommand(project, ...args);
  said.push({ what: args.join(' '), text: `${typed.stdout}\n${typed.stderr}` });
  return typed;
};

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** What was printed that shows a cell, with a little around it. */
const leaks = (): readonly string[] =>
  said.flatMap(({ what, text }) => {
    const at = text.search(seen);
    return at < 0 ? [] : [`${what}: …${text.slice(Math.max(0, at - 160), at + 60)}…`];
  });

beforeAll(async () => {
  project = await makeProject({
    'students.csv': good,
    'attendance.csv': marks,
    'assessments.json': `[${goodScore}]`,
    ...bad,
  });
});
afterAll(() => project[Symbol.asyncDispose]());

describe('no cell of a file is ever shown', () => {
  it('by runs, good and bad, plain, as JSON and with --debug', async () => {
    const first = await type('run', '--debug');
    expect(first.code).toBe(1);
    await project.write('schoolhouse.yaml', 'quarantine: { budget_pct: 100 }\n');
    expect((await type('run', '--json')).code).toBe(1);
    await type('run', '--debug', '--json');
    expect(await project.rows('select count(*) as n from silver.dim_student')).not.toEqual([
      { n: 0 },
    ]);
    expect(
      await project.rows(
        `select count(distinct r.code) > 8 as many from (select unnest(reasons) as r from quarantine.record)`,
      ),
    ).toEqual([{ many: true }]);
    expect(leaks()).toEqual([]);
  });

  it('by commands that tell of runs and files', async () => {
    said.length = 0;
    await project.drop(
      'attendance_next.csv',
      csv(attendance, [[`${token}n`, `${token}1`, '2025-03-04', token, token, token]]),
    );
    for (const command of [
      ['status'],
      ['status', '--json'],
      ['plan', '--debug'],
      ['plan', '--read', '--json'],
      ['quarantine', 'list', '--debug'],
      ['quarantine', 'list', '--json'],
      ['quarantine', 'show', 'data/raw/attendance_bad.csv:3'],
      ['quarantine', 'replay', '--debug'],
      ['check', '--debug'],
      ['check', '--json'],
      ['doctor'],
      ['doctor', '--json'],
      ['explain', 'class_daily_performance.attendance_rate'],
    ])
      await type(...command);
    expect(leaks()).toEqual([]);
  });

  it('by the ledger, and by quarantine without --values', async () => {
    said.length = 0;
    for (const relation of [
      'run',
      'run_step',
      'file',
      'run_file',
      'relation',
      'check_result',
      'schema_change',
      'warning',
    ]) {
      await type('query', '--json', `select * from meta.${relation}`);
    }
    await type('query', '--csv', 'select * from quarantine.record');
    expect(leaks()).toEqual([]);
  });

  it('by failures: a cast in a question, in a model, in a check, a cut part, no memory, a damaged archive, another run', async () => {
    said.length = 0;
    const failing = async (code: number, ...args: readonly string[]): Promise<void> => {
      const typed = await type(...args, '--debug');
      expect([args.join(' '), typed.code]).toEqual([args.join(' '), code]);
    };
    await failing(1, 'query', 'select cast(student_name as integer) from silver.dim_student');
    await failing(2, 'query', `select '${'x'}' from nowhere where a = 1`);
    await failing(1, 'query', 'select error(student_name) from silver.dim_student');
    await failing(2, 'query', 'select * from silver.dim_student', '--at', '99');
    await project.write(
      'models/checks/broken.sql',
      'select d.student_id from silver.dim_student as d where cast(d.student_name as integer) = 1\n',
    );
    await project.write(
      'models/checks/broken.yml',
      'why: x\nfix: y\ntrips:\n  silver.dim_student: [{ student_id: a, student_name: "1" }]\n',
    );
    await failing(1, 'run', '--full-refresh');
    await failing(1, 'check');
    await project.remove('models');
    await failing(3, 'run', '--full-refresh', '--memory-limit', '1MB');
    const lock = await acquireRunLock(join(project.folder, 'data'), {}, project.effects);
    await failing(4, 'run');
    await lock[Symbol.asyncDispose]();
    await failing(2, 'run', '--as-of', token.slice(1));
    const object =
      filesBelow(join(project.folder, 'data/archive')).find((path) => path.endsWith('.gz')) ?? '';
    const bytes = readFileSync(object);
    writeFileSync(
      object,
      Buffer.concat([
        bytes.subarray(0, 20),
        Buffer.from([(bytes[20] ?? 0) ^ 255]),
        bytes.subarray(21, -1),
      ]),
      { mode: 0o600 },
    );
    await failing(1, 'run', '--full-refresh');
    const part = filesBelow(join(project.folder, 'data/lake/silver/dim_student'))[0] ?? '';
    const size = statSync(part).size;
    await project.effects.fs.setMode(part, 0o600);
    truncateSync(part, size - 9);
    await failing(3, 'query', 'select * from silver.dim_student');
    await failing(3, 'run');
    await failing(3, 'doctor');
    expect(leaks()).toEqual([]);
  });

  it('by files that are not data: names, receipts, run.json, run.lock, caches', () => {
    const data = join(project.folder, 'data');
    const all = filesBelow(data);
    expect(all.map((path) => relative(data, path)).filter((path) => seen.test(path))).toEqual([]);
    const told = all.filter(
      (path) =>
        /\.(json|jsonl|lock)$/.test(path) &&
        !relative(data, path).startsWith('raw/') &&
        !path.includes('/manifests/'),
    );
    expect(told.map((path) => relative(data, path))).toContain('archive/index.jsonl');
    expect(
      told
        .filter((path) => seen.test(readFileSync(path, 'utf8')))
        .map((path) => relative(data, path)),
    ).toEqual([]);
  });
});
