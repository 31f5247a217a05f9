import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sql, trustedSql } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';
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

const rowsWithRepeatedKey = async (built: string, whole: boolean): Promise<number> => {
  await engine.execute(sql`create schema if not exists staging`);
  await engine.execute(
    sql`create or replace table staging.marks as select * from (values ('a'), ('b'), ('c')) as t (mark_id)`,
  );
  await engine.execute(
    sql`create or replace table silver.fact_mark as select * from (values ${trustedSql(built)}) as t (mark_id)`,
  );
  const unique: Check = {
    ...check(['mark_id']),
    owner: 'silver.fact_mark',
    finds: 'repeated-key',
    sql: 'select mark_id from silver.fact_mark group by mark_id having count(*) > 1',
    reads: ['silver.fact_mark'],
  };
  const contract = { feed: 'marks', key: ['mark_id'] } as unknown as Contract;
  const [report] = await runChecks(
    {
      engine,
      models: new Map(),
      changes: new Map([['silver.fact_mark', changedAll]]),
      whole,
      heldWhole: new Map([['silver.fact_mark', contract]]),
    },
    [unique],
  );
  return report?.failed_rows ?? -1;
};

it('the keys of a fact are unique where they are those of its feed; where one is another, they are looked at', async () => {
  expect(await rowsWithRepeatedKey("('c'), ('a'), ('b')", false)).toBe(0);
  // As many rows as the feed has, but one stands for another.
  expect(await rowsWithRepeatedKey("('a'), ('a'), ('b')", false)).toBe(1);
  expect(await rowsWithRepeatedKey("('a'), ('b'), ('c'), ('c')", false)).toBe(1);
  expect(await rowsWithRepeatedKey("('a'), ('a'), ('b')", true)).toBe(1);
});
