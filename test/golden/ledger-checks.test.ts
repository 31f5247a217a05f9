import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { quoteRelation, sql, trustedSql } from '../../src/base/index.ts';
import { type Contract, readContracts, readProjectConfig } from '../../src/contract/index.ts';
import { type Engine, openDuckDB } from '../../src/engine/index.ts';
import { createViews, openLease, type Snapshot } from '../../src/lake/index.ts';
import { checkLedger } from '../../src/run/check/check-ledger.ts';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject, packageFolder, type SchoolProject } from '../kit/school-project.ts';

// A ledger as a run wrote it, in tables that can be spoiled: each way in which it may be wrong is found by name.
let project: SchoolProject;
let engine: Engine;
let snapshot: Snapshot;
let contracts: readonly Contract[];
const close: (() => Promise<void>)[] = [];
const tables = ['meta.file', 'quarantine.record', 'bronze.attendance', 'bronze.students'] as const;

beforeAll(async () => {
  // Of four marks one waits for its student and one was corrected the same day; of two students one is blank.
  project = await makeProject({
    'students.csv': `${studentsCsv([['S1', 'C1']])},,,,,,\n`,
    'attendance.csv': attendanceCsv([
      ['a1', 'S1', '2025-03-03', 'P'],
      ['a2', 'S1', '2025-03-04', 'P'],
      ['a2', 'S1', '2025-03-04', 'L'],
      ['a3', 'S9', '2025-03-04', 'P'],
    ]),
  });
  await project.run();
  const { effects, folder } = project;
  const config = await readProjectConfig(folder, effects);
  if (config.kind === 'problems') throw config.problems[0];
  const builtInFolder = join(packageFolder, 'contracts');
  const read = await readContracts(
    { builtInFolder, projectFolder: folder, config: config.value },
    effects,
  );
  if (read.kind === 'problems') throw read.problems[0];
  contracts = read.value;
  const lease = await openLease(join(folder, 'data/lake'), {}, effects);
  if (lease === undefined) throw new Error('nothing was committed');
  snapshot = lease.snapshot;
  engine = await openDuckDB({ memoryLimitBytes: 500e6, tempFolder: join(folder, 'data/tmp/test') });
  close.push(
    () => engine[Symbol.asyncDispose](),
    () => lease[Symbol.asyncDispose](),
    () => project[Symbol.asyncDispose](),
  );
  await createViews(engine, snapshot);
  await engine.execute(sql`create schema kept`);
  for (const [index, name] of tables.entries()) {
    await engine.execute(
      sql`create table ${quoteRelation(`kept.t${index}`)} as select * from ${quoteRelation(name)}`,
    );
    await engine.execute(sql`drop view ${quoteRelation(name)}`);
  }
});
afterAll(async () => {
  for (const end of close) await end();
});
beforeEach(async () => {
  for (const [index, name] of tables.entries()) {
    await engine.execute(
      sql`create or replace table ${quoteRelation(name)} as select * from ${quoteRelation(`kept.t${index}`)}`,
    );
  }
});

/** The checks that find something after a statement, with their rows. */
const foundAfter = async (statement: string): Promise<readonly string[]> => {
  if (statement !== '') await engine.execute(trustedSql(statement));
  return (await checkLedger(engine, snapshot, contracts))
    .filter((report) => report.failed_rows > 0)
    .map((report) => `${report.severity} ${report.name} ${report.failed_rows}`);
};

const attendance = "where feed = 'attendance'";

describe('the checks of the ledger', () => {
  it('find nothing in what a run wrote: a row that waits for its student is told', async () => {
    expect(await foundAfter('')).toEqual([]);
    const reports = await checkLedger(engine, snapshot, contracts);
    expect(reports.map((report) => report.name)).toEqual(
      expect.arrayContaining([
        'files_balance',
        'bronze_attendance_is_told',
        'bronze_students_is_told',
      ]),
    );
  });

  it.each([
    ['a record that nothing accounts for', `update meta.file set read = read + 1 ${attendance}`],
    ['a refused record too many', `update meta.file set quarantined = 2 ${attendance}`],
    ['a blank one too few', `update meta.file set blank = 0 where feed = 'students'`],
    [
      'files that balance below zero',
      `update meta.file set blank = -1, quarantined = quarantined + 1 ${attendance}`,
    ],
    [
      'fewer than no duplicates',
      `update meta.file set duplicate = -1, quarantined = quarantined + 1 ${attendance}`,
    ],
  ])('files_balance finds %s', async (_what, statement) => {
    expect(await foundAfter(statement)).toContain('error files_balance 1');
  });

  it.each([
    ['a row that is gone', "delete from bronze.attendance where attendance_id = 'a1'"],
    [
      'a row that is there twice',
      "insert into bronze.attendance select * from bronze.attendance where attendance_id = 'a1'",
    ],
    ['a file whose rows are all gone', 'delete from bronze.attendance'],
    ['a file that the ledger does not know', `delete from meta.file ${attendance}`],
    [
      'rows of a file that was set aside',
      `update meta.file set status = 'set_aside' ${attendance}`,
    ],
    [
      'a loaded row told as another refused one',
      `update meta.file set loaded = loaded - 1, quarantined = quarantined + 1 ${attendance}`,
    ],
    [
      'a row that waits no longer and is not loaded',
      "update quarantine.record set state = 'resolved' where stage = 'silver'",
    ],
  ])('bronze_attendance_is_told finds %s, and other feeds are fine', async (_what, statement) => {
    expect(await foundAfter(statement)).toEqual(['error bronze_attendance_is_told 1']);
  });

  it('bronze_students_is_told finds a student too many', async () => {
    expect(await foundAfter('insert into bronze.students select * from bronze.students')).toEqual([
      'error bronze_students_is_told 1',
    ]);
  });
});
