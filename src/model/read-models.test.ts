import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { nodeEffects, trustedSql } from '../base/index.ts';
import { openDuckDB } from '../engine/index.ts';
import type { FeedColumns, InputRelation } from './feed-relations.ts';
import type { ModelGraph } from './model.ts';
import { readModels } from './read-models.ts';

const effects = await nodeEffects();
const engine = await openDuckDB({
  memoryLimitBytes: 500_000_000,
  tempFolder: join(tmpdir(), 'schoolhouse-model-test'),
});
afterAll(() => engine[Symbol.asyncDispose]());

const feeds: readonly FeedColumns[] = [
  {
    feed: 'visits',
    key: ['visit_id'],
    columns: [
      { name: 'visit_id', type: 'VARCHAR', privacy: 'internal' },
      { name: 'student_id', type: 'VARCHAR', privacy: 'personal' },
      { name: 'visit_date', type: 'DATE', privacy: 'personal' },
      { name: 'minutes', type: 'BIGINT', privacy: 'personal' },
    ],
  },
];
const provided: readonly InputRelation[] = [
  {
    relation: 'reference.run_context',
    columns: [{ name: 'as_of', type: 'DATE', privacy: 'internal' }],
  },
];

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

type Files = Readonly<Record<string, string>>;

const writeFiles = async (files: Files, below = ''): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'schoolhouse-models-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, below, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return folder;
};

const read = async (builtIn: Files, own?: Files, functionsHash = 'f1') =>
  readModels(
    {
      builtInFolder: await writeFiles(builtIn),
      projectFolder: own === undefined ? undefined : await writeFiles(own, 'models'),
      engine,
      feeds,
      provided,
      functionsHash,
    },
    effects,
  );

const problemsOf = async (builtIn: Files, own?: Files): Promise<readonly string[]> => {
  const compiled = await read(builtIn, own);
  if (compiled.kind === 'ok') return [];
  return compiled.problems.map(
    ({ code, place, hint }) =>
      `${place?.file}:${place?.line ?? ''}:${place?.column ?? ''} ${code}${hint === undefined ? '' : ` ${hint}`}`,
  );
};

const graphOf = async (
  builtIn: Files,
  own?: Files,
  functionsHash?: string,
): Promise<ModelGraph> => {
  const compiled = await read(builtIn, own, functionsHash);
  if (compiled.kind === 'problems') throw compiled.problems[0];
  return compiled.value;
};

const visitSql = 'select visit_id, student_id, visit_date as date, minutes from staging.visits\n';
const visitYml = `grain: One row a visit.
key: [visit_id]
by: [visit_id]
partition_by: date
sort_by: [student_id]
policy: student
columns:
  visit_id: { is: Key., privacy: internal }
  student_id: { is: Who came., privacy: personal }
  date: { is: When., type: date, privacy: personal }
  minutes: { is: How long., unit: minutes, privacy: personal }
`;
const dailySql = `with visit as (
    select date, minutes from silver.fact_visit
),

final as (
    select visit.date, count(*) as visits, cast(sum(visit.minutes) as bigint) as minutes
    from visit
    group by visit.date
)

select * from final
`;
const dailyYml = `grain: One row a day.
key: [date]
by: [date]
columns:
  date: { is: The day., privacy: public }
  visits: { is: Rows., privacy: public }
  minutes: { is: Sum., privacy: public }
checks:
  all_visits:
    why: No visit is lost.
    fix: Look at the join.
    sql: >
      select v.date from silver.fact_visit as v
      except
      select d.date from gold.visits_daily as d
    trips:
      silver.fact_visit: [{ date: 2025-01-01 }]
`;
const good: Files = {
  'silver/fact_visit.sql': visitSql,
  'silver/fact_visit.yml': visitYml,
  'gold/visits_daily.sql': dailySql,
  'gold/visits_daily.yml': dailyYml,
};
const withGold = (sql: string): Files => ({ ...good, 'gold/visits_daily.sql': sql });

