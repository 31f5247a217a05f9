import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Effects } from '../base/index.ts';
import { collectGarbage, eraseHistory, sweepKilled } from './garbage.ts';
import { openLease } from './lease.ts';
import { listSnapshots } from './read-snapshot.ts';
import { moves, movesOf, openToyLake, type ToyLake } from './toy-lake.ts';

let lake: ToyLake;
beforeEach(async () => {
  lake = await openToyLake();
});
afterEach(() => lake.close());

const dayMs = 86_400_000;
const later = (days: number): Effects => ({
  ...lake.effects,
  now: () => new Date(lake.effects.now().getTime() + days * dayMs),
});
/** Each commit replaces the one row, so each has a part of its own. */
const write = (run: number, facts: { kind?: 'data' | 'ledger'; complete?: boolean } = {}) =>
  lake.commit(run, (d) => d.write(moves, movesOf([[`r${run}`, 'p', '2024-01-01', 1]])), facts);
const collect = (keep: number, effects = lake.effects, graceDays = 7) =>
  collectGarbage(lake.lakeFolder, { keep, graceDays, run: 99 }, effects);
const keptRuns = async (): Promise<readonly number[]> =>
  (await listSnapshots(lake.lakeFolder, lake.effects)).map((s) => s.run);
const partRuns = (): readonly number[] =>
  lake
    .files()
    .map((file) => /\/(\d+)-0\.parquet$/.exec(file)?.[1])
    .filter((run) => run !== undefined)
    .map(Number)
    .sort((a, b) => a - b);

it('the last data commits are kept; those that tell of runs only do not count', async () => {
  for (const run of [1, 2, 3]) await write(run);
  await write(4, { kind: 'ledger' });
  await write(5);
  await write(6, { kind: 'ledger' });
  await collect(2);
  expect(await keptRuns()).toEqual([6, 5, 4, 3]);
});

it('the last complete snapshot is kept however old it is', async () => {
  await write(1);
  for (const run of [2, 3, 4, 5]) await write(run, { complete: false });
  await collect(2);
  expect(await keptRuns()).toEqual([5, 4, 1]);
  await write(6, { complete: false });
  await collect(2);
  expect(await keptRuns()).toEqual([6, 5, 1]);
  expect(await lake.lines('stock.moves', await lake.open(1))).toEqual(['r1|p|2024-01-01|1']);
});

it('parts stay for the days of grace after their manifest was given up', async () => {
  for (const run of [1, 2, 3]) await write(run);
  await collect(1);
  expect(await keptRuns()).toEqual([3]);
  expect(partRuns()).toEqual([1, 2, 3]);
  await collect(1, later(6.9));
  expect(partRuns()).toEqual([1, 2, 3]);
  expect(await collect(1, later(7.1))).toMatchObject({ manifests: 0, parts: 2 });
  expect(partRuns()).toEqual([3]);
});

it('a lease keeps the parts of its snapshot from garbage until it ends', async () => {
  await write(1);
  const lease = await openLease(lake.lakeFolder, {}, lake.effects);
  await write(2);
  await write(3);
  await collect(1, lake.effects, 0);
  expect(partRuns()).toEqual([1, 3]);
  expect(await lake.lines('stock.moves', lease?.snapshot)).toEqual(['r1|p|2024-01-01|1']);
  await lease?.[Symbol.asyncDispose]();
  await collect(1, lake.effects, 0);
  expect(partRuns()).toEqual([3]);
});

it('a lease that nobody touched for ten minutes is dead', async () => {
  await write(1);
  const lease = await openLease(lake.lakeFolder, {}, lake.effects);
  await write(2);
  await collect(1, later(9 / 1440), 0);
  expect(partRuns()).toEqual([1, 2]);
  await collect(1, later(11 / 1440), 0);
  expect(partRuns()).toEqual([2]);
  await expect(lease?.verify()).rejects.toMatchObject({ code: 'lake.lease-ended' });
  await lease?.[Symbol.asyncDispose]();
});

it('a lease follows current when it moves while the lease is written', async () => {
  await write(1);
  let moved = false;
  const effects: Effects = {
    ...lake.effects,
    fs: {
      ...lake.effects.fs,
      touch: async (path, at) => {
        await lake.effects.fs.touch(path, at);
        if (moved) return;
        moved = true;
        await write(2);
      },
    },
  };
  const lease = await openLease(lake.lakeFolder, {}, effects);
  expect(lease?.snapshot.manifest.run).toBe(2);
  await lease?.[Symbol.asyncDispose]();
  expect(readdirSync(join(lake.lakeFolder, 'readers'))).toEqual([]);
});

it('a folder that cannot be written gives a snapshot without a lease', async () => {
  await write(1);
  const readOnly: Effects = {
    ...lake.effects,
    fs: {
      ...lake.effects.fs,
      writeText: () => Promise.reject(Object.assign(new Error('EROFS'), { code: 'EROFS' })),
    },
  };
  const lease = await openLease(lake.lakeFolder, {}, readOnly);
  expect(lease?.id).toBeUndefined();
  expect(lease?.snapshot.manifest.run).toBe(1);
  await lease?.verify();
});

it('parts that no manifest names are removed, those of the working run stay', async () => {
  await write(1);
  const folder = join(lake.lakeFolder, 'stock/moves/2024-01');
  writeFileSync(join(folder, '7-0.parquet'), 'left by a killed run');
  writeFileSync(join(folder, '99-0.parquet'), 'being written');
  await collect(30);
  expect(partRuns()).toEqual([1, 99]);
});

it('what killed runs left in drafts and spill folders is swept, but not that of the living', async () => {
  await write(1);
  const lease = await openLease(lake.lakeFolder, {}, lake.effects);
  const made = ['lake/.drafts/7', 'lake/.drafts/99', 'tmp/7', 'tmp/99', `tmp/${lease?.id}`];
  for (const name of made) mkdirSync(join(lake.dataFolder, name), { recursive: true });
  writeFileSync(join(lake.lakeFolder, 'current.123'), '7\n');
  writeFileSync(join(lake.dataFolder, 'run.json.123'), '');
  await sweepKilled(lake.dataFolder, { run: 99 }, lake.effects);
  expect(readdirSync(join(lake.lakeFolder, '.drafts'))).toEqual(['99']);
  expect(readdirSync(join(lake.dataFolder, 'tmp')).sort()).toEqual(
    ['99', String(lease?.id)].sort(),
  );
  expect(lake.files()).not.toContain('current.123');
  expect(readdirSync(lake.dataFolder)).not.toContain('run.json.123');
  await lease?.[Symbol.asyncDispose]();
});

it('nothing is removed while a manifest of a newer format lies there', async () => {
  for (const run of [1, 2, 3]) await write(run);
  writeFileSync(join(lake.lakeFolder, 'manifests/9.json'), '{"format":2}');
  await collect(1, lake.effects, 0);
  expect(partRuns()).toEqual([1, 2, 3]);
});

it('erasing history leaves one snapshot, its parts, and no lease', async () => {
  for (const run of [1, 2, 3]) await write(run);
  await collect(2);
  const lease = await openLease(lake.lakeFolder, { at: 2 }, lake.effects);
  await eraseHistory(lake.lakeFolder, { run: 3 }, lake.effects);
  expect(lake.files()).toEqual(['current', 'manifests/3.json', 'stock/moves/2024-01/3-0.parquet']);
  await expect(lease?.verify()).rejects.toMatchObject({ code: 'lake.lease-ended' });
  await lease?.[Symbol.asyncDispose]();
});
