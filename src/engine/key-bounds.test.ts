import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sql, trustedSql } from '../base/index.ts';
import { openDuckDB } from './duckdb/open-duckdb.ts';
import { keyBounds } from './key-bounds.ts';

const engine = await openDuckDB({
  memoryLimitBytes: 500_000_000,
  tempFolder: join(tmpdir(), 'schoolhouse-bounds-test'),
});
afterAll(() => engine[Symbol.asyncDispose]());

/** Which of the numbers 1 … 1000 (as n and as text) the bounds of some groups let through. */
const passing = async (groups: string, columns: readonly string[]): Promise<readonly number[]> => {
  await engine.execute(trustedSql(`create or replace table groups as ${groups}`));
  const bounds = await keyBounds(engine, sql`groups`, { columns, of: sql`r` });
  const rows = await engine.rows(
    sql`select r.n from (select unnest(range(1, 1001)) as n) as r where ${bounds} order by r.n`,
  );
  return rows.map((row) => Number(row.n));
};

it('few groups let through themselves alone', async () => {
  expect(await passing('select unnest([3, 900, 3]) as n', ['n'])).toEqual([3, 900]);
});

it('many groups let through all between the smallest and the largest', async () => {
  const found = await passing('select unnest(range(101, 201)) as n', ['n']);
  expect(found.length).toBe(100);
  expect([found[0], found.at(-1)]).toEqual([101, 200]);
});

it('no group lets nothing through', async () => {
  expect(await passing('select 1 as n where false', ['n'])).toEqual([]);
});

it('a column with a null narrows nothing, as a null may meet a null', async () => {
  expect((await passing('select unnest([3, null]) as n', ['n'])).length).toBe(1000);
});

it('texts with quotes and dates are compared as what they are', async () => {
  await engine.execute(
    sql`create or replace table groups as select 'o''neil' as name, cast('2025-01-06' as date) as day`,
  );
  const bounds = await keyBounds(engine, sql`groups`, { columns: ['name', 'day'], of: sql`r` });
  const [row] =
    await engine.rows(sql`select count(*) as n from (values ('o''neil', date '2025-01-06'),
      ('o''neil', date '2025-01-07'), ('oneil', date '2025-01-06')) as r (name, day) where ${bounds}`);
  expect(Number(row?.n)).toBe(1);
});
