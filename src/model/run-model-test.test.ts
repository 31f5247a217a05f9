import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openDuckDB } from '../engine/index.ts';
import type { Check, Model, ModelColumn, ModelGraph, ModelTest } from './model.ts';
import { describeDifference, runCheckTrip, runModelTest } from './run-model-test.ts';

const engine = await openDuckDB({
  memoryLimitBytes: 500_000_000,
  tempFolder: join(tmpdir(), 'schoolhouse-model-run-test'),
});
afterAll(() => engine[Symbol.asyncDispose]());

const place = { file: 'x' };
const column = (name: string, type: string): ModelColumn => ({
  name,
  type,
  is: name,
  unit: undefined,
  happened: false,
  privacy: 'public',
});

const model = (relation: string, columns: readonly ModelColumn[], sql: string): Model => ({
  relation,
  schema: relation.split('.')[0] ?? '',
  name: relation.split('.')[1] ?? '',
  sql,
  reads: [],
  grain: 'x',
  description: '',
  key: [],
  refresh: { kind: 'full' },
  columns,
  partitionBy: null,
  sortBy: [],
  holds: null,
  policy: 'school',
  checks: [],
  tests: [],
  place,
  hash: '',
});

const weight = model(
  'reference.weight',
  [column('kind', 'VARCHAR'), column('weight', 'BIGINT')],
  "select t.kind, cast(t.weight as bigint) as weight from (values ('a', 2)) as t (kind, weight)",
);
const daily: Model = {
  ...model(
    'gold.daily',
    [column('day', 'DATE'), column('rate', 'DECIMAL(5,2)'), column('at', 'TIMESTAMP')],
    `select s.day, pct(cast(sum(s.n * w.weight) as bigint), 3) as rate, max(s.at) as at
     from silver.s as s inner join reference.weight as w on w.kind = s.kind group by s.day`,
  ),
  key: ['day'],
  reads: ['silver.s', 'reference.weight'],
};
const graph: ModelGraph = {
  models: [weight, daily],
  checks: [],
  inputs: [
    {
      relation: 'silver.s',
      columns: [
        { name: 'day', type: 'DATE', privacy: 'public' },
        { name: 'kind', type: 'VARCHAR', privacy: 'public' },
        { name: 'n', type: 'BIGINT', privacy: 'public' },
        { name: 'at', type: 'TIMESTAMP', privacy: 'public' },
      ],
    },
  ],
};
const given = {
  'silver.s': [
    { day: '2025-01-01', kind: 'a', n: 1, at: '2025-01-01 08:00:00.500' },
    { day: '2025-01-02', kind: 'a', n: 0 },
  ],
};
const run = async (test: Pick<ModelTest, 'given' | 'expect'>): Promise<readonly string[]> =>
  (await runModelTest(engine, graph, daily, { name: 't', place, ...test })).map(describeDifference);

it('numbers are equal as numbers, rows in any order, columns that are not named are free', async () => {
  const expect_ = [
    { day: '2025-01-02', rate: 0 },
    { day: '2025-01-01', rate: 66.67, at: '2025-01-01T08:00:00.5' },
  ];
  expect(await run({ given, expect: expect_ })).toEqual([]);
});

it('a wrong cell, a missing row and an extra row are told apart', async () => {
  const wrong = [
    { day: '2025-01-01', rate: 66.66 },
    { day: '2025-01-03', rate: null },
  ];
  expect(await run({ given, expect: wrong })).toEqual([
    'day=2025-01-01: rate is 66.67, expected 66.66',
    'missing row day=2025-01-03 rate=null',
    'extra row day=2025-01-02 rate=0 at=null',
  ]);
});

it('reference models have their shipped rows unless others are given', async () => {
  const other = { ...given, 'reference.weight': [{ kind: 'a', weight: 3 }] };
  const rates = [{ rate: 100 }, { rate: 0 }];
  expect(await run({ given: other, expect: rates })).toEqual([]);
  expect(await run({ given: { ...given, 'reference.weight': [] }, expect: [] })).toEqual([]);
});

it('a given value that does not fit names test and relation, never the value', async () => {
  const bad = { 'silver.s': [{ n: 'seventeen' }] };
  await expect(run({ given: bad, expect: [] })).rejects.toThrow(
    'Test "t" of gold.daily gives silver.s a value that does not fit its column\'s type.',
  );
});

const check = (sql: string, trips: Check['trips']): Check => ({
  name: 'c',
  owner: 'gold.daily',
  by: [],
  severity: 'error',
  why: 'x',
  fix: 'x',
  sql,
  reads: ['silver.s'],
  trips,
  place,
});
const trip = async (one: Check): Promise<readonly string[]> =>
  (await runCheckTrip(engine, graph, one)).map(describeDifference);

it('a check must find what trips it, and nothing where nothing is', async () => {
  const finds = 'select day from silver.s where n < 0';
  expect(await trip(check(finds, { 'silver.s': [{ n: -1 }] }))).toEqual([]);
  expect(await trip(check(finds, { 'silver.s': [{ n: 1 }] }))).toEqual([
    'the check finds nothing in the rows that should trip it',
  ]);
  expect(await trip(check('select count(*) as n from silver.s', { 'silver.s': [{}] }))).toEqual([
    'the check finds 1 rows in empty relations',
  ]);
});
