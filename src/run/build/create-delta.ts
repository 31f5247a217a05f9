import { joinSql, quoteName, type Sql, sql } from '../../base/index.ts';
import { createTable, type Engine } from '../../engine/index.ts';
import type { Model } from '../../model/index.ts';
import { sameGroup } from './scope-query.ts';
import { deltaName } from './touched-groups.ts';

/** The temp table in which one step of a model's build stands. */
export const buildName = (model: Model, what: string): Sql =>
  sql`build.${quoteName(`${model.name}_${what}`)}`;

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

/** How many rows stood before and stand after. */
export type Counts = { readonly before: number; readonly after: number };

/** Leaves `delta.<model>`: rows that were and are no more, and rows that are new. Returns how many of each. */
export const createDelta = async (
  engine: Engine,
  model: Model,
  { before, after, counts }: { readonly before: Sql; readonly after: Sql; readonly counts: Counts },
): Promise<{ readonly removed: number; readonly added: number }> => {
  const removed = buildName(model, 'removed');
  const added = buildName(model, 'added');
  const compare = async (missing: (from: Sql, other: Sql) => Sql) => ({
    removed: await createTable(engine, removed, missing(before, after)),
    added: await createTable(engine, added, missing(after, before)),
  });
  const isKeyed = model.key.length > 0;
  let found = await compare(
    isKeyed ? (from, other) => missingByKey(model, from, other) : exactlyMissing,
  );
  // A key that is none hides rows that came twice: they must reach the check that finds them.
  if (isKeyed && counts.before - found.removed + found.added !== counts.after)
    found = await compare(exactlyMissing);
  await engine.execute(
    sql`create or replace view ${deltaName(model.relation)} as select * from ${removed} union all select * from ${added}`,
  );
  return found;
};