describe('a project that compiles', () => {
  it('gives models in building order, with columns typed by the query and frozen', async () => {
    const graph = await graphOf({
      ...good,
      'silver/a_first.sql': 'select date from silver.fact_visit\n',
      'silver/a_first.yml': 'grain: x\nkey: [date]\ncolumns:\n  date: { is: x, privacy: public }\n',
    });
    expect(graph.models.map((model) => model.relation)).toEqual([
      'silver.fact_visit',
      'silver.a_first',
      'gold.visits_daily',
    ]);
    expect(graph.models[2]?.columns.map((column) => `${column.name} ${column.type}`)).toEqual([
      'date DATE',
      'visits BIGINT',
      'minutes BIGINT',
    ]);
    expect(graph.models[0]).toMatchObject({
      reads: ['staging.visits'],
      refresh: { kind: 'by', columns: ['visit_id'], touched: undefined },
      partitionBy: 'date',
      sortBy: ['student_id'],
      policy: 'student',
    });
    expect(Object.isFrozen(graph.models[0]?.columns)).toBe(true);
  });

  it('every key has its two checks unasked, beside the ones that are written', async () => {
    const graph = await graphOf(good);
    expect(graph.checks.map((check) => check.name)).toEqual([
      'fact_visit_key_not_null',
      'fact_visit_key_unique',
      'visits_daily_key_not_null',
      'visits_daily_key_unique',
      'all_visits',
    ]);
    expect(graph.checks.at(-1)).toMatchObject({
      owner: 'gold.visits_daily',
      severity: 'error',
      reads: ['silver.fact_visit', 'gold.visits_daily'],
    });
  });

  it('the hash moves with the SQL, the rows-deciding sidecar and the functions, not with words', async () => {
    const hash = async (files: Files, functions?: string): Promise<string | undefined> =>
      (await graphOf(files, undefined, functions)).models[1]?.hash;
    const plain = await hash(good);
    expect(await hash(good)).toBe(plain);
    expect(
      await hash({ ...good, 'gold/visits_daily.yml': dailyYml.replace('Rows.', 'Number.') }),
    ).toBe(plain);
    expect(await hash(withGold(dailySql.replace('count(*)', 'count(visit.date)')))).not.toBe(plain);
    expect(
      await hash({
        ...good,
        'gold/visits_daily.yml': dailyYml.replace('by: [date]', 'refresh: full'),
      }),
    ).not.toBe(plain);
    expect(await hash(good, 'f2')).not.toBe(plain);
  });

  it('leaves the engine as it was', async () => {
    await graphOf(good);
    const [row] = await engine.rows(
      trustedSql(
        "select current_database() as d, count(*) as n from duckdb_databases() where database_name like 'schoolhouse%' group by 1",
      ),
    );
    expect(row).toBeUndefined();
    expect((await engine.rows(trustedSql('select current_database() as d')))[0]?.d).toBe('memory');
  });
});

