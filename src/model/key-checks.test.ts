import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sql, trustedSql } from '../base/index.ts';
import { openDuckDB } from '../engine/index.ts';
import { keyChecks } from './key-checks.ts';

const engine = await openDuckDB({
  memoryLimitBytes: 500_000_000,
  tempFolder: join(tmpdir(), 'schoolhouse-key-checks-test'),
});
beforeAll(async () => {
  await engine.execute(sql`create schema silver`);
});
afterAll(() => engine[Symbol.asyncDispose]());

/** The keys that stand on several rows, as `student day rows`. */
const repeated = async (rows: string): Promise<readonly string[]> => {
  await engine.execute(
    sql`create or replace table silver.day as select cast(s as varchar) as student_id, cast(d as date) as date from (values ${trustedSql(rows)}) as t (s, d)`,
  );
  const columns = [
    { name: 'student_id', type: 'VARCHAR' },
    { name: 'date', type: 'DATE' },
  ];
  const model = { relation: 'silver.day', key: ['student_id', 'date'], columns };
  const check = keyChecks(model, { file: 'day.yml', line: 1, column: 1 }).find(
    (one) => one.finds === 'repeated-key',
  );
  const found = await engine.rows(
    sql`select student_id || ' ' || cast(date as varchar) || ' ' || row_count as said from (${trustedSql(check?.sql ?? '')}) order by 1`,
  );
  return found.map((row) => String(row.said));
};

it('a student has a day twice, in the first and the last of a month', async () => {
  expect(
    await repeated(
      "('s1','2025-01-01'),('s1','2025-01-01'),('s1','2025-01-31'),('s2','2025-01-31'),('s2','2025-01-31'),('s2','2025-01-31')",
    ),
  ).toEqual(['s1 2025-01-01 2', 's2 2025-01-31 3']);
});

it('the same day of another month, year or student is no repeat', async () => {
  expect(
    await repeated(
      "('s1','2025-01-07'),('s1','2025-02-07'),('s1','2024-01-07'),('s2','2025-01-07'),('s1','2025-01-08')",
    ),
  ).toEqual([]);
});

it('two days that add up to a third are no repeat', async () => {
  // Bits 1 and 2 make 6, which no day has; 1 twice makes the bit of 2, which is told by the union.
  expect(await repeated("('s1','2025-01-01'),('s1','2025-01-02')")).toEqual([]);
  expect(await repeated("('s1','2025-01-01'),('s1','2025-01-01')")).toEqual(['s1 2025-01-01 2']);
});

it('rows without a student or a day are counted, too', async () => {
  const rows = await repeated("(null,'2025-01-01'),(null,'2025-01-01'),('s1',null),('s1',null)");
  expect(rows).toHaveLength(2);
});
