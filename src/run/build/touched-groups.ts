import { joinSql, quoteName, quoteRelation, type Sql, sql, trustedSql } from '../../base/index.ts';
import type { Engine } from '../../engine/index.ts';
import { deltaRelation, type Model } from '../../model/index.ts';
import type { Change } from './change.ts';

/** The temp table that holds the touched groups of one model. */
export const groupsName = (model: Model): Sql => sql`build.${quoteName(`${model.name}_groups`)}`;

/** The relation `delta.<name>` that holds what this run changed in a relation, quoted. */
export const deltaName = (relation: string): Sql => quoteRelation(deltaRelation(relation));

/** Relations below views, so that a view's changes are those of what it reads. */
export const storedUpstreams = (
  model: Model,
  views: ReadonlyMap<string, Model>,
): readonly string[] => [
  ...new Set(
    model.reads.flatMap((relation) => {
      const view = views.get(relation);
      return view === undefined ? [relation] : storedUpstreams(view, views);
    }),
  ),
];

/** True when the changes of a relation tell all these columns. */
export const deltaHas = async (
  engine: Engine,
  relation: string,
  by: readonly string[],
): Promise<boolean> => {
  const columns = await engine.describe(sql`select * from ${deltaName(relation)}`);
  const names = new Set(columns.map((column) => column.name));
  return by.every((column) => names.has(column));
};

/**
 * Fills the groups that this run's changes touch and returns their number, or `full` when they cannot
 * be told: an upstream changed as a whole, or its changes lack the columns and the sidecar says nothing.
 */
export const findTouchedGroups = async (
  engine: Engine,
  model: Model,
  facts: {
    readonly changes: ReadonlyMap<string, Change>;
    readonly views: ReadonlyMap<string, Model>;
  },
): Promise<number | 'full'> => {
  if (model.refresh.kind !== 'by') return 'full';
  const by = model.refresh.columns;
  const sources: Sql[] = [];
  for (const relation of storedUpstreams(model, facts.views)) {
    const change = facts.changes.get(relation);
    if (change === undefined || change.kind === 'none') continue;
    if (change.kind === 'all') return 'full';
    if (await deltaHas(engine, relation, by)) {
      sources.push(sql`select ${joinSql(by.map(quoteName))} from ${deltaName(relation)}`);
    } else if (model.refresh.touched === undefined) {
      return 'full';
    }
  }
  if (model.refresh.touched !== undefined) {
    sources.push(
      sql`select ${joinSql(by.map(quoteName))} from (${trustedSql(model.refresh.touched)})`,
    );
  }
  if (sources.length === 0) return 0;
  const groups = groupsName(model);
  await engine.execute(sql`create or replace table ${groups} as ${joinSql(sources, ' union ')}`);
  const [row] = await engine.rows(sql`select count(*) as n from ${groups}`);
  return Number(row?.n ?? 0);
};