describe('a project over the built-in models', () => {
  it("a user's query replaces ours and keeps our sidecar", async () => {
    const sql = dailySql.replace('from visit\n', 'from visit where visit.minutes > 0\n');
    const graph = await graphOf(good, { 'gold/visits_daily.sql': sql });
    expect(graph.models[1]?.sql).toBe(sql.trimEnd());
    expect(graph.models[1]?.refresh.kind).toBe('by');
  });
  it('its columns must equal our sidecar', async () => {
    const sql = dailySql.replace('count(*) as visits', 'count(*) as calls');
    expect(await problemsOf(good, { 'gold/visits_daily.sql': sql })).toEqual([
      'models/gold/visits_daily.yml:6:3 model.columns-differ',
    ]);
  });
  it("a user's sidecar replaces ours whole", async () => {
    const yml = dailyYml.replace('by: [date]', 'refresh: view').replace(/checks:[\s\S]*/, '');
    const graph = await graphOf(good, { 'gold/visits_daily.yml': yml });
    expect(graph.models[1]?.refresh).toEqual({ kind: 'view' });
    expect(graph.checks.map((check) => check.name)).not.toContain('all_visits');
  });
  it('checks only add', async () => {
    const yml = 'why: x\nfix: y\nseverity: warn\ntrips:\n  silver.fact_visit: [{ minutes: -1 }]\n';
    const sql = 'select visit_id from silver.fact_visit where minutes < 0\n';
    const graph = await graphOf(good, { 'checks/minutes.sql': sql, 'checks/minutes.yml': yml });
    expect(graph.checks.at(-1)).toMatchObject({
      name: 'minutes',
      owner: 'checks',
      severity: 'warn',
    });
    const twice = { 'checks/all_visits.sql': sql, 'checks/all_visits.yml': yml };
    expect(await problemsOf(good, twice)).toEqual([
      'models/checks/all_visits.sql:1:1 model.check-name-taken',
    ]);
  });
});

describe('what a query may not be', () => {
  const refused: readonly (readonly [string, string, string])[] = [
    ['`::`', 'select date, visits::bigint as visits, 1 as minutes from silver.fact_visit', '1:20'],
    [
      '`using`',
      'select a.date\nfrom silver.fact_visit as a\njoin silver.fact_visit as b using (date)',
      '3:1',
    ],
    [
      'a natural join',
      'select a.date from silver.fact_visit as a natural join silver.fact_visit as b',
      '1:43',
    ],
    [
      '`qualify`',
      'select date from silver.fact_visit qualify row_number() over (order by date) = 1',
      '1:78',
    ],
    [
      '`group by` a position',
      'select date, count(*) as visits from silver.fact_visit group by 1',
      '1:65',
    ],
    [
      '`group by all`',
      'select date, count(*) as visits from silver.fact_visit group by all',
      '1:8',
    ],
    [
      '`*` before the end',
      'with v as (select * from silver.fact_visit) select date from v',
      '1:19',
    ],
    [
      'the alias n in the select list',
      'select count(*) as n, n + 1 as m from silver.fact_visit',
      '1:23',
    ],
    ['`now`', 'select now() as date from silver.fact_visit', '1:8'],
    ['`current_date`', 'select current_date as date from silver.fact_visit', '1:8'],
    ['`random`', 'select random() as date from silver.fact_visit', '1:8'],
    ['`/`', "select 'é' as e, minutes / 2 as m from silver.fact_visit", '1:26'],
    ['`//`', 'select minutes // 2 as m from silver.fact_visit', '1:16'],
    ['`distinct on`', 'select distinct on (date) date from silver.fact_visit', '1:21'],
    ['the table function read_csv', "select a from read_csv('x.csv')", '1:15'],
  ];
  it.each(refused)('%s is refused where it stands', async (construct, sql, place) => {
    const compiled = await read(withGold(sql));
    const found = compiled.kind === 'ok' ? [] : compiled.problems;
    const own = found.filter((problem) => problem.code === 'model.refused-construct');
    expect(own[0]?.message).toContain(construct);
    expect(`${own[0]?.place?.line}:${own[0]?.place?.column}`).toBe(place);
    expect(own).toHaveLength(1);
  });
  it('a cast written in a comment or a text is none', async () => {
    const sql = dailySql.replace('count(*)', "count(case when 'a::b' <> '' then 1 end) /* x::y */");
    expect(await problemsOf(withGold(`-- a::b\n${sql}`))).toEqual([]);
  });
  it('more than one statement, or none that reads, is refused', async () => {
    expect(await problemsOf(withGold('select 1 as a; select 2 as a'))).toContain(
      'models/gold/visits_daily.sql:: model.sql',
    );
    expect(await problemsOf(withGold('selec 1'))).toContain(
      'models/gold/visits_daily.sql:1:1 model.sql',
    );
  });
  it('over 180 lines is refused', async () => {
    const long = dailySql.replace('select * from final', `${'\n'.repeat(180)}select * from final`);
    expect(await problemsOf(withGold(long))).toEqual([
      'models/gold/visits_daily.sql:181: model.too-long',
    ]);
  });
});

