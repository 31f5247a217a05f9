import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { trustedSql } from '../base/index.ts';
import { createViews } from './create-views.ts';
import { openDraft } from './draft.ts';
import type { Part } from './manifest.ts';
import { relationQuery } from './relation-query.ts';
import { idsOf, type Move, moves, movesOf, openToyLake, spoil, type ToyLake } from './toy-lake.ts';

let lake: ToyLake;
beforeEach(async () => {
  lake = await openToyLake();
});
afterEach(() => lake.close());

const parts = async (relation = 'stock.moves'): Promise<readonly Part[]> => {
  const entry = (await lake.open()).manifest.relations[relation];
  return entry?.kind === 'parts' ? entry.parts : [];
};

const fiveMonths: readonly Move[] = ['01', '02', '03', '04', '05'].flatMap((month): Move[] => [
  [`${month}-b`, 'north', `2024-${month}-02`, 2],
  [`${month}-a`, 'east', `2024-${month}-01`, 1],
]);

it('rows are written into month partitions, null dates into none, sorted inside', async () => {
  const rows: readonly Move[] = [...fiveMonths, ['u', 'west', null, 9]];
  await lake.commit(1, (draft) => draft.write(moves, movesOf(rows)));
  const found = await parts();
  expect(found.map((p) => [p.path, p.rows, p.min, p.max])).toEqual([
    ['stock/moves/none/1-0.parquet', 1, 'u', 'u'],
    ['stock/moves/2024-01/1-0.parquet', 2, '01-a', '01-b'],
    ['stock/moves/2024-02/1-0.parquet', 2, '02-a', '02-b'],
    ['stock/moves/2024-03/1-0.parquet', 2, '03-a', '03-b'],
    ['stock/moves/2024-04/1-0.parquet', 2, '04-a', '04-b'],
    ['stock/moves/2024-05/1-0.parquet', 2, '05-a', '05-b'],
  ]);
  const path = join(lake.lakeFolder, 'stock/moves/2024-01/1-0.parquet');
  expect(statSync(path).mode & 0o777).toBe(0o400);
  const [first] = await lake.engine.rows(
    trustedSql(
      `select place from read_parquet('${path.replaceAll("'", "''")}', hive_partitioning=false) limit 1`,
    ),
  );
  expect(first?.place).toBe('east');
  expect(await lake.lines()).toHaveLength(11);
});

it('both ways of writing give the same rows, partitions and order, also of months that were not named', async () => {
  const once = await lake.commit(1, (d) =>
    d.write(moves, movesOf([...fiveMonths, ['u', 'w', null, 9]])),
  );
  const before = await lake.lines();
  const byMonth = await lake.commit(2, (d) =>
    d.write(moves, movesOf([...fiveMonths, ['u', 'w', null, 9]]), {
      pass: { months: [202402, 202403, 202404, 202406], isSorted: false },
    }),
  );
  expect(await lake.lines()).toEqual(before);
  const shape = (m: typeof once) => {
    const entry = m.relations['stock.moves'];
    return entry?.kind === 'parts' ? entry.parts.map((p) => [p.partition, p.rows, p.sha256]) : [];
  };
  expect(shape(byMonth)).toEqual(shape(once));
});

it('an unsorted relation keeps the order of its query in a given partition', async () => {
  const flat = { ...moves, partitionBy: null, sortBy: [] };
  await lake.commit(1, (d) => d.append(flat, movesOf(fiveMonths), { partition: '2024-09' }));
  const [part] = await parts();
  expect(part?.path).toBe('stock/moves/2024-09/1-0.parquet');
  const rows = await lake.engine.rows(
    trustedSql(
      `select id from read_parquet('${join(lake.lakeFolder, part?.path ?? '').replaceAll("'", "''")}', hive_partitioning=false)`,
    ),
  );
  expect(rows.map((r) => r.id)).toEqual(fiveMonths.map(([id]) => id));
});

