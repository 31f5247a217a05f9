import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSnapshot } from './read-snapshot.ts';
import { moves, movesOf, openToyLake, type ToyLake } from './toy-lake.ts';
import { isWarehouseCurrent, writeWarehouse } from './warehouse.ts';

let lake: ToyLake;
beforeEach(async () => {
  lake = await openToyLake();
  await lake.commit(1, async (draft) => {
    await draft.write(moves, movesOf([['a', 'north', '2024-01-01', 5]]));
    await draft.write({ ...moves, name: 'raw.moves' }, movesOf([['raw', 'p', '2024-01-01', 1]]));
    await draft.write({ ...moves, name: 'raw.other' }, movesOf([['o', 'p', '2024-01-01', 1]]));
    await draft.write({ ...moves, name: 'secret.told' }, movesOf([['s', 'p', '2024-01-01', 1]]));
    draft.putView({
      name: 'stock.north_pct',
      columns: [{ name: 'rate', type: 'DECIMAL(5,2)', privacy: 'public' }],
      key: [],
      policy: 'open',
      builtFrom: 'v',
      sql: `select cast(pct(count(*), 3) as decimal(5, 2)) as rate from stock.moves where place = 'north'`,
      reads: ['stock.moves'],
    });
  });
});
afterEach(() => lake.close());

const options = {
  relations: ['stock.moves', 'raw.moves', 'raw.other', 'stock.north_pct'],
  searchPath: ['stock', 'raw'],
};
const file = (): string => join(lake.dataFolder, 'warehouse.duckdb');
const write = async () => writeWarehouse(lake.dataFolder, await lake.open(), options, lake.effects);
const isCurrent = async () =>
  isWarehouseCurrent(lake.dataFolder, await lake.open(), options, lake.effects);

/** As a BI tool would: a plain DuckDB that knows nothing of us, read-only. */
const ask = async (query: string) => {
  const instance = await DuckDBInstance.create(file(), { access_mode: 'READ_ONLY' });
  try {
    const connection = await instance.connect();
    const rows = (await connection.runAndReadAll(query)).getRowsJson();
    connection.closeSync();
    return rows;
  } finally {
    instance.closeSync();
  }
};

it('a plain DuckDB reads every relation, qualified or through the search path', async () => {
  await write();
  expect(await ask('select id, amount from stock.moves')).toEqual([['a', 5]]);
  expect(await ask('select id from moves')).toEqual([['a']]);
  expect(await ask('select id from other')).toEqual([['o']]);
  expect(await ask('select rate from stock.north_pct')).toEqual([['33.33']]);
  await expect(ask('select * from secret.told')).rejects.toThrow();
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(
    readdirSync(lake.dataFolder)
      .filter((n) => n.startsWith('warehouse'))
      .sort(),
  ).toEqual(['warehouse.duckdb', 'warehouse.json']);
});

it('it is made again when missing, older, altered, moved, or with a write-ahead log beside it', async () => {
  expect(await isCurrent()).toBe(false);
  await write();
  expect(await isCurrent()).toBe(true);
  writeFileSync(`${file()}.wal`, 'left by a shell');
  expect(await isCurrent()).toBe(false);
  await write();
  expect(existsSync(`${file()}.wal`)).toBe(false);
  expect(await isCurrent()).toBe(true);
  writeFileSync(file(), 'corrupt');
  expect(await isCurrent()).toBe(false);
  await write();
  rmSync(file());
  expect(await isCurrent()).toBe(false);
  await write();
  await lake.commit(2, (d) => d.append(moves, movesOf([['b', 'p', '2024-01-02', 1]])));
  expect(await isCurrent()).toBe(false);
  await write();
  expect(await ask('select count(*)::integer from moves')).toEqual([[2]]);
  const moved = `${lake.dataFolder} moved`;
  renameSync(lake.dataFolder, moved);
  const there = await readSnapshot(join(moved, 'lake'), {}, lake.effects);
  if (there === undefined) throw new Error('no snapshot');
  expect(await isWarehouseCurrent(moved, there, options, lake.effects)).toBe(false);
  renameSync(moved, lake.dataFolder);
});