describe('what a model may read', () => {
  const goldPlace = 'models/gold/visits_daily.sql';
  it('an unknown relation is told with the closest', async () => {
    const sql = dailySql.replace('silver.fact_visit', 'silver.fact_vissit');
    expect(await problemsOf(withGold(sql))).toEqual([
      `${goldPlace}:2:31 model.unknown-relation Closest: silver.fact_visit.`,
    ]);
  });
  it('a relation without its schema is told with it', async () => {
    expect(await problemsOf(withGold(dailySql.replace('silver.fact_visit', 'fact_visit')))).toEqual(
      [`${goldPlace}:2:31 model.unqualified-relation Write silver.fact_visit.`],
    );
  });
  it('gold does not read staging, nor bronze', async () => {
    for (const relation of ['staging.visits', 'bronze.visits']) {
      const sql = dailySql.replace(
        'date, minutes from silver.fact_visit',
        `visit_date as date, minutes from ${relation}`,
      );
      expect(await problemsOf(withGold(sql))).toEqual([`${goldPlace}:2:45 model.layer`]);
    }
  });
  it('silver reads versions and inferred members of a feed', async () => {
    const sql = visitSql.replace('staging.visits', 'staging.visits_versions as v');
    expect(await problemsOf({ ...good, 'silver/fact_visit.sql': sql })).toEqual([]);
  });
  it('a circle names its models, and the others are still looked at', async () => {
    const yml = 'grain: x\nkey: [a]\ncolumns:\n  a: { is: x, privacy: public }\n';
    const compiled = await read({
      ...withGold(dailySql.replace('sum(visit.minutes)', 'sum(visit.hours)')),
      'silver/p.sql': 'select a from silver.q',
      'silver/p.yml': yml,
      'silver/q.sql': 'select a from silver.p',
      'silver/q.yml': yml,
    });
    const messages = compiled.kind === 'ok' ? [] : compiled.problems.map((p) => p.message);
    expect(messages).toContain(
      'Models read each other in a circle: silver.p → silver.q → silver.p.',
    );
    expect(messages.join()).toContain('gold.visits_daily does not compile');
  });
});