it('a relation without rows has no part and still has its columns', async () => {
  await lake.commit(1, (d) => d.write(moves, movesOf([])));
  expect(await parts()).toEqual([]);
  await createViews(lake.engine, await lake.open());
  const described = await lake.engine.describe(trustedSql('select * from stock.moves'));
  expect(described.map((c) => `${c.name} ${c.type}`)).toEqual([
    'id VARCHAR',
    'place VARCHAR',
    'moved_on DATE',
    'amount INTEGER',
  ]);
  expect(await lake.lines()).toEqual([]);
});

it('replacing rows that lie in 2 of 5 parts leaves the other 3 untouched', async () => {
  await lake.commit(1, (d) => d.write(moves, movesOf(fiveMonths)));
  const before = await parts();
  await lake.commit(2, (d) =>
    d.replaceRows(moves, {
      keys: idsOf('02-a', '04-b'),
      insert: movesOf([
        ['02-a', 'moved', '2024-03-09', 5],
        ['new', 'new', '2024-06-01', 7],
      ]),
    }),
  );
  const after = await parts();
  const paths = after.map((p) => p.path).sort();
  expect(paths).toEqual([
    'stock/moves/2024-01/1-0.parquet',
    'stock/moves/2024-02/2-0.parquet',
    'stock/moves/2024-03/1-0.parquet',
    'stock/moves/2024-03/2-0.parquet',
    'stock/moves/2024-04/2-0.parquet',
    'stock/moves/2024-05/1-0.parquet',
    'stock/moves/2024-06/2-0.parquet',
  ]);
  const untouched = before.filter((p) => paths.includes(p.path));
  expect(untouched).toHaveLength(3);
  for (const part of untouched) expect(after).toContainEqual(part);
  expect(await lake.lines()).toEqual(
    [
      '01-a|east|2024-01-01|1',
      '01-b|north|2024-01-02|2',
      '02-b|north|2024-02-02|2',
      '02-a|moved|2024-03-09|5',
      '03-a|east|2024-03-01|1',
      '03-b|north|2024-03-02|2',
      '04-a|east|2024-04-01|1',
      '05-a|east|2024-05-01|1',
      '05-b|north|2024-05-02|2',
      'new|new|2024-06-01|7',
    ].sort(),
  );
  // The old snapshot still reads what it read.
  expect(await lake.lines('stock.moves', await lake.open(1))).toHaveLength(10);
});

it('a null key takes out the rows whose key is null, and no others', async () => {
  await lake.commit(1, (d) => d.write(moves, movesOf([...fiveMonths, ['u', 'west', null, 9]])));
  await lake.commit(2, (d) =>
    d.replaceRows(moves, {
      keys: trustedSql(`select null::date as moved_on union all select date '2024-01-01'`),
      insert: movesOf([]),
    }),
  );
  const lines = await lake.lines();
  expect(lines).toHaveLength(9);
  expect(lines.some((l) => l.startsWith('u|') || l.startsWith('01-a|'))).toBe(false);
});

it('a part whose rows all go is dropped without being written anew', async () => {
  await lake.commit(1, (d) => d.write(moves, movesOf(fiveMonths)));
  const written = await lake.commit(2, (d) =>
    d.replaceRows(moves, { keys: idsOf('01-a', '01-b'), insert: movesOf([]) }),
  );
  expect(written.relations['stock.moves']).toMatchObject({ parts: { length: 4 } });
  expect(lake.files().filter((f) => f.includes('/2-'))).toEqual([]);
});

it('a flipped byte is found before a part is rewritten, and nothing changes', async () => {
  await lake.commit(1, (d) => d.write(moves, movesOf(fiveMonths)));
  const before = lake.files();
  spoil(join(lake.lakeFolder, 'stock/moves/2024-02/1-0.parquet'), 'flip');
  const replace = lake.commit(2, (d) =>
    d.replaceRows(moves, { keys: idsOf('02-a'), insert: movesOf([['z', 'z', '2024-02-01', 1]]) }),
  );
  await expect(replace).rejects.toMatchObject({ code: 'lake.part-altered', kind: 'technical' });
  expect(lake.files()).toEqual(before);
});

