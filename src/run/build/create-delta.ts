import { joinSql, quoteName, type Sql, sql } from '../../base/index.ts';
import type { Engine } from '../../engine/index.ts';
import type { Model } from '../../model/index.ts';
import { sameGroup } from './scope-query.ts';
import { deltaName } from './touched-groups.ts';

/** The temp table in which one step of a model's build stands. */
export const buildName = (model: Model, what: string): Sql =>
  sql`build.${quoteName(`${model.name}_${what}`)}`;

export const countRows = async (engine: Engine, relation: Sql): Promise<number> =>
  Number((await engine.rows(sql`select count(*) as n from ${relation}`))[0]?.n ?? 0);

/** Rows of one relation that another lacks, each as often as it lacks it. */
const exactlyMissing = (from: Sql, other: Sql): Sql =>
  sql`(select * from ${from}) except all (select * from ${other})`;

/** The same where the key is one: found by it and a hash of the row, several times faster. */
const missingByKey = (model: Model, from: Sql, other: Sql): Sql => {
  const hashOf = (row: Sql): Sql =>
    sql`hash(${joinSql(model.columns.map((column) => sql`${row}.${quoteName(column.name)}`))})`;
  return sql`select r.* from ${from} as r anti join ${other} as o
    on ${sameGroup(model.key, sql`r`, sql`o`)} and ${hashOf(sql`r`)} = ${hashOf(sql`o`)}`;
};

/** Leaves `delta.<model>`: rows that were and are no more, and rows that are new. Returns their number. */
export const createDelta = async (
  engine: Engine,
  model: Model,
  before: Sql,
  after: Sql,
): Promise<number> => {
  const removed = buildName(model, 'removed');
  const added = buildName(model, 'added');
  const compare = async (missing: (from: Sql, other: Sql) => Sql): Promise<void> => {
    await engine.execute(sql`create or replace table ${removed} as ${missing(before, after)}`);
    await engine.execute(sql`create or replace table ${added} as ${missing(after, before)}`);
  };
  const isKeyed = model.key.length > 0;
  await compare(isKeyed ? (from, other) => missingByKey(model, from, other) : exactlyMissing);
  const kept = (await countRows(engine, before)) - (await countRows(engine, removed));
  // A key that is none hides rows that came twice: they must reach the check that finds them.
  if (isKeyed && kept + (await countRows(engine, added)) !== (await countRows(engine, after)))
    await compare(exactlyMissing);
  const delta = deltaName(model.relation);
  await engine.execute(
    sql`create or replace table ${delta} as select * from ${removed} union all select * from ${added}`,
  );
  return countRows(engine, delta);
};
