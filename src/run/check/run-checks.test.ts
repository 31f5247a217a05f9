import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sql, trustedSql } from '../../base/index.ts';
import { openDuckDB } from '../../engine/index.ts';
import type { Check } from '../../model/index.ts';
import { type Change, changedAll, changedRows } from '../build/change.ts';
import { runChecks } from './run-checks.ts';

const engine = await openDuckDB({
  memoryLimitBytes: 500_000_000,
  tempFolder: join(tmpdir(), 'schoolhouse-checks-test'),
});
beforeAll(async () => {
  for (const schema of ['build', 'delta', 'scoped', 'silver'])
    await engine.execute(sql`create schema ${trustedSql(schema)}`);
  // Monday's row was wrong before this run; Tuesday's came with it.
  await engine.execute(sql`create table silver.mark as select * from (values
    (date '2025-01-06', -1), (date '2025-01-07', -2), (date '2025-01-08', 5)) as t (day, minutes)`);
  await engine.execute(
    sql`create table delta.mark as select * from silver.mark where day = date '2025-01-07'`,
  );
});
afterAll(() => engine[Symbol.asyncDispose]());

const check = (by: readonly string[]): Check => ({
  name: 'minutes_not_negative',
  owner: 'silver.mark',
  severity: 'warn',
  why: 'x',
  fix: 'y',
  sql: 'select day from silver.mark where minutes < 0',
  reads: ['silver.mark'],
  by,
  trips: {},
  place: { file: 'mark.yml', line: 1, column: 1 },
});

const failedRows = async (
  by: readonly string[],
  change: Change,
  whole = false,
): Promise<number> => {
  const changes = new Map([['silver.mark', change]]);
  const context = { engine, models: new Map(), changes, whole };
  const [report] = await runChecks(context, [check(by)]);
  return report?.failed_rows ?? -1;
};

it('a check by group looks at the groups that this run touched', async () => {
  expect(await failedRows(['day'], changedRows(1))).toBe(1);
});

it('a check without groups looks at every row', async () => {
  expect(await failedRows([], changedRows(1))).toBe(2);
});

it('a check by group looks at every row when all changed, when all is asked, and when the changes lack its columns', async () => {
  expect(await failedRows(['day'], changedAll)).toBe(2);
  expect(await failedRows(['day'], changedRows(1), true)).toBe(2);
  expect(await failedRows(['room'], changedRows(1))).toBe(2);
});