it('an altered value that the engine would not notice is found before its part is rewritten', async () => {
  await lake.commit(1, (d) => d.write(moves, movesOf(fiveMonths)));
  const path = join(lake.lakeFolder, 'stock/moves/2024-02/1-0.parquet');
  const bytes = readFileSync(path);
  const at = bytes.indexOf('north');
  bytes[at] = 'm'.charCodeAt(0);
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
  expect(await lake.lines()).toContain('02-b|morth|2024-02-02|2');
  const replace = lake.commit(2, (d) =>
    d.replaceRows(moves, { keys: idsOf('02-a'), insert: movesOf([]) }),
  );
  await expect(replace).rejects.toMatchObject({ code: 'lake.part-altered' });
});

it('columns that came later are null in old parts, and integers widen', async () => {
  await lake.commit(1, (d) => d.write(moves, movesOf([['a', 'p', '2024-01-01', 7]])));
  const wider = {
    ...moves,
    columns: [
      ...moves.columns.map((c) => (c.name === 'amount' ? { ...c, type: 'bigint' } : c)),
      { name: 'note', type: 'varchar', privacy: 'public' },
    ],
  };
  const rows = trustedSql(
    `select 'b' as id, 'p' as place, date '2024-02-01' as moved_on, 9007199254740993 as amount, 'n' as note`,
  );
  await lake.commit(2, (d) => d.append(wider, rows));
  expect((await parts()).map((p) => p.path)).toEqual([
    'stock/moves/2024-01/1-0.parquet',
    'stock/moves/2024-02/2-0.parquet',
  ]);
  expect(await lake.lines()).toEqual(['a|p|2024-01-01|7|', 'b|p|2024-02-01|9007199254740993|n']);
});

it('one old part alone is read with the columns that came later, too', async () => {
  await lake.commit(1, (d) => d.write(moves, movesOf([['a', 'p', '2024-01-01', 7]])));
  const wider = {
    ...moves,
    columns: [...moves.columns, { name: 'note', type: 'varchar', privacy: 'public' }],
  };
  const none = trustedSql(`select *, 'n' as note from (${movesOf([])})`);
  await lake.commit(2, (d) => d.append(wider, none));
  expect(await parts()).toHaveLength(1);
  expect(await lake.lines()).toEqual(['a|p|2024-01-01|7|']);
});

it('a type that may lose values is written anew, part by part', async () => {
  await lake.commit(1, (d) => d.write(moves, movesOf(fiveMonths)));
  const text = {
    ...moves,
    columns: moves.columns.map((c) => (c.name === 'amount' ? { ...c, type: 'VARCHAR' } : c)),
  };
  const row = trustedSql(
    `select 'b' as id, 'p' as place, date '2024-02-01' as moved_on, 'many' as amount`,
  );
  await lake.commit(2, (d) => d.append(text, row));
  expect((await parts()).every((p) => p.path.includes('/2-'))).toBe(true);
  expect(await lake.lines()).toContain('05-b|north|2024-05-02|2');
  expect(await lake.lines()).toContain('b|p|2024-02-01|many');
});

it('a query that does not fit the columns is refused with every problem', async () => {
  const refused = (query: string) =>
    expect(lake.commit(1, (d) => d.write(moves, trustedSql(query)))).rejects;
  await refused(`select 'a' as id, 'b' as place, 1 as other, 2::bigint as amount`).toMatchObject({
    code: 'lake.columns',
    facts: { problems: 'moved_on is missing; other is not declared' },
  });
  await refused(
    `select 'a' as id, 'b' as place, date '2024-01-01' as moved_on, sum(1) as amount`,
  ).toMatchObject({ facts: { problems: 'amount is HUGEINT: cast it to INTEGER' } });
  await refused(
    `select 'a' as id, 'b' as place, date '2024-01-01' as moved_on, 1.5::double as amount`,
  ).toMatchObject({
    facts: { problems: 'amount is DOUBLE where INTEGER is declared: cast or round it' },
  });
  const huge = { ...moves, columns: [{ name: 'n', type: 'hugeint', privacy: 'public' }] };
  const flat = { ...huge, partitionBy: null, sortBy: [], key: [] };
  await expect(
    lake.commit(1, (d) => d.write(flat, trustedSql('select 1 as n'))),
  ).rejects.toMatchObject({
    facts: { problems: 'n is declared HUGEINT, which Parquet cannot hold' },
  });
});

