import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sql, trustedSql } from '../../base/index.ts';
import { openDuckDB } from '../../engine/index.ts';
import type { Model } from '../../model/index.ts';
import { createDelta } from './create-delta.ts';

const engine = await openDuckDB({
  memoryLimitBytes: 500_000_000,
  tempFolder: join(tmpdir(), 'schoolhouse-delta-test'),
});
beforeAll(async () => {
  for (const schema of ['build', 'delta'])
    await engine.execute(sql`create schema ${trustedSql(schema)}`);
});
afterAll(() => engine[Symbol.asyncDispose]());

const model = {
  relation: 'gold.seats',
  name: 'seats',
  key: ['room'],
  columns: [{ name: 'room' }, { name: 'seats' }],
} as unknown as Model;

type Seat = readonly [string | null, number | null];

const table = async (name: string, rows: readonly Seat[]): Promise<void> => {
  const cell = (value: string | number | null): string => (value === null ? 'null' : `'${value}'`);
  const values = rows.map(([room, seats]) => `(${cell(room)}, ${cell(seats)})`).join(', ');
  await engine.execute(
    trustedSql(
      `create or replace table ${name} as select cast(room as varchar) as room, cast(seats as integer) as seats from (values ${values}) as t (room, seats)`,
    ),
  );
};

/** How many rows changed, and those that are no more and those that are new. */
const changes = async (before: readonly Seat[], after: readonly Seat[]) => {
  await table('build.before', before);
  await table('build.after', after);
  const counted = await createDelta(engine, model, {
    before: sql`build.before`,
    after: sql`build.after`,
    counts: { before: before.length, after: after.length },
  });
  const read = async (name: string): Promise<readonly string[]> =>
    (await engine.rows(trustedSql(`select room, seats from ${name} order by all`))).map(
      (row) => `${row.room} ${row.seats}`,
    );
  return {
    count: counted.removed + counted.added,
    removed: await read('build.seats_removed'),
    added: await read('build.seats_added'),
  };
};

it('rows that stay are no change, also with nulls in them', async () => {
  const rows: readonly Seat[] = [
    ['a', 1],
    ['b', null],
    [null, 3],
  ];
  expect(await changes(rows, rows)).toEqual({ count: 0, removed: [], added: [] });
});

it('a row with another value is gone and new, a row of another key is gone or new', async () => {
  const before: readonly Seat[] = [
    ['a', 1],
    ['b', null],
    ['c', 3],
  ];
  const after: readonly Seat[] = [
    ['a', 1],
    ['b', 2],
    ['d', 3],
  ];
  expect(await changes(before, after)).toEqual({
    count: 4,
    removed: ['b null', 'c 3'],
    added: ['b 2', 'd 3'],
  });
});

it('a row that comes twice under a key that is none is told, so that its check can find it', async () => {
  const found = await changes(
    [['a', 1]],
    [
      ['a', 1],
      ['a', 1],
    ],
  );
  expect(found).toEqual({ count: 1, removed: [], added: ['a 1'] });
});