describe('what a sidecar may not be', () => {
  const broken = (change: (yml: string) => string) =>
    problemsOf({ ...good, 'gold/visits_daily.yml': change(dailyYml) });
  const yml = 'models/gold/visits_daily.yml';

  it('all problems are told at once, with line and column', async () => {
    const found = await broken((text) =>
      text
        .replace('grain: One row a day.', 'grian: One row a day.')
        .replace('privacy: public }\n  minutes', 'privacy: secret }\n  minutes')
        .replace('    why: No visit is lost.\n', ''),
    );
    expect(found).toEqual([
      `${yml}:1:1 model.sidecar`,
      `${yml}:1:1 model.sidecar Closest: grain.`,
      `${yml}:6:24 model.sidecar`,
      `${yml}:9:3 model.sidecar`,
    ]);
  });
  it('a YAML error has its place', async () => {
    const found = await broken((text) => `${text}  - [\n`);
    expect(found.every((line) => line.startsWith(yml))).toBe(true);
    expect(found.length).toBeGreaterThan(0);
  });
  it('a key, by, partition or sort column must be declared', async () => {
    expect(await broken((text) => text.replace('key: [date]', 'key: [day]\nsort_by: [x]'))).toEqual(
      [`${yml}:2:1 model.column-unknown`, `${yml}:3:1 model.column-unknown`],
    );
  });
  it('a declared type must be the one that the query gives', async () => {
    expect(await broken((text) => text.replace('is: Rows.,', 'is: Rows., type: integer,'))).toEqual(
      [`${yml}:6:3 model.type-differs`],
    );
    expect(await broken((text) => text.replace('is: Rows.,', 'is: Rows., type: bigint,'))).toEqual(
      [],
    );
  });
  it('hugeint is refused', async () => {
    const sql = dailySql.replace('cast(sum(visit.minutes) as bigint)', 'sum(visit.minutes)');
    expect(await problemsOf(withGold(sql))).toEqual([
      `${yml}:7:3 model.type-refused DuckDB sums integers to hugeint: cast(sum(…) as bigint).`,
    ]);
  });
  it('a check without trips is refused', async () => {
    const place = `${yml}:9:3`;
    expect(await broken((text) => text.replace(/ {4}trips:[\s\S]*/, ''))).toEqual([
      `${place} model.check-without-trips`,
    ]);
    expect(await broken((text) => text.replace('[{ date: 2025-01-01 }]', '[]'))).toEqual([
      `${place} model.check-without-trips`,
    ]);
  });
  it('rows of a test are of relations that the query reads, and of their columns', async () => {
    const test = `tests:
  - name: x
    given:
      silver.fact_visits: [{ date: 2025-01-01 }]
      silver.fact_visit: [{ day: 2025-01-01 }]
    expect: [{ visit: 1 }]
`;
    expect(await broken((text) => text + test)).toEqual([
      `${yml}:21:7 model.fixture-relation Closest: silver.fact_visit.`,
      `${yml}:22:7 model.fixture-column Known: visit_id, student_id, date, minutes.`,
      `${yml}:23:5 model.column-unknown`,
    ]);
  });
  it('touched gives the columns of by, over delta', async () => {
    const touched = (sql: string) =>
      broken((text) => text.replace('by: [date]', `by: [date]\ntouched: ${sql}`));
    expect(await touched('select distinct date from delta.fact_visit')).toEqual([]);
    expect(await touched('select visit_id from delta.fact_visit')).toEqual([
      `${yml}:4:1 model.touched`,
    ]);
    expect(await touched('select date from delta.fact_vist')).toEqual([
      `${yml}:4:1 model.unknown-relation Closest: delta.fact_visit.`,
    ]);
  });
  it('touched reads the deltas of what its model reads, below views, and no others', async () => {
    const others = await broken((text) =>
      text.replace('by: [date]', 'by: [date]\ntouched: select visit_id from delta.staging_visits'),
    );
    expect(others).toEqual([`${yml}:4:1 model.touched-delta`]);
    const ofView = (delta: string) =>
      problemsOf({
        ...good,
        'silver/all_visits.sql': visitSql,
        'silver/all_visits.yml': visitYml,
        'silver/fact_visit.sql':
          'select visit_id, student_id, date, minutes from silver.all_visits\n',
        'silver/fact_visit.yml': `${visitYml.replace(/^by: .*\n/m, '')}refresh: view\n`,
        'gold/visits_daily.yml': dailyYml.replace(
          'by: [date]',
          `by: [date]\ntouched: select date from delta.${delta}`,
        ),
      });
    expect(await ofView('all_visits')).toEqual([]);
    expect(await ofView('fact_visit')).toEqual([`${yml}:4:1 model.touched-delta`]);
  });
  it('one file without the other is refused, and the query is still looked at', async () => {
    const { 'gold/visits_daily.yml': _, ...rest } = good;
    const found = await problemsOf({
      ...rest,
      'gold/visits_daily.sql': 'select now() as date',
      'silver/x.yml': 'grain: x',
    });
    expect(found).toEqual([
      'models/gold/visits_daily.sql:: model.sidecar-missing',
      'models/gold/visits_daily.sql:1:8 model.refused-construct',
      'models/silver/x.yml:: model.sql-missing',
    ]);
  });
});