it('nested types are written and read', async () => {
  const nested = {
    ...moves,
    name: 'stock.nested',
    columns: [
      { name: 'tags', type: 'struct(code varchar, n integer)[]', privacy: 'public' },
      { name: 'n', type: 'decimal(18,6)', privacy: 'public' },
    ],
    key: [],
    partitionBy: null,
    sortBy: [],
  };
  await lake.commit(1, (d) =>
    d.write(nested, trustedSql(`select [{code: 'a', n: 1}, {code: 'b', n: 2}] as tags, 1.5 as n`)),
  );
  const [row] = await lake.engine.rows(
    trustedSql(
      `select tags[2].code as c, n from (${relationQuery(await lake.open(), 'stock.nested')})`,
    ),
  );
  expect(row).toEqual({ c: 'b', n: '1.500000' });
});

it('a query that fails leaves no file', async () => {
  await lake.commit(1, (d) => d.write(moves, movesOf(fiveMonths)));
  const before = lake.files();
  const bad = trustedSql(
    `select id, place, moved_on, case when id = '05-a' then error('x')::integer else amount end as amount from (${movesOf(fiveMonths)})`,
  );
  await expect(lake.commit(2, (d) => d.write(moves, bad))).rejects.toThrow();
  expect(lake.files()).toEqual(before);
});

it('a draft that is not committed leaves nothing, and the old world stays', async () => {
  await lake.commit(1, (d) => d.write(moves, movesOf(fiveMonths)));
  const before = lake.files();
  const base = await lake.open();
  const draft = await openDraft(
    lake.lakeFolder,
    { run: 2, base, engine: lake.engine },
    lake.effects,
  );
  await draft.append(moves, movesOf([['x', 'x', '2024-01-01', 1]]));
  expect(draft.query('stock.moves')).toContain('/2-0.parquet');
  await draft[Symbol.asyncDispose]();
  expect(lake.files()).toEqual(before);
});

it('a part path that exists is an error', async () => {
  await lake.commit(1, (d) => d.write(moves, movesOf(fiveMonths)));
  const stray = join(lake.lakeFolder, 'stock/moves/2024-01/2-0.parquet');
  writeFileSync(stray, 'stray');
  const again = lake.commit(2, (d) => d.append(moves, movesOf(fiveMonths)));
  await expect(again).rejects.toMatchObject({ code: 'lake.part-exists' });
  expect(readFileSync(stray, 'utf8')).toBe('stray');
  expect(await lake.lines()).toHaveLength(10);
});

it('a run number that is not newer than the base is a bug, and is refused before a file is touched', async () => {
  await lake.commit(1, (d) => d.write(moves, movesOf(fiveMonths)));
  const before = lake.files();
  await expect(lake.commit(1, (d) => d.append(moves, movesOf(fiveMonths)))).rejects.toThrow(
    'not newer',
  );
  expect(lake.files()).toEqual(before);
});

it('more than 8 parts of a partition become one, at most 2 partitions a run, and no row changes', async () => {
  const numbered = {
    ...moves,
    columns: [...moves.columns, { name: '_row', type: 'BIGINT', privacy: 'public' }],
    partitionBy: null,
    sortBy: [],
    materialise: { _row: 'coalesce(_row, file_row_number + 1)' },
  };
  await lake.commit(1, async (draft) => {
    for (const [partition, count] of [
      ['a', 9],
      ['b', 11],
      ['c', 10],
      ['d', 8],
    ] as const) {
      for (let i = 0; i < count; i++) {
        const rows = trustedSql(`select *, null::bigint as _row from (${movesOf(fiveMonths)})`);
        await draft.append(numbered, rows, { partition });
      }
    }
  });
  const before = await lake.lines();
  expect(before.filter((l) => l === '05-a|east|2024-05-01|1|10')).toHaveLength(38);
  await lake.commit(2, async (draft) => {
    expect(await draft.compact({ maxParts: 8, maxPartitions: 2 })).toEqual([
      { relation: 'stock.moves', partition: 'b', parts: 11 },
      { relation: 'stock.moves', partition: 'c', parts: 10 },
    ]);
  });
  expect((await parts()).filter((p) => p.path.includes('/2-')).map((p) => p.path)).toEqual([
    'stock/moves/b/2-0.parquet',
    'stock/moves/c/2-0.parquet',
  ]);
  expect(await parts()).toHaveLength(9 + 8 + 2);
  expect(await lake.lines()).toEqual(before);
});

