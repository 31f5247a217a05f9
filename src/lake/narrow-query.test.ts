import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sql, sql, trustedSql } from '../base/index.ts';
import { type NarrowOptions, narrowQuery } from './narrow-query.ts';
import { idsOf, type Move, moves, movesOf, openToyLake, type ToyLake } from './toy-lake.ts';

let lake: ToyLake;
beforeEach(async () => {
  lake = await openToyLake();
});
afterEach(() => lake.close());

const narrowed = async (keys: Sql): Promise<Sql> => {
  const { lakeFolder, manifest } = await lake.open();
  const entry = manifest.relations[moves.name];
  if (entry?.kind !== 'parts') throw new Error('no parts');
  const options: NarrowOptions = { column: 'id', keys: sql`(${keys})` };
  return narrowQuery(lake.engine, { lakeFolder, entry }, options);
};

/** Ids of the rows that a search for keys reads. */
const read = async (keys: Sql): Promise<readonly string[]> =>
  (await lake.engine.rows(sql`select id from (${await narrowed(keys)}) order by id`)).map((row) =>
    String(row.id),
  );

const write = (run: number, rows: readonly Move[]) =>
  lake.commit(run, (draft) => draft.append(moves, movesOf(rows)));

test('only rows between the smallest and the largest key of a part are read', async () => {
  await write(1, [
    ['a1', 'x', '2024-01-01', 1],
    ['a5', 'x', '2024-01-02', 1],
    ['a9', 'x', '2024-01-03', 1],
  ]);
  await write(2, [
    ['c1', 'x', '2024-02-01', 1],
    ['c2', 'x', '2024-02-02', 1],
  ]);
  expect(await read(idsOf('a4', 'a5', 'b7', 'c2'))).toEqual(['a5', 'c2']);
  expect(await read(idsOf('a2', 'a9'))).toEqual(['a5', 'a9']);
});

test('keys that no part can hold read nothing', async () => {
  await write(1, [['b1', 'x', '2024-01-01', 1]]);
  expect(await read(idsOf('a1', 'c1'))).toEqual([]);
  expect(await read(sql`select id from (${idsOf('b1')}) where false`)).toEqual([]);
});

test('a null among the keys may meet a null: everything is read', async () => {
  await write(1, [['b1', 'x', '2024-01-01', 1]]);
  await lake.commit(2, (draft) =>
    draft.append(
      moves,
      sql`select cast(null as varchar) as id, 'x' as place, date '2024-01-05' as moved_on, 1 as amount`,
    ),
  );
  expect(await read(sql`select cast(null as varchar) as id`)).toEqual(['b1', 'null']);
});

test('text is compared by its bytes, and long keys are not cut', async () => {
  const long = 'm'.repeat(3000);
  await write(1, [
    ['Zoë', 'x', '2024-01-01', 1],
    ['école', 'x', '2024-01-02', 1],
    ['𝒳', 'x', '2024-01-03', 1],
    ['\uffee', 'x', '2024-01-04', 1],
    [`${long}a`, 'x', '2024-01-05', 1],
    [`${long}b`, 'x', '2024-01-06', 1],
  ]);
  for (const id of ['Zoë', 'école', '𝒳', '\uffee', `${long}a`, `${long}b`])
    expect(await read(idsOf(id))).toEqual([id]);
  expect(await read(idsOf('Zoë', 'école', '𝒳', '\uffee', `${long}a`, `${long}b`))).toHaveLength(6);
});

test('rows of row groups that span the same keys are read once', async () => {
  // Three row groups, each from 0000000 to 0299999 in steps of three.
  const rows = trustedSql(
    `select lpad(cast((i * 3) % 300000 + (i * 3) // 300000 as varchar), 7, '0') as id, 'x' as place, date '2024-01-01' as moved_on, 1 as amount from range(300000) as t(i)`,
  );
  await lake.commit(1, (draft) => draft.append({ ...moves, sortBy: [] }, rows));
  const keys = trustedSql(
    `select lpad(cast(i as varchar), 7, '0') as id from range(0, 300000, 1000) as t(i)`,
  );
  const query = await narrowed(keys);
  const [found] = await lake.engine.rows(
    sql`select count(*) as n, count(distinct id) as ids from (${query}) where id in (${keys})`,
  );
  expect(found).toEqual({ n: 300, ids: 300 });
});