it('the number of a row is stored when its part is written anew', async () => {
  const numbered = {
    ...moves,
    columns: [...moves.columns, { name: '_row', type: 'BIGINT', privacy: 'public' }],
    partitionBy: null,
    sortBy: [],
    materialise: { _row: 'coalesce(_row, file_row_number + 1)' },
  };
  const rows = trustedSql(`select *, null::bigint as _row from (${movesOf(fiveMonths)})`);
  await lake.commit(1, (d) => d.append(numbered, rows, { partition: 'a' }));
  const nothing = trustedSql(`select *, null::bigint as _row from (${movesOf([])})`);
  await lake.commit(2, (d) =>
    d.replaceRows(numbered, { keys: idsOf('01-b', '02-b'), insert: nothing }),
  );
  expect((await lake.lines()).map((l) => `${l.slice(0, 4)} ${l.split('|')[4]}`)).toEqual([
    '01-a 2',
    '02-a 4',
    '03-a 6',
    '03-b 5',
    '04-a 8',
    '04-b 7',
    '05-a 10',
    '05-b 9',
  ]);
});

it('views read parts and other views, in whatever order they were put', async () => {
  await lake.commit(1, async (draft) => {
    const facts = { key: [], policy: 'open', builtFrom: 'v' };
    draft.putView({
      ...facts,
      name: 'shop.a_total',
      columns: [{ name: 'total', type: 'BIGINT', privacy: 'public' }],
      sql: 'select cast(sum(amount) as bigint) as total from shop.b_north',
      reads: ['shop.b_north'],
    });
    draft.putView({
      ...facts,
      name: 'shop.b_north',
      columns: [{ name: 'amount', type: 'INTEGER', privacy: 'public' }],
      sql: `select amount from stock.moves where place = 'north'`,
      reads: ['stock.moves'],
    });
    await draft.write(moves, movesOf(fiveMonths));
  });
  await createViews(lake.engine, await lake.open(), { relations: ['shop.a_total'] });
  const rows = await lake.engine.rows(trustedSql('select total from shop.a_total'));
  expect(rows).toEqual([{ total: 10 }]);
});

it('a relation that is reverted is what it was, and its new parts are removed at the commit', async () => {
  await lake.commit(1, (d) => d.write(moves, movesOf(fiveMonths)));
  const other = { ...moves, name: 'stock.told' };
  const manifest = await lake.commit(
    2,
    async (draft) => {
      await draft.write(moves, movesOf([['z', 'z', '2024-01-01', 1]]));
      await draft.write(other, movesOf([['t', 't', '2024-01-01', 1]]));
      draft.revert('stock.moves');
    },
    { kind: 'ledger' },
  );
  expect(manifest).toMatchObject({ kind: 'ledger', parent: 1 });
  expect(await lake.lines()).toHaveLength(10);
  expect(lake.files().filter((f) => f.includes('/2-'))).toEqual(['stock/told/2024-01/2-0.parquet']);
});

it('no message tells a key', async () => {
  await lake.commit(1, (d) => d.write(moves, movesOf([['secret-key', 'p', '2024-01-01', 1]])));
  expect(readFileSync(join(lake.lakeFolder, 'manifests/1.json'), 'utf8')).toContain('secret-key');
  spoil(join(lake.lakeFolder, 'stock/moves/2024-01/1-0.parquet'), 'flip');
  const failed = lake.commit(2, (d) =>
    d.replaceRows(
      { ...moves, sortBy: ['place'] },
      {
        keys: trustedSql(`select 'secret-key' as id`),
        insert: trustedSql(`select 'secret-key'::integer as id`),
      },
    ),
  );
  const error = await failed.catch((e: Error) => e);
  expect(String(error)).not.toContain('secret-key');
});
